import { useTexts } from "../../i18n/language";
import { texts } from "./texts";

/** Instead of data: it loads (null), the server does not answer (""), or what the server said. */
export function Notice({ fault }: { fault: string | null }) {
  const t = useTexts(texts);
  if (fault === null) {
    return (
      <div className="card empty waiting" role="status">
        {t.loading}
      </div>
    );
  }
  return (
    <div className="card empty" role="alert">
      <p>
        <strong>{fault ? `${t.refused} ${fault}` : t.unreachable}</strong>
      </p>
      {!fault && <p>{t.unreachableHint}</p>}
    </div>
  );
}

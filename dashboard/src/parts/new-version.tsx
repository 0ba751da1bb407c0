import { type Translations, useTexts } from "../i18n/language";
import { useNewer } from "../worker/register";
import "./new-version.css";

const texts: Translations<{ ready: string; reload: string }> = {
  en: { ready: "A new version is ready.", reload: "Reload" },
  nl: { ready: "Er is een nieuwe versie.", reload: "Herladen" },
  fr: { ready: "Une nouvelle version est prête.", reload: "Recharger" },
  de: { ready: "Eine neue Version ist da.", reload: "Neu laden" },
};

/** A quiet word that the page could be loaded anew; it comes by itself at the next start. */
export function NewVersion() {
  const t = useTexts(texts);
  const reload = useNewer();
  return (
    <div className="new-version" role="status">
      {reload && (
        <p className="card">
          {t.ready}
          <button type="button" onClick={reload}>
            {t.reload}
          </button>
        </p>
      )}
    </div>
  );
}

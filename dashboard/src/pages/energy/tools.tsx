import type { Bucket } from "../../home/energy";
import type { Home } from "../../home/home";
import { useTexts } from "../../i18n/language";
import type { Period } from "../../time/period";
import { csvName, download, toCsv } from "./csv";
import { texts } from "./texts";

interface Props {
  isTable: boolean;
  setTable(isTable: boolean): void;
  buckets: readonly Bucket[];
  home: Home;
  period: Period;
}

/** The same as a table, and as a file. */
export function Tools({ isTable, setTable, buckets, home, period }: Props) {
  const t = useTexts(texts);
  return (
    <div className="tools">
      <button type="button" onClick={() => setTable(!isTable)}>
        {isTable ? t.asChart : t.asTable}
      </button>
      <button type="button" onClick={() => download(csvName(period), toCsv(buckets, home, period.unit))}>
        {t.download}
      </button>
    </div>
  );
}

import { Refused, withQuery } from "../../api/client";
import { useResource } from "../../api/queries";
import type { Gap, Gaps } from "../../api/types";
import { sentence } from "../../i18n/format";
import { momentFormat } from "../../i18n/intl";
import { useFormat, useTexts } from "../../i18n/language";
import { AsTable } from "../../parts/as-table";
import { place } from "./diagnosis";
import { gapsTexts } from "./gaps-texts";

interface Props {
  deviceId: string;
  kind: string;
  zone: string | undefined;
  /** Before it there is nothing to miss. */
  firstSeen: string | null;
}

/** Thirty days as a strip; where it is broken, readings are missing. */
export function GapStrip({ deviceId, kind, zone, firstSeen }: Props) {
  const t = useTexts(gapsTexts);
  const format = useFormat();
  const { data, error } = useResource<Gaps>(withQuery("/v1/gaps", { device_id: deviceId, kind }));
  if (!data) return error && <p className="gaps">{tellsNone(error) ? t.notTold : t.failed}</p>;
  const said = data.gaps.length ? sentence(t.some(data.gaps.length, format.duration(data.missing_s))) : t.none;
  return (
    <div className="gaps">
      <h3>{t.title}</h3>
      <Strip gaps={data} firstSeen={firstSeen} />
      <div className="ends" aria-hidden="true">
        <span>{day(data.start, format.locale, zone)}</span>
        <span>{day(data.end, format.locale, zone)}</span>
      </div>
      <p>{said}</p>
      {data.gaps.length > 0 && <List gaps={data.gaps} zone={zone} />}
    </div>
  );
}

/** A server from before there were gaps knows no such path. */
function tellsNone(error: Error): boolean {
  return error instanceof Refused && error.status === 404;
}

function Strip({ gaps, firstSeen }: { gaps: Gaps; firstSeen: string | null }) {
  const before = firstSeen && place(gaps.start, firstSeen, gaps);
  return (
    <div className="strip" aria-hidden="true">
      {before && <span className="before" style={{ width: `${before.width}%` }} />}
      {gaps.gaps.map((gap) => {
        const stretch = place(gap.start, gap.end, gaps);
        return (
          stretch && (
            <span key={gap.start} style={{ insetInlineStart: `${stretch.from}%`, width: `${stretch.width}%` }} />
          )
        );
      })}
    </div>
  );
}

function List({ gaps, zone }: { gaps: Gap[]; zone: string | undefined }) {
  const t = useTexts(gapsTexts);
  const format = useFormat();
  return (
    <AsTable summary={t.list} columns={[t.start, t.end, t.length]}>
      {gaps.toReversed().map((gap) => (
        <tr key={gap.start}>
          <th scope="row">{format.dateTime(gap.start, zone)}</th>
          <td>{gap.end === null ? t.lasts : format.dateTime(gap.end, zone)}</td>
          <td>{format.duration(gap.seconds)}</td>
        </tr>
      ))}
    </AsTable>
  );
}

function day(moment: string, locale: string, timeZone: string | undefined): string {
  return momentFormat(locale, timeZone, { day: "numeric", month: "short" }).format(new Date(moment));
}

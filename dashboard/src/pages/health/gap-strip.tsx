import { Refused, withQuery } from "../../api/client";
import { useResource } from "../../api/queries";
import type { Gap, Gaps } from "../../api/types";
import { useFormat, useTexts } from "../../i18n/language";
import { place } from "./diagnosis";
import { gapsTexts } from "./gaps-texts";

interface Props {
  deviceId: string;
  kind: string;
  zone: string | undefined;
}

/** Thirty days as a strip; where it is broken, readings are missing. */
export function GapStrip({ deviceId, kind, zone }: Props) {
  const t = useTexts(gapsTexts);
  const format = useFormat();
  const { data, error } = useResource<Gaps>(withQuery("/v1/gaps", { device_id: deviceId, kind }));
  if (!data) return error && <p className="gaps">{tellsNone(error) ? t.notTold : t.failed}</p>;
  const said = data.gaps.length ? t.some(data.gaps.length, format.duration(data.missing_s)) : t.none;
  return (
    <div className="gaps">
      <h3>{t.title}</h3>
      <Strip gaps={data} />
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

function Strip({ gaps }: { gaps: Gaps }) {
  return (
    <div className="strip" aria-hidden="true">
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
    <details className="as-table">
      <summary>{t.list}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.start}</th>
            <th scope="col">{t.end}</th>
            <th scope="col">{t.length}</th>
          </tr>
        </thead>
        <tbody>
          {gaps.toReversed().map((gap) => (
            <tr key={gap.start}>
              <th scope="row">{format.dateTime(gap.start, zone)}</th>
              <td>{gap.end === null ? t.lasts : format.dateTime(gap.end, zone)}</td>
              <td>{format.duration(gap.seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function day(moment: string, locale: string, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...(timeZone && { timeZone }) }).format(
    new Date(moment),
  );
}

/** Local time of an IANA zone, by what the browser knows of it. A civil date is `2026-03-29`. */

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The civil date it is somewhere. */
export function dateIn(zone: string, moment: number): string {
  return localIso(zone, moment).slice(0, 10);
}

/** `2026-03-29T03:00:00+02:00`, as the server writes `bucket_local`. */
export function localIso(zone: string, moment: number): string {
  const offsetMs = offsetIn(zone, moment);
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const sign = offsetMs < 0 ? "-" : "+";
  return `${new Date(moment + offsetMs).toISOString().slice(0, 19)}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** When a civil date begins. Where the clocks skip midnight: when they do; where it comes twice: the first time. */
export function midnight(zone: string, date: string): number {
  const naive = Date.parse(`${date}T00:00:00Z`);
  const before = offsetIn(zone, naive - DAY_MS);
  const after = offsetIn(zone, naive + DAY_MS);
  const changesLater = offsetIn(zone, naive - before) === before;
  const changedBefore = offsetIn(zone, naive - after) === after;
  return naive - (changesLater || !changedBefore ? before : after);
}

/** What a zone's clocks are ahead of UTC, ms. */
function offsetIn(zone: string, moment: number): number {
  const parts = formatFor(zone).formatToParts(moment);
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /GMT([+-])(\d+):?(\d+)?/.exec(name) ?? [];
  const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return sign === "-" ? -ms : ms;
}

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  return format;
}

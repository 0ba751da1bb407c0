/** The buckets a period has, whether or not anything was read in them: the server leaves out those without readings. */

import type { SeriesBucket } from "../api/types";
import { shiftDate, type Window } from "../time/period";
import { localIso, midnight } from "../time/zone";

const QUARTER_MS = 900_000;

export interface Slot {
  /** What the server's bucket of the same time has for a key. */
  key: string;
  startMs: number;
  endMs: number;
  /** When it begins, in the home's zone: `2026-03-29T03:00:00+02:00` */
  local: string;
}

/** Divide a window as the server does: a day of 23 hours has 92 quarters, one of 25 hours 100. */
export function slotsOf({ start, end, bucket }: Window, zone: string): Slot[] {
  const slot = (key: string, startMs: number, endMs: number) => ({
    key,
    startMs,
    endMs,
    local: localIso(zone, startMs),
  });
  const found: Slot[] = [];
  if (bucket === "15m") {
    const until = midnight(zone, end);
    for (let at = midnight(zone, start); at < until; at += QUARTER_MS)
      found.push(slot(String(at), at, at + QUARTER_MS));
    return found;
  }
  const unit = bucket === "month" || bucket === "year" ? bucket : "day";
  for (let date = start; date < end; date = shiftDate(date, unit, 1)) {
    found.push(slot(date, midnight(zone, date), midnight(zone, shiftDate(date, unit, 1))));
  }
  return found;
}

/** The slot a bucket of the server falls in: quarters by their moment, as an hour may come twice; others by date. */
export function keyOf(bucket: SeriesBucket, size: string): string {
  return size === "15m" ? String(Date.parse(bucket.bucket)) : bucket.bucket_local.slice(0, 10);
}

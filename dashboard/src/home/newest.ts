import type { Sample } from "../api/types";

/** Older than this, a reading is no picture of now. An edge delivers every few seconds. */
export const STALE_MS = 120_000;

/** The newest sample of each device and kind. */
export type Newest = Record<string, Sample>;

/** Add a sample unless a newer one of its device and kind is known. */
export function withSample(known: Newest, sample: Sample): Newest {
  const key = `${sample.device_id} ${sample.kind}`;
  const before = known[key];
  return before && before.ts >= sample.ts ? known : { ...known, [key]: sample };
}

/** Leave out what fell silent while others went on: it is no picture of the same moment. */
export function together(samples: readonly Sample[]): Sample[] {
  const newest = Math.max(...samples.map((sample) => Date.parse(sample.ts)));
  return samples.filter((sample) => newest - Date.parse(sample.ts) <= STALE_MS);
}

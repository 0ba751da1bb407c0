import type { Sample } from "../api/types";

/** The newest sample of each device and kind. */
export type Newest = Record<string, Sample>;

/** Add a sample unless a newer one of its device and kind is known. */
export function withSample(known: Newest, sample: Sample): Newest {
  const key = `${sample.device_id} ${sample.kind}`;
  const before = known[key];
  return before && before.ts >= sample.ts ? known : { ...known, [key]: sample };
}

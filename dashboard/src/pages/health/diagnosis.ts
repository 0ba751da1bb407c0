/** Which devices deliver, what is wrong with those that do not, and what waits on the edge. */

import type { Device, Sample } from "../../api/types";
import { STALE_MS } from "../../home/newest";

/**
 * `never`: nothing has arrived yet; `alone`: silent while others deliver, so it is the device or its line; `silent`: silent
 * like all others, so it is the edge or its line; `refused`: the server refused readings, which the edge keeps; `waiting`:
 * the edge still has readings to deliver. The order is that of urgency.
 */
export const COMPLAINTS = ["silent", "alone", "never", "refused", "waiting"] as const;
export type Complaint = (typeof COMPLAINTS)[number];

export interface Condition {
  device: Device;
  /** Age of its newest reading, ms; null before there is one. */
  ageMs: number | null;
  isStale: boolean;
  complaints: Complaint[];
}

/** An edge that is well has a batch or two under way. */
export const MANY_WAITING = 300;

/** Examine each device; `samples` may know of newer readings than the list of the devices does. */
export function examine(devices: readonly Device[], samples: readonly Sample[], nowMs: number): Condition[] {
  const ages = devices.map((device) => ageMs(device, samples, nowMs));
  const someDeliver = ages.some((age) => age !== null && age <= STALE_MS);
  return devices.map((device, index) => {
    const age = ages[index] ?? null;
    return {
      device,
      ageMs: age,
      isStale: age !== null && age > STALE_MS,
      complaints: COMPLAINTS.filter((complaint) => applies(complaint, device, age, someDeliver)),
    };
  });
}

function applies(complaint: Complaint, device: Device, age: number | null, someDeliver: boolean): boolean {
  switch (complaint) {
    case "never":
      return age === null;
    case "silent":
      return age !== null && age > STALE_MS && !someDeliver;
    case "alone":
      return age !== null && age > STALE_MS && someDeliver;
    case "refused":
      return (device.edge?.quarantined ?? 0) > 0;
    case "waiting":
      return (device.edge?.waiting ?? 0) > MANY_WAITING;
  }
}

function ageMs({ device_id, kind, last_seen }: Device, samples: readonly Sample[], nowMs: number): number | null {
  const sample = samples.find((found) => found.device_id === device_id && found.kind === kind);
  const moments = [last_seen, sample?.ts ?? null].filter((ts) => ts !== null).map((ts) => Date.parse(ts));
  return moments.length ? Math.max(0, nowMs - Math.max(...moments)) : null;
}

/** The most urgent complaint of all, and whose it is; null when there is none. */
export function worst(conditions: readonly Condition[]): { complaint: Complaint; condition: Condition } | null {
  for (const complaint of COMPLAINTS) {
    const condition = conditions.find(({ complaints }) => complaints.includes(complaint));
    if (condition) return { complaint, condition };
  }
  return null;
}

export interface Stretch {
  /** Share of the whole, percent. */
  from: number;
  width: number;
}

/** Where a stretch of time lies in a longer one; null where it does not. */
export function place(start: string, end: string | null, whole: { start: string; end: string }): Stretch | null {
  const [first, last] = [Date.parse(whole.start), Date.parse(whole.end)];
  const from = Math.max(first, Date.parse(start));
  const to = Math.min(last, end === null ? last : Date.parse(end));
  if (to <= from) return null;
  const share = 100 / (last - first);
  return { from: (from - first) * share, width: (to - from) * share };
}

/** What a period's question needs to know of the home, and the answer that its devices make together. */

import type { Device, Devices, Series } from "../api/types";
import type { Window } from "../time/period";
import { dateIn } from "../time/zone";
import type { AmountName, Amounts } from "./amounts";
import { type Bucket, combineEnergy, energySources, type Source, totalKwh } from "./energy";
import { slotsOf } from "./slots";

export interface Home {
  zone: string;
  today: string;
  /** The date of the first reading; today while there is none. */
  firstDate: string;
  /** Those that ever sent a reading; one that sends two kinds is two. */
  devices: Device[];
}

export interface Energy {
  window: Window;
  buckets: Bucket[];
  total: Amounts;
  sources: Record<AmountName, Source>;
}

export function homeOf({ tz, devices }: Devices, today: string): Home {
  const known = devices.filter(({ kind, first_seen }) => kind && first_seen);
  const first = known.map(({ first_seen }) => dateIn(tz, Date.parse(first_seen ?? ""))).sort()[0];
  return { zone: tz, today, firstDate: first && first < today ? first : today, devices: known };
}

export function energyOf({ zone, devices }: Home, window: Window, series: readonly Series[]): Energy {
  const parts = series.map((one) => {
    const device = devices.find(({ device_id, kind }) => device_id === one.device_id && kind === one.kind);
    const seen = (text: string | null | undefined, otherwise: number) => (text ? Date.parse(text) : otherwise);
    const lastSeen = seen(device?.last_seen, Number.POSITIVE_INFINITY);
    return { series: one, firstSeen: seen(device?.first_seen, 0), lastSeen };
  });
  const buckets = combineEnergy(slotsOf(window, zone), parts);
  return { window, buckets, total: totalKwh(buckets), sources: energySources(parts) };
}

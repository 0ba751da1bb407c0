/** All devices of a home as one: the energies of a period, bucket by bucket. docs/dashboard.md has the rules in words. */

import type { Series } from "../api/types";
import {
  AMOUNTS,
  type AmountName,
  type Amounts,
  combineAmounts,
  inverterKwh,
  inverterW,
  meterKwh,
  meterW,
  NOTHING,
  sum,
} from "./amounts";
import { keyOf, type Slot } from "./slots";

/** A stretch of the period; all is null where nothing was read. */
export interface Bucket extends Slot {
  kwh: Amounts;
  /** Mean powers. */
  w: Amounts;
  socPct: number | null;
}

/** One device's readings of the period, and since and until when it has any, ms. */
export interface DeviceSeries {
  series: Series;
  firstSeen: number;
  lastSeen: number;
}

export type Source = "counter" | "power" | "balance" | null;

const READERS = { sungrow: { kwh: inverterKwh, w: inverterW }, p1: { kwh: meterKwh, w: meterW } };
type Kind = keyof typeof READERS;
const TOGETHER_MS = 3_600_000;
const NEXT_TO_NOTHING_KWH = 0.01;

interface Aligned {
  firstSeen: number;
  lastSeen: number;
  at: Map<string, Pick<Bucket, "kwh" | "w" | "socPct">>;
}

/** Combine the devices' series, aligned to the slots of the period. */
export function combineEnergy(slots: readonly Slot[], devices: readonly DeviceSeries[]): Bucket[] {
  const inverters = align(devices, "sungrow");
  const meters = align(devices, "p1");
  const grid = chooseGrid(inverters, meters);
  const buckets = slots.map((slot) => {
    const of = (unit: "kwh" | "w", found: Aligned[]) => found.map(({ at }) => at.get(slot.key)?.[unit] ?? NOTHING);
    const tellers = grid(slot);
    return {
      ...slot,
      kwh: combineAmounts(of("kwh", inverters), of("kwh", tellers)),
      w: combineAmounts(of("w", inverters), of("w", tellers)),
      socPct: mean(inverters.map(({ at }) => at.get(slot.key)?.socPct ?? null)),
    };
  });
  return inverters.length ? buckets : withoutInverter(buckets);
}

/**
 * Say who tells the grid: the meters, by which one pays. Before they came and after they went it is an inverter.
 *
 * Within that time a gap of the meter stays a gap: its counter tells what it missed in the next bucket, so that an
 * inverter's energies in between would count twice.
 */
function chooseGrid(inverters: Aligned[], meters: Aligned[]): (slot: Slot) => Aligned[] {
  const teller = inverters.find(({ at }) => [...at.values()].some(({ kwh, w }) => (kwh.import ?? w.import) !== null));
  if (!teller) return () => meters;
  const began = teller.firstSeen + TOGETHER_MS;
  return ({ startMs }) => {
    const there = meters.filter((meter) => meter.firstSeen <= Math.max(startMs, began) && startMs <= meter.lastSeen);
    return there.length ? there : [teller];
  };
}

/** With nothing but meters the house uses what comes in, unless something unseen gives to the grid. */
function withoutInverter(buckets: Bucket[]): Bucket[] {
  if (buckets.some(({ kwh }) => (kwh.export ?? 0) > NEXT_TO_NOTHING_KWH)) return buckets;
  const used = (amounts: Amounts) => ({ ...amounts, load: amounts.import });
  return buckets.map((bucket) => ({ ...bucket, kwh: used(bucket.kwh), w: used(bucket.w) }));
}

function align(devices: readonly DeviceSeries[], kind: Kind): Aligned[] {
  const { kwh, w } = READERS[kind];
  return devices.flatMap(({ series, firstSeen, lastSeen }) => {
    if (series.kind !== kind) return [];
    const at: Aligned["at"] = new Map();
    for (const bucket of series.series) {
      const soc = bucket.avg_battery_soc_pct;
      const socPct = typeof soc === "number" ? soc : null;
      at.set(keyOf(bucket, series.bucket), { kwh: kwh(bucket), w: w(bucket), socPct });
    }
    return [{ firstSeen, lastSeen, at }];
  });
}

/** Say whether energies come from counters, from power times time, or are what the others leave. */
export function energySources(devices: readonly DeviceSeries[]): Record<AmountName, Source> {
  const of = (field: string, kind: Kind): Source => {
    const told = devices.flatMap(({ series }) => (series.kind === kind ? (series.energy_source[field] ?? []) : []));
    return told.includes("power") ? "power" : (told[0] ?? null);
  };
  const grid = (field: string) => of(field, "p1") ?? of(field, "sungrow");
  const inverters = devices.filter(({ series }) => series.kind === "sungrow").length;
  const load = inverters === 1 ? of("load_kwh", "sungrow") : inverters ? null : grid("import_kwh");
  return {
    pv: of("pv_kwh", "sungrow"),
    load: load ?? (grid("import_kwh") && "balance"),
    import: grid("import_kwh"),
    export: grid("export_kwh"),
    charge: of("battery_charge_kwh", "sungrow"),
    discharge: of("battery_discharge_kwh", "sungrow"),
  };
}

/** Add up the period, kWh; null where no bucket knows. */
export function totalKwh(buckets: readonly Bucket[]): Amounts {
  const total = { ...NOTHING };
  for (const name of AMOUNTS) total[name] = sum(buckets.map(({ kwh }) => kwh[name]));
  return total;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  const added = sum(known);
  return added === null ? null : added / known.length;
}

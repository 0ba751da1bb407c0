/** How much went where, of one device or of the whole home: energies in kWh or mean powers in W, by the same rules. */

import type { SeriesBucket } from "../api/types";

/** Never negative; null is "not known". */
export interface Amounts {
  pv: number | null;
  /** What the house used. */
  load: number | null;
  import: number | null;
  export: number | null;
  charge: number | null;
  discharge: number | null;
}

export type AmountName = keyof Amounts;
export const NOTHING: Amounts = { pv: null, load: null, import: null, export: null, charge: null, discharge: null };
export const AMOUNTS = Object.keys(NOTHING) as AmountName[];

/** Read an inverter's energies, kWh. */
export function inverterKwh(bucket: SeriesBucket): Amounts {
  return {
    pv: number(bucket, "pv_kwh"),
    load: number(bucket, "load_kwh"),
    import: number(bucket, "import_kwh"),
    export: number(bucket, "export_kwh"),
    charge: number(bucket, "battery_charge_kwh"),
    discharge: number(bucket, "battery_discharge_kwh"),
  };
}

/** Read an inverter's mean powers, W; of what went both ways within the bucket the difference counts. */
export function inverterW(bucket: SeriesBucket): Amounts {
  const exported = number(bucket, "avg_export_power_w");
  const charged = number(bucket, "avg_battery_power_w");
  return {
    pv: number(bucket, "avg_pv_power_w"),
    load: number(bucket, "avg_load_power_w"),
    import: positive(exported, -1),
    export: positive(exported, 1),
    charge: positive(charged, 1),
    discharge: positive(charged, -1),
  };
}

/** Read a grid meter's energies, kWh. */
export function meterKwh(bucket: SeriesBucket): Amounts {
  return { ...NOTHING, import: number(bucket, "import_kwh"), export: number(bucket, "export_kwh") };
}

/** Read a grid meter's mean powers, W. */
export function meterW(bucket: SeriesBucket): Amounts {
  const net = number(bucket, "avg_power_w");
  const imported = number(bucket, "avg_import_power_w") ?? positive(net, 1);
  return {
    ...NOTHING,
    import: imported,
    export: imported === null || net === null ? null : exact(Math.max(0, imported - net)),
  };
}

/**
 * Combine one bucket of the inverters and of whoever tells the grid.
 *
 * Sun and batteries add up. A single inverter knows the house; of several none does, and the house has what is left.
 */
export function combineAmounts(inverters: readonly Amounts[], grid: readonly Amounts[]): Amounts {
  const total = {
    pv: sum(inverters.map(({ pv }) => pv)),
    import: sum(grid.map((meter) => meter.import)),
    export: sum(grid.map((meter) => meter.export)),
    charge: sum(inverters.map(({ charge }) => charge)),
    discharge: sum(inverters.map(({ discharge }) => discharge)),
  };
  const [only, ...others] = inverters;
  const told = only && !others.length ? only.load : null;
  return { ...total, load: told ?? balance(total) };
}

function balance(total: Omit<Amounts, "load">): number | null {
  if (total.pv === null || total.import === null || total.export === null) return null;
  return exact(Math.max(0, total.pv + total.import + (total.discharge ?? 0) - (total.charge ?? 0) - total.export));
}

/** Add up what is known; null when nothing is. */
export function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length ? exact(known.reduce((a, b) => a + b)) : null;
}

/** Drop what only binary fractions add to the millionths that the server tells. */
function exact(value: number): number {
  return Number(value.toFixed(6));
}

function positive(value: number | null, sign: 1 | -1): number | null {
  return value === null ? null : Math.max(0, sign * value);
}

function number(bucket: SeriesBucket, field: string): number | null {
  const value = bucket[field];
  return typeof value === "number" ? value : null;
}

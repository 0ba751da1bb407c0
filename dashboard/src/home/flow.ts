/** All devices of a home as one: where the power goes now. */

import type { Sample } from "../api/types";

/** Watts and percent; null is "not known". */
export interface Flow {
  /** >= 0 */
  pvW: number | null;
  /** > 0 charging */
  batteryW: number | null;
  socPct: number | null;
  /** > 0 importing */
  gridW: number | null;
  loadW: number | null;
}

/** Which part of the home gives how much to which, W, never negative; what it adds up to is the flow. */
export interface Streams {
  sunToHouse: number;
  sunToBattery: number;
  sunToGrid: number;
  batteryToHouse: number;
  batteryToGrid: number;
  gridToHouse: number;
  gridToBattery: number;
}

/**
 * Combine the newest sample of each device.
 *
 * One inverter's reading is one snapshot, so its own grid power goes before the grid meter's of another moment. Of several
 * inverters the sun and the batteries add up, the grid meter tells the grid, and the house takes what is left.
 */
export function combine(samples: readonly Sample[]): Flow {
  const inverters = samples.filter((sample) => sample.kind === "sungrow");
  const meters = samples.filter((sample) => sample.kind === "p1");
  const pvW = sum(inverters, "pv_power_w");
  const batteryW = sum(inverters, "battery_power_w");
  const exportW = first(inverters, "export_power_w");
  const inverterGridW = exportW === null ? null : -exportW;
  const meterGridW = sum(meters, "power_w");
  const gridW = inverters.length === 1 ? (inverterGridW ?? meterGridW) : (meterGridW ?? inverterGridW);
  const measuredLoadW = inverters.length === 1 ? first(inverters, "load_power_w") : null;
  const balanceW = gridW === null ? null : Math.max(0, (pvW ?? 0) - (batteryW ?? 0) + gridW);
  return { pvW, batteryW, socPct: mean(inverters, "battery_soc_pct"), gridW, loadW: measuredLoadW ?? balanceW };
}

/** Split the flow into streams: the house takes from the sun first, then from the battery, then from the grid. */
export function streams(flow: Flow): Streams {
  const left = { sun: flow.pvW ?? 0, battery: Math.max(0, -(flow.batteryW ?? 0)), grid: Math.max(0, flow.gridW ?? 0) };
  const take = (source: keyof typeof left, wanted: number) => {
    const taken = Math.max(0, Math.min(left[source], wanted));
    left[source] -= taken;
    return taken;
  };
  const loadW = Math.max(0, flow.loadW ?? 0);
  const chargeW = Math.max(0, flow.batteryW ?? 0);
  const exportW = Math.max(0, -(flow.gridW ?? 0));
  const sunToHouse = take("sun", loadW);
  const sunToBattery = take("sun", chargeW);
  const sunToGrid = take("sun", exportW);
  const batteryToHouse = take("battery", loadW - sunToHouse);
  return {
    sunToHouse,
    sunToBattery,
    sunToGrid,
    batteryToHouse,
    batteryToGrid: take("battery", exportW - sunToGrid),
    gridToHouse: take("grid", loadW - sunToHouse - batteryToHouse),
    gridToBattery: take("grid", chargeW - sunToBattery),
  };
}

function values(samples: readonly Sample[], field: string): number[] {
  return samples.map((sample) => sample[field]).filter((value) => typeof value === "number");
}

function sum(samples: readonly Sample[], field: string): number | null {
  const found = values(samples, field);
  return found.length ? found.reduce((a, b) => a + b) : null;
}

function first(samples: readonly Sample[], field: string): number | null {
  return values(samples, field)[0] ?? null;
}

function mean(samples: readonly Sample[], field: string): number | null {
  const found = values(samples, field);
  return found.length ? found.reduce((a, b) => a + b) / found.length : null;
}

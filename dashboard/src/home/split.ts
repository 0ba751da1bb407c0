/** Where the house's energy came from, and the two shares that people compare. Definitions: docs/dashboard.md */

import type { Amounts } from "./amounts";

/** Of one bucket, in the unit of its amounts; what the house has of the three adds up to its consumption. */
export interface Split {
  sunToHouse: number | null;
  batteryToHouse: number | null;
  gridToHouse: number | null;
}

/**
 * Say what the house used of the sun, the battery and the grid.
 *
 * What came from the grid went into the house, unless it is more than the house used: then it charged. The sun charges and
 * feeds the grid with what it gave, and the house has the rest, then what the battery gave. Meters do not agree to the
 * last digit: what none of them explains goes with the sun where it shone, else with the battery, else with the grid.
 */
export function split(amounts: Amounts): Split {
  const [pv, charge, exported] = [amounts.pv ?? 0, amounts.charge ?? 0, amounts.export ?? 0];
  const load = amounts.load ?? Number.POSITIVE_INFINITY;
  const imported = amounts.import ?? 0;
  const gridToBattery = Math.min(charge, Math.max(0, imported - load));
  const sunAfterCharge = Math.max(0, pv - (charge - gridToBattery));
  const sunToGrid = Math.min(sunAfterCharge, exported);
  const batteryLeft = Math.max(0, (amounts.discharge ?? 0) - (exported - sunToGrid));
  const house = { sun: 0, battery: 0, grid: Math.min(load, imported - gridToBattery) };
  house.sun = Math.min(load - house.grid, sunAfterCharge - sunToGrid);
  house.battery = Math.min(load - house.grid - house.sun, batteryLeft);
  if (amounts.load !== null) {
    house[house.sun ? "sun" : house.battery ? "battery" : "grid"] += load - house.grid - house.sun - house.battery;
  }
  const known = (value: number, source: number | null) => (source === null && value === 0 ? null : value);
  return {
    sunToHouse: known(house.sun, amounts.pv),
    batteryToHouse: known(house.battery, amounts.discharge),
    gridToHouse: known(house.grid, amounts.import),
  };
}

/** Percent of the production that was used at home; null without production. */
export function selfConsumptionPct({ pv, export: exported }: Amounts): number | null {
  return sharePct(pv, exported);
}

/** Percent of the consumption that did not come from the grid; null without consumption. */
export function selfSufficiencyPct({ load, import: imported }: Amounts): number | null {
  return sharePct(load, imported);
}

const NEXT_TO_NOTHING_KWH = 0.001;

function sharePct(whole: number | null, lost: number | null): number | null {
  if (whole === null || lost === null || whole < NEXT_TO_NOTHING_KWH) return null;
  return Math.min(100, Math.max(0, (100 * (whole - lost)) / whole));
}

/** What the chart stacks: upwards what the house used, by where it came from; downwards what was charged and exported. */

import type { Layer } from "../../charts/stack";
import type { Amounts } from "../../home/amounts";
import { split } from "../../home/split";
import type { Texts } from "./texts";

/** Layers of amounts in one unit; those that nothing is known of are left out. */
export function layersOf(amounts: readonly Amounts[], t: Texts["layers"], production: string): Layer[] {
  const splits = amounts.map(split);
  // Where neither the house nor the grid is measured, what the sun gave may have gone anywhere.
  const sunOnly = amounts.every(({ load, import: imported }) => load === null && imported === null);
  const layers: Layer[] = [
    up(
      "fromSun",
      sunOnly ? production : t.fromSun,
      "--sun",
      splits.map(({ sunToHouse }) => sunToHouse),
    ),
    up(
      "fromBattery",
      t.fromBattery,
      "--battery",
      splits.map(({ batteryToHouse }) => batteryToHouse),
    ),
    up(
      "fromGrid",
      t.fromGrid,
      "--import",
      splits.map(({ gridToHouse }) => gridToHouse),
    ),
    {
      ...up(
        "toBattery",
        t.toBattery,
        "--battery",
        amounts.map(({ charge }) => charge),
      ),
      direction: -1,
    },
    {
      ...up(
        "toGrid",
        t.toGrid,
        "--export",
        amounts.map((amount) => amount.export),
      ),
      direction: -1,
    },
  ];
  return layers.filter(({ values }) => values.some((value) => value !== null));
}

function up(name: string, label: string, color: string, values: (number | null)[]): Layer {
  return { name, label, color, direction: 1, values };
}

import { describe, expect, test } from "vitest";
import { keyTarget } from "../../charts/keys";
import { type Amounts, NOTHING } from "../../home/amounts";
import type { Home } from "../../home/home";
import { slotsOf } from "../../home/slots";
import { periodOf, windowOf } from "../../time/period";
import { axisTicks, bucketLabels } from "./labels";
import { layersOf } from "./layers";
import { neighbours } from "./neighbours";
import { texts } from "./texts";

const TODAY = "2026-11-22";
const HOME: Home = { zone: "Europe/Brussels", today: TODAY, firstDate: "2024-10-13", devices: [] };
const WIDE_PX = 1100;

function slots(unit: "day" | "month" | "year" | "all", date: string, firstDate = HOME.firstDate) {
  const window = windowOf(periodOf(unit, date), firstDate, TODAY);
  return [slotsOf(window, HOME.zone), window.bucket] as const;
}

describe("labels", () => {
  test("the hour that comes twice says which it is, the skipped one is not named", () => {
    const october = bucketLabels(...slots("day", "2026-10-25"), "en-GB");
    expect(october.slice(7, 9)).toEqual(["01:45", "02:00 (UTC+02:00)"]);
    expect(october[12]).toBe("02:00 (UTC+01:00)");
    expect(october[16]).toBe("03:00");
    expect(bucketLabels(...slots("day", "2026-03-29"), "en-GB").slice(7, 9)).toEqual(["01:45", "03:00"]);
  });

  test("days, months and years are written as the language does", () => {
    expect(bucketLabels(...slots("month", "2026-03-01"), "nl-BE")[0]).toBe("zo 1 mrt");
    expect(bucketLabels(...slots("year", "2026-01-01"), "fr-BE")[7]).toBe("août 2026");
    expect(bucketLabels(...slots("all", TODAY, "2020-01-01"), "de-DE")[0]).toBe("2020");
  });

  test("the hours below a day stand where they are, also when clocks change", () => {
    const ticks = axisTicks(...slots("day", "2026-10-25"), WIDE_PX, "en-GB");
    expect(ticks.slice(0, 3)).toEqual([
      { at: 0, label: "00:00" },
      { at: 8, label: "02:00" },
      { at: 20, label: "04:00" },
    ]);
    expect(axisTicks(...slots("day", "2026-03-29"), WIDE_PX, "en-GB")[1]).toEqual({ at: 12, label: "04:00" });
  });

  test("a narrow chart has fewer names", () => {
    const count = (...args: Parameters<typeof axisTicks>) => axisTicks(...args).length;
    expect(count(...slots("day", "2026-06-01"), 330, "en-GB")).toBe(4);
    expect(count(...slots("month", "2026-05-01"), 330, "en-GB")).toBe(7);
    expect(axisTicks(...slots("year", "2026-01-01"), 330, "en-GB")[0]?.label).toBe("J");
    expect(axisTicks(...slots("all", TODAY), 330, "en-GB").map(({ label }) => label)).toEqual(["2025", "2026"]);
    const wide = axisTicks(...slots("all", TODAY, "2025-10-13"), WIDE_PX, "en-GB").map(({ label }) => label);
    expect(wide.slice(0, 5)).toEqual(["Oct", "Nov", "Dec", "2026", "Feb"]);
  });
});

describe("layers", () => {
  const names = (amounts: Amounts[]) => layersOf(amounts, texts.en.layers, "Production").map(({ label }) => label);

  test("are those of which anything is known", () => {
    const full = { pv: 3, load: 2, import: 0, export: 1, charge: 0, discharge: 0 };
    expect(layersOf([full, NOTHING], texts.en.layers, "").map(({ name }) => name)).toEqual([
      ...["fromSun", "fromBattery", "fromGrid", "toBattery", "toGrid"],
    ]);
    expect(names([{ ...full, charge: null, discharge: null }])).not.toContain("Into the battery");
    expect(names([{ ...NOTHING, load: 4, import: 4, export: 0 }])).toEqual(["Used from grid", "To the grid"]);
    expect(names([NOTHING])).toEqual([]);
  });

  test("of a lone inverter without a meter do not claim that the house used it", () => {
    expect(names([{ ...NOTHING, pv: 4 }])).toEqual(["Production"]);
  });

  test("leave out what is unknown and draw what is 0", () => {
    const [sun] = layersOf([NOTHING, { ...NOTHING, pv: 0, load: 0, import: 0 }], texts.en.layers, "");
    expect(sun?.values).toEqual([null, 0]);
  });
});

describe("ways to go", () => {
  test("lead no further than today and the first reading", () => {
    expect(neighbours(periodOf("day", TODAY), HOME)).toMatchObject({ later: null, earlier: { first: "2026-11-21" } });
    expect(neighbours(periodOf("day", "2026-11-21"), HOME).later?.first).toBe(TODAY);
    expect(neighbours(periodOf("month", "2024-10-01"), HOME).earlier).toBeNull();
    expect(neighbours(periodOf("day", "2024-10-13"), HOME).earlier).toBeNull();
    expect(neighbours(periodOf("year", TODAY), HOME)).toMatchObject({ later: null, earlier: { first: "2025-01-01" } });
    expect(neighbours(periodOf("all", TODAY), HOME)).toEqual({ earlier: null, later: null });
  });

  test("in a chart lead from bucket to bucket and stop at its ends", () => {
    expect(keyTarget("ArrowRight", null, 95)).toBe(0);
    expect(keyTarget("ArrowLeft", null, 95)).toBe(95);
    expect(keyTarget("ArrowRight", 95, 95)).toBe(95);
    expect(keyTarget("ArrowLeft", 0, 95)).toBe(0);
    expect(keyTarget("End", 3, 95)).toBe(95);
    expect(keyTarget("Escape", 3, 95)).toBeNull();
    expect(keyTarget("a", 3, 95)).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import { dateIn } from "../../time/zone";
import { firstDay, parsePlace, shownMonths, slotsOf, ZONE } from "./months";
import { countdown, gaugeEndW, limitW, outlook, secondsLeft } from "./outlook";
import type { CapacityMonth, CapacityYear, Running } from "./types";

const RUNNING: Running = {
  bucket: "2026-06-21T12:00:00Z",
  ends: "2026-06-21T12:15:00Z",
  as_of: "2026-06-21T12:02:00.000Z",
  power_w: 1200,
  so_far_w: 1040,
  forecast_w: 2080,
  target_w: 3480,
  free_w: 2815,
  free_without_cost_w: 2815,
};

describe("the outlook of the running quarter", () => {
  test.each([
    [{}, "calm"],
    [{ forecast_w: 3480 }, "calm"],
    [{ forecast_w: 3481 }, "rising"],
    [{ so_far_w: 3481, forecast_w: 3600 }, "passed"],
    [{ so_far_w: 3481, forecast_w: null }, "passed"],
    [{ target_w: 2000 }, "free"],
    [{ target_w: 2000, forecast_w: 2501 }, "rising"],
    [{ target_w: null }, "calm"],
    [{ target_w: null, forecast_w: 2600 }, "rising"],
    [{ forecast_w: null }, "unknown"],
    [{ so_far_w: null, forecast_w: null }, "unknown"],
  ])("%j is %s", (change, expected) => {
    expect(outlook({ ...RUNNING, ...change })).toBe(expected);
  });

  test("nothing below 2.5 kW is a limit", () => {
    expect(limitW({ ...RUNNING, target_w: 900 })).toBe(2500);
    expect(limitW({ ...RUNNING, target_w: null })).toBe(2500);
    expect(limitW(RUNNING)).toBe(3480);
  });

  test("the gauge holds the limit and the forecast", () => {
    expect(gaugeEndW(RUNNING)).toBe(4350);
    expect(gaugeEndW({ ...RUNNING, forecast_w: 10_000 })).toBe(10_500);
  });

  test("the countdown ends at zero", () => {
    expect(secondsLeft(RUNNING, Date.parse("2026-06-21T12:02:26.500Z"))).toBe(754);
    expect(countdown(754)).toBe("12:34");
    expect(secondsLeft(RUNNING, Date.parse("2026-06-21T12:16:00Z"))).toBe(0);
    expect(countdown(5)).toBe("0:05");
  });
});

describe("months and days", () => {
  const today = "2026-06-21";
  const month = (text: string) => parsePlace([text], today).month;

  test("a route that names no month or day, or one to come, leads to the running month", () => {
    expect(parsePlace(["2026-03", "2026-03-29"], today)).toEqual({
      month: { unit: "month", first: "2026-03-01" },
      day: { unit: "day", first: "2026-03-29" },
    });
    expect(parsePlace(["2026-13", "x"], today)).toEqual({ month: { unit: "month", first: "2026-06-01" }, day: null });
    expect(month("2026-07").first).toBe("2026-06-01");
    expect(parsePlace(["2026-02", "2026-03-01"], today).day).toBeNull();
    expect(parsePlace(["2026-02", "2026-02-29"], today).day).toBeNull();
  });

  test("a month opens on today, else on the day of its peak, else on its first", () => {
    const known = { monthly_peak_local: "2026-05-10T18:00:00+02:00" } as CapacityMonth;
    expect(firstDay(month("2026-06"), known, today).first).toBe(today);
    expect(firstDay(month("2026-05"), known, today).first).toBe("2026-05-10");
    expect(firstDay(month("2026-05"), { ...known, monthly_peak_local: null }, today).first).toBe("2026-05-01");
    expect(firstDay(month("2026-05"), undefined, today).first).toBe("2026-05-01");
  });

  test.each([
    ["2026-03-28", 96],
    ["2026-03-29", 92],
    ["2026-10-25", 100],
  ])("%s has %i quarters", (date, count) => {
    const slots = slotsOf(date, []);
    expect(slots).toHaveLength(count);
    expect(new Set(slots.map((slot) => dateIn(ZONE, slot.start)))).toEqual(new Set([date]));
  });

  test("a quarter that is not known leaves its place empty", () => {
    const quarter = { bucket: "2026-06-20T22:15:00Z", avg_power_w: 312, lower_w: 308, upper_w: 316, exact: true };
    const slots = slotsOf("2026-06-21", [quarter]);
    expect(slots.slice(0, 3).map((slot) => slot.quarter)).toEqual([null, quarter, null]);
  });

  test("the year shows the months of the mean, the unknown ones and the running one, in order", () => {
    const known = (name: string) => ({ month: name, peak_w: 3000, floored_w: 3000, complete: true });
    const year = {
      months: [known("2026-01"), { ...known("2026-02"), provisional: true }],
      average: { months: [known("2025-12"), known("2026-01")], missing: ["2025-11"] },
    } as unknown as CapacityYear;
    expect(shownMonths(year).map((shown) => shown.month)).toEqual(["2025-11", "2025-12", "2026-01", "2026-02"]);
  });
});

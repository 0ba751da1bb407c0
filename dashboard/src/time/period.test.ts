import { expect, test } from "vitest";
import { addressOf, contains, inUnit, labelOf, parsePeriod, periodOf, periodPath, shift, windowOf } from "./period";

const TODAY = "2026-11-22";

test("a route and its period say the same", () => {
  for (const route of [["day", "2026-03-29"], ["month", "2026-03"], ["year", "2026"], ["all"]]) {
    expect(periodPath(parsePeriod(route, TODAY))).toEqual(route);
  }
});

test("the address of today's period has no date, so that it moves on by itself", () => {
  expect(addressOf(periodOf("month", TODAY), TODAY)).toEqual(["month"]);
  expect(addressOf(periodOf("month", "2026-10-31"), TODAY)).toEqual(["month", "2026-10"]);
  expect(parsePeriod(["month"], "2026-12-01")).toEqual(periodOf("month", "2026-12-01"));
});

test("what is no period, or is to come, falls back to today", () => {
  const today = periodOf("day", TODAY);
  for (const route of [
    [],
    ["day"],
    ["week", "2026-03"],
    ["day", "2026-02-30"],
    ["day", "26-3-1"],
    ["day", "2026-11-23"],
  ]) {
    expect(parsePeriod(route, TODAY)).toEqual(today);
  }
  expect(parsePeriod(["month", "2026-13"], TODAY)).toEqual(periodOf("month", TODAY));
  expect(parsePeriod(["year", "1999"], TODAY)).toEqual(periodOf("year", TODAY));
  expect(parsePeriod(["day", "2025-02-29"], TODAY)).toEqual(today);
});

test("back and forth goes over ends of months and years, and through leap days", () => {
  expect(shift(periodOf("day", "2028-02-28"), 1).first).toBe("2028-02-29");
  expect(shift(periodOf("day", "2028-03-01"), -1).first).toBe("2028-02-29");
  expect(shift(periodOf("day", "2026-01-01"), -1).first).toBe("2025-12-31");
  expect(shift(periodOf("month", "2026-01-31"), 1).first).toBe("2026-02-01");
  expect(shift(periodOf("month", "2026-01-31"), -1).first).toBe("2025-12-01");
  expect(shift(periodOf("year", "2028-02-29"), -1).first).toBe("2027-01-01");
  expect(shift(periodOf("all", TODAY), 1)).toEqual(periodOf("all", TODAY));
});

test("a period holds its own dates only", () => {
  expect(contains(periodOf("month", "2026-11-01"), TODAY)).toBe(true);
  expect(contains(periodOf("month", "2025-11-01"), TODAY)).toBe(false);
  expect(contains(periodOf("all", TODAY), "2020-01-01")).toBe(true);
});

test("another unit shows today where it can, else the beginning", () => {
  expect(inUnit(periodOf("year", TODAY), "day", TODAY).first).toBe(TODAY);
  expect(inUnit(periodOf("year", "2025-05-05"), "month", TODAY).first).toBe("2025-01-01");
  expect(inUnit(periodOf("day", "2025-05-05"), "month", TODAY).first).toBe("2025-05-01");
  expect(inUnit(periodOf("all", ""), "day", TODAY).first).toBe(TODAY);
});

test("the server is asked for whole local periods", () => {
  expect(windowOf(periodOf("day", "2026-03-29"), "2025-01-01", TODAY)).toEqual({
    start: "2026-03-29",
    end: "2026-03-30",
    bucket: "15m",
  });
  expect(windowOf(periodOf("month", "2028-02-10"), "2025-01-01", TODAY)).toEqual({
    start: "2028-02-01",
    end: "2028-03-01",
    bucket: "day",
  });
  expect(windowOf(periodOf("year", TODAY), "2025-01-01", TODAY)).toEqual({
    start: "2026-01-01",
    end: "2027-01-01",
    bucket: "month",
  });
});

test("everything comes in months, from five years on in years", () => {
  const all = periodOf("all", TODAY);
  expect(windowOf(all, "2025-10-13", TODAY)).toEqual({ start: "2025-10-01", end: "2026-12-01", bucket: "month" });
  expect(windowOf(all, "2021-10-13", TODAY)).toEqual({ start: "2021-01-01", end: "2027-01-01", bucket: "year" });
});

test("a label is in the language of the reader", () => {
  expect(labelOf(periodOf("day", "2026-03-29"), "nl-BE")).toBe("zondag 29 maart 2026");
  expect(labelOf(periodOf("month", "2026-03-29"), "fr-BE")).toBe("mars 2026");
  expect(labelOf(periodOf("year", "2026-03-29"), "de-DE")).toBe("2026");
});

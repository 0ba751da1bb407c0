/** Months and days of the tariff: those of Brussels, whatever zone the home or this machine is in. */

import { contains, type Period, parsePeriod, periodOf, shiftDate } from "../../time/period";
import { midnight } from "../../time/zone";
import type { CapacityMonth, CapacityYear, MonthPeak, Quarter, QuarterGap } from "./types";

export const ZONE = "Europe/Brussels";
const QUARTER_MS = 900_000;

export interface Place {
  month: Period;
  /** null: the one that one wants to see first. */
  day: Period | null;
}

/** Read `["2026-03", "2026-03-29"]`; what is no month, or is to come, is taken for the running one. */
export function parsePlace([month = "", day = ""]: readonly string[], today: string): Place {
  const chosen = parsePeriod(["month", month], today);
  const date = parsePeriod(["day", day], today);
  return { month: chosen, day: date.first === day && contains(chosen, day) ? date : null };
}

/** The day of a month that one wants to see first: today, else that of the peak, else the first. */
export function firstDay(month: Period, known: CapacityMonth | undefined, today: string): Period {
  if (contains(month, today)) return periodOf("day", today);
  return periodOf("day", known?.monthly_peak_local?.slice(0, 10) ?? month.first);
}

export interface Slot {
  start: number;
  quarter: Quarter | null;
}

/** The quarters of a day, known or not: 96, and 92 or 100 on the days on which the clocks change. */
export function slotsOf(date: string, peaks: readonly Quarter[]): Slot[] {
  const known = new Map(peaks.map((quarter) => [Date.parse(quarter.bucket), quarter]));
  const first = midnight(ZONE, date);
  const count = (midnight(ZONE, shiftDate(date, "day", 1)) - first) / QUARTER_MS;
  return Array.from({ length: count }, (_, index) => {
    const start = first + index * QUARTER_MS;
    return { start, quarter: known.get(start) ?? null };
  });
}

/** Whether a quarter is over and not known. */
export function isGap(start: number, gaps: readonly QuarterGap[]): boolean {
  return gaps.some((gap) => Date.parse(gap.start) <= start && start < Date.parse(gap.end));
}

/** The months that the mean rests on, those of them that are not known, and those of the year that came after. */
export function shownMonths(year: CapacityYear): MonthPeak[] {
  const unknown = year.average.missing.map((month) => ({ month, peak_w: null, floored_w: null, complete: false }));
  const all = new Map([...unknown, ...year.average.months, ...year.months].map((month) => [month.month, month]));
  return [...all.values()].sort((a, b) => a.month.localeCompare(b.month));
}

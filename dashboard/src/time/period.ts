/** A day, a month, a year or everything, by the calendar: dates only, no clocks and no zones. */

import type { BucketName } from "../api/types";
import { momentFormat } from "../i18n/intl";

export const UNITS = ["day", "month", "year", "all"] as const;
export type Unit = (typeof UNITS)[number];

export interface Period {
  unit: Unit;
  /** The first date of it, `2026-03-01`; of everything "". */
  first: string;
}

/** What the server is asked for; `end` is excluded. */
export interface Window {
  start: string;
  end: string;
  bucket: BucketName;
}

const BUCKETS: Record<Unit, BucketName> = { day: "15m", month: "day", year: "month", all: "month" };
const WRITTEN: Record<Unit, number> = { day: 10, month: 7, year: 4, all: 0 };
const LABELS: Record<Unit, Intl.DateTimeFormatOptions> = {
  day: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  month: { month: "long", year: "numeric" },
  year: { year: "numeric" },
  all: {},
};
const MANY_YEARS = 5;

/** The period of a unit that a date lies in. */
export function periodOf(unit: Unit, date: string): Period {
  return { unit, first: unit === "all" ? "" : date.slice(0, WRITTEN[unit]) + "2000-01-01".slice(WRITTEN[unit]) };
}

/** Read `["month", "2026-03"]`; what is no period, or is to come, is taken for today's. */
export function parsePeriod([name, text = ""]: readonly string[], today: string): Period {
  const unit = UNITS.find((unit) => unit === name) ?? "day";
  const period = periodOf(unit, text);
  const isWritten = text.length === WRITTEN[unit] && (unit === "all" || isDate(period.first));
  return isWritten && period.first <= today ? period : periodOf(unit, today);
}

/** The other way round. */
export function periodPath({ unit, first }: Period): string[] {
  return unit === "all" ? [unit] : [unit, first.slice(0, WRITTEN[unit])];
}

/** The same, but today's without its date: it moves on at midnight, for a page that stays open. */
export function addressOf(period: Period, today: string): string[] {
  return contains(period, today) ? [period.unit] : periodPath(period);
}

/** The period `by` units later; of everything there is one. */
export function shift(period: Period, by: number): Period {
  return period.unit === "all" ? period : { ...period, first: shiftDate(period.first, period.unit, by) };
}

/** The date after the last one of a period. */
export function endOf(period: Period, today: string): string {
  return period.unit === "all" ? shiftDate(today, "day", 1) : shift(period, 1).first;
}

export function contains(period: Period, date: string): boolean {
  return period.unit === "all" || periodOf(period.unit, date).first === period.first;
}

/** The same time in another unit: today's where that lies in it, else the first in it. */
export function inUnit(period: Period, unit: Unit, today: string): Period {
  return periodOf(unit, contains(period, today) ? today : period.first);
}

/** What to ask the server for; everything begins in the month, or the year, of the first date with readings. */
export function windowOf(period: Period, firstDate: string, today: string): Window {
  if (period.unit !== "all") return { start: period.first, end: shift(period, 1).first, bucket: BUCKETS[period.unit] };
  const unit = Number(today.slice(0, 4)) - Number(firstDate.slice(0, 4)) >= MANY_YEARS ? "year" : "month";
  return { start: periodOf(unit, firstDate).first, end: shift(periodOf(unit, today), 1).first, bucket: unit };
}

/** Sunday 29 March 2026, March 2026, 2026; everything has no label of its own. */
export function labelOf(period: Period, locale: string): string {
  return period.unit === "all" ? "" : formatDate(period.first, locale, LABELS[period.unit]);
}

/** Write dates as people of a language do. */
export function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): (date: string) => string {
  const format = momentFormat(locale, "UTC", options);
  return (date) => format.format(new Date(`${date}T12:00:00Z`));
}

export function formatDate(date: string, locale: string, options: Intl.DateTimeFormatOptions): string {
  return dateFormat(locale, options)(date);
}

export function shiftDate(date: string, unit: Exclude<Unit, "all">, by: number): string {
  const moment = new Date(`${date}T00:00:00Z`);
  if (unit === "day") moment.setUTCDate(moment.getUTCDate() + by);
  else moment.setUTCMonth(moment.getUTCMonth() + (unit === "year" ? 12 * by : by));
  return moment.toISOString().slice(0, 10);
}

function isDate(text: string): boolean {
  const moment = new Date(`${text}T00:00:00Z`);
  return text >= "2000-01-01" && !Number.isNaN(moment.getTime()) && moment.toISOString().slice(0, 10) === text;
}

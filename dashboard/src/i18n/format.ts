/** Numbers, units and times as people of a language write them. What is not known is a dash. */

import { ageFormat, momentFormat, numberFormat } from "./intl";

export const UNKNOWN = "–";

export interface Format {
  locale: string;
  /** 850 W, 3.21 kW */
  power(watts: number | null | undefined): string;
  /** 12.3 kWh, 1.23 MWh */
  energy(kwh: number | null | undefined): string;
  percent(percent: number | null | undefined): string;
  number(value: number | null | undefined, digits?: number): string;
  /** 14:05 in a zone; without one that of this machine */
  time(moment: Date | string, zone?: string): string;
  /** 21 Nov, 14:05 */
  dateTime(moment: Date | string, zone?: string): string;
  /** 12 seconds ago, 3 days ago */
  ago(milliseconds: number): string;
  /** 1 h 12 min */
  duration(seconds: number): string;
}

const AGES: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/** End a sentence, also one whose last word is short for another: "vor 5 Min." has its full stop. */
export function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

export function makeFormat(locale: string): Format {
  const decimalMark = locale.startsWith("en") ? "." : ",";
  const number = (value: number | null | undefined, digits = 0) => {
    if (value == null || !Number.isFinite(value)) return UNKNOWN;
    const rounded = Number(value.toFixed(digits)) || 0; // no "-0"
    // The browser's own first number takes a phone a tenth of a second, which the first reading need not wait for.
    if (Math.abs(rounded) < 1000) return rounded.toFixed(digits).replace(".", decimalMark);
    return numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(rounded);
  };
  const withUnit = (value: number | null | undefined, digits: number, unit: string) =>
    value == null || !Number.isFinite(value) ? UNKNOWN : `${number(value, digits)}\u00a0${unit}`;
  return {
    locale,
    number,
    power: (watts) =>
      Math.abs(watts ?? 0) < 999.5
        ? withUnit(watts, 0, "W")
        : withUnit((watts ?? 0) / 1000, Math.abs(watts ?? 0) < 9995 ? 2 : 1, "kW"),
    energy: (kwh) =>
      Math.abs(kwh ?? 0) < 9999.5
        ? withUnit(kwh, Math.abs(kwh ?? 0) < 99.95 ? 1 : 0, "kWh")
        : withUnit((kwh ?? 0) / 1000, 1, "MWh"),
    percent: (percent) => withUnit(percent, 0, "%"),
    time: (moment, zone) => timeFormat(locale, zone, { timeStyle: "short" }).format(new Date(moment)),
    dateTime: (moment, zone) =>
      timeFormat(locale, zone, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(
        new Date(moment),
      ),
    ago: (milliseconds) => {
      const [unit, size] = AGES.find(([, size]) => milliseconds >= size) ?? ["second", 1000];
      return ageFormat(locale).format(-Math.max(0, Math.floor(milliseconds / size)), unit);
    },
    duration: (seconds) => {
      const minutes = Math.round(seconds / 60);
      const days = Math.floor(minutes / 1440);
      const hours = Math.floor((minutes % 1440) / 60);
      const part = (value: number, unit: "day" | "hour" | "minute") =>
        numberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(value);
      if (days) return hours ? `${part(days, "day")} ${part(hours, "hour")}` : part(days, "day");
      if (hours) return minutes % 60 ? `${part(hours, "hour")} ${part(minutes % 60, "minute")}` : part(hours, "hour");
      return part(minutes, "minute");
    },
  };
}

function timeFormat(locale: string, timeZone: string | undefined, options: Intl.DateTimeFormatOptions) {
  return momentFormat(locale, timeZone, { ...options, hourCycle: "h23" });
}

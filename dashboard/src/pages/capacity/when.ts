import { momentFormat } from "../../i18n/intl";
import { useFormat } from "../../i18n/language";
import { labelOf, periodOf } from "../../time/period";
import { ZONE } from "./months";

const HOUR_MS = 3_600_000;

/** Moments as the tariff's zone and the page's language write them. */
export function useWhen() {
  const format = useFormat();
  /** 19:00 */
  const time = (moment: string | number) => format.time(new Date(moment), ZONE);
  return {
    time,
    /** 19:00, and 02:15 (CEST) in the hour that comes twice */
    quarter: (start: number) => {
      const isTwice = [start - HOUR_MS, start + HOUR_MS].some((other) => time(other) === time(start));
      return isTwice ? `${time(start)} (${zoneName(start, format.locale)})` : time(start);
    },
    /** Thursday 12 November */
    day: (moment: string | number) =>
      momentFormat(format.locale, ZONE, { weekday: "long", day: "numeric", month: "long" }).format(new Date(moment)),
    /** November 2026 */
    month: (month: string) => labelOf(periodOf("month", month), format.locale),
    /** Nov */
    shortMonth: (month: string) =>
      momentFormat(format.locale, "UTC", { month: "short" }).format(new Date(`${month}-15`)),
  };
}

function zoneName(moment: number, locale: string): string {
  const parts = momentFormat(locale, ZONE, { timeZoneName: "short" }).formatToParts(moment);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

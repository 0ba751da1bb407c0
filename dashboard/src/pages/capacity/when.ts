import { useFormat } from "../../i18n/language";
import { formatDate, labelOf, periodOf } from "../../time/period";
import { dateIn } from "../../time/zone";
import { ZONE } from "./months";

/** Moments as the tariff's zone and the page's language write them. */
export function useWhen() {
  const format = useFormat();
  return {
    /** 19:00 */
    time: (moment: string | number) => format.time(new Date(moment), ZONE),
    /** Thursday 12 November */
    day: (moment: string | number) =>
      formatDate(dateIn(ZONE, new Date(moment).getTime()), format.locale, {
        weekday: "long",
        day: "numeric",
        month: "long",
      }),
    /** November 2026 */
    month: (month: string) => labelOf(periodOf("month", month), format.locale),
    /** Nov */
    shortMonth: (month: string) => formatDate(`${month}-01`, format.locale, { month: "short" }),
  };
}

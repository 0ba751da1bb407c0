import type { Home } from "../../home/home";
import { endOf, type Period, shift } from "../../time/period";

/** The neighbours that there can be: none before the first reading, none after today. */
export function neighbours(
  period: Period,
  { today, firstDate }: Home,
): { earlier: Period | null; later: Period | null } {
  if (period.unit === "all") return { earlier: null, later: null };
  return {
    earlier: period.first > firstDate ? shift(period, -1) : null,
    later: endOf(period, today) <= today ? shift(period, 1) : null,
  };
}

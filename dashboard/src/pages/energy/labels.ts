/** What the buckets are called, in full and along the axis. */

import type { Tick } from "../../charts/plot";
import type { Slot } from "../../home/slots";
import { dateFormat, type Window } from "../../time/period";

type BucketName = Window["bucket"];

const DAY: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short" };
const MONTH: Intl.DateTimeFormatOptions = { month: "long", year: "numeric" };
const NAMES = { hour: DAY, day: DAY, week: DAY, month: MONTH, year: { year: "numeric" } } as const;

/** One name per bucket: "14:15", "Sun, 29 Mar", "March 2026", "2026". An hour that comes twice says which it is. */
export function bucketLabels(slots: readonly Slot[], bucket: BucketName, locale: string): string[] {
  if (bucket !== "15m") return slots.map(({ key }) => key).map(dateFormat(locale, NAMES[bucket]));
  const clocks = slots.map(({ local }) => local.slice(11, 16));
  const twice = new Set(clocks.filter((clock, index) => clocks.indexOf(clock) !== index));
  return slots.map(({ local }) => {
    const clock = local.slice(11, 16);
    return twice.has(clock) ? `${clock} (UTC${local.slice(19)})` : clock;
  });
}

/** As many names as fit below a chart of a width. */
export function axisTicks(slots: readonly Slot[], bucket: BucketName, widthPx: number, locale: string): Tick[] {
  if (bucket === "15m") return hourTicks(slots, widthPx < 480 ? 6 : widthPx < 760 ? 3 : 2);
  if (bucket === "year") return middles(slots, ({ key }) => key.slice(0, 4));
  if (bucket === "month") return monthTicks(slots, widthPx / slots.length >= 38, locale);
  const step = widthPx < 420 ? 5 : widthPx < 760 ? 2 : 1;
  return middles(slots, ({ key }) => String(Number(key.slice(8)))).filter((_, index) => index % step === 0);
}

function middles(slots: readonly Slot[], label: (slot: Slot) => string): Tick[] {
  return slots.map((slot, index) => ({ at: index + 0.5, label: label(slot) }));
}

/** Of more than a year each January bears the year's name; where months are too narrow for names, nothing else has one. */
function monthTicks(slots: readonly Slot[], isWide: boolean, locale: string): Tick[] {
  const isYear = slots.length <= 12;
  const isJanuary = ({ key }: Slot) => key.slice(5, 7) === "01";
  const name = dateFormat(locale, { month: isWide ? "short" : "narrow" });
  const ticks = middles(slots, (slot) => (isJanuary(slot) && !isYear ? slot.key.slice(0, 4) : name(slot.key)));
  return isWide || isYear ? ticks : ticks.filter((_, index) => slots[index] && isJanuary(slots[index]));
}

function hourTicks(slots: readonly Slot[], step: number): Tick[] {
  const found: Tick[] = [];
  slots.forEach(({ local }, at) => {
    const label = local.slice(11, 16);
    const isNew = found.at(-1)?.label !== label; // the hour that comes twice
    if (label.endsWith(":00") && Number(label.slice(0, 2)) % step === 0 && isNew) found.push({ at, label });
  });
  return found;
}

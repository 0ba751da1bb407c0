/** What the buckets are called, in full and along the axis. */

import type { Tick } from "../../charts/plot";
import type { Slot } from "../../home/slots";
import { formatDate, type Window } from "../../time/period";

type BucketName = Window["bucket"];

/** One name per bucket: "14:15", "Sun, 29 Mar", "March 2026", "2026". An hour that comes twice says which it is. */
export function bucketLabels(slots: readonly Slot[], bucket: BucketName, locale: string): string[] {
  if (bucket === "year") return slots.map(({ key }) => key.slice(0, 4));
  if (bucket === "month") return slots.map(({ key }) => formatDate(key, locale, { month: "long", year: "numeric" }));
  if (bucket !== "15m") {
    return slots.map(({ key }) => formatDate(key, locale, { weekday: "short", day: "numeric", month: "short" }));
  }
  const clocks = slots.map(({ local }) => local.slice(11, 16));
  const twice = new Set(clocks.filter((clock, index) => clocks.indexOf(clock) !== index));
  return slots.map(({ local }) => {
    const clock = local.slice(11, 16);
    return twice.has(clock) ? `${clock} (UTC${local.slice(19)})` : clock;
  });
}

/** As many names as fit below a chart of a width. */
export function axisTicks(slots: readonly Slot[], bucket: BucketName, widthPx: number, locale: string): Tick[] {
  const each = (label: (slot: Slot) => string) => slots.map((slot, index) => ({ at: index + 0.5, label: label(slot) }));
  if (bucket === "15m") return hourTicks(slots, widthPx < 480 ? 6 : widthPx < 760 ? 3 : 2);
  if (bucket === "year") return each(({ key }) => key.slice(0, 4));
  if (bucket !== "month") {
    const step = widthPx < 420 ? 5 : widthPx < 760 ? 2 : 1;
    return each(({ key }) => String(Number(key.slice(8)))).filter((_, index) => index % step === 0);
  }
  const isWide = widthPx / slots.length >= 38;
  if (isWide || slots.length <= 12) {
    return each(({ key }) => formatDate(key, locale, { month: isWide ? "short" : "narrow" }));
  }
  const years = slots.map(({ key }, index) => ({ at: index + 0.5, label: key.slice(0, 4), month: key.slice(5, 7) }));
  return years.filter(({ month }) => month === "01");
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

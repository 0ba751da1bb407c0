/** A day's quarters as bars, each with its sentence. */

import { useFormat, useTexts } from "../../i18n/language";
import type { Bar, Level } from "./bars";
import { chartTexts } from "./chart-texts";
import { isGap, type Slot } from "./months";
import { LEAST_BILLED_W } from "./outlook";
import type { CapacityMonth, Quarter, Running } from "./types";
import { useWhen } from "./when";

export function useDayBars(slots: Slot[], month: CapacityMonth, running: Running | null): Bar[] {
  const c = useTexts(chartTexts);
  const { power } = useFormat();
  const when = useWhen();
  return slots.map(({ start, quarter }) => {
    const words: Words = { c, power, time: when.quarter(start) };
    const key = String(start);
    if (quarter) return { key, ...known(quarter, month.monthly_peak_ts, words) };
    const runs = running !== null && Date.parse(running.bucket) === start;
    return { key, ...(runs ? inMotion(running, words) : unknown(isGap(start, month.gaps ?? []), words)) };
  });
}

interface Words {
  c: (typeof chartTexts)["en"];
  power(watts: number | null): string;
  time: string;
}

type Look = Omit<Bar, "key">;

function known(quarter: Quarter, peakTs: string | null, { c, power, time }: Words): Look {
  const { bucket, avg_power_w: valueW, lower_w: lowerW, upper_w: upperW, exact } = quarter;
  const said = exact ? c.barKnown(time, power(valueW)) : c.barBetween(time, power(lowerW), power(upperW));
  return { valueW, lowerW, upperW, look: bucket === peakTs ? "highest" : exact ? "known" : "unsure", said };
}

function inMotion({ forecast_w: valueW }: Running, { c, power, time }: Words): Look {
  return { valueW, look: "running", said: c.barRunning(time, power(valueW)) };
}

function unknown(isOver: boolean, { c, time }: Words): Look {
  return { valueW: null, look: isOver ? "none" : "toCome", said: isOver ? c.barNone(time) : c.barToCome(time) };
}

export function useLevels(month: CapacityMonth): Level[] {
  const c = useTexts(chartTexts);
  const format = useFormat();
  const peakW = month.monthly_peak_w;
  const least: Level = { levelW: LEAST_BILLED_W, look: "least", name: c.leastCharged };
  return peakW === null ? [least] : [{ levelW: peakW, look: "peak", name: c.monthsPeak(format.power(peakW)) }, least];
}

/** The place of the highest known bar. */
export function mostTelling(bars: Bar[]): number {
  const values = bars.map((bar) => bar.valueW ?? -1);
  return values.indexOf(Math.max(...values));
}

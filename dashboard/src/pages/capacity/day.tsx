import { useFormat, useTexts } from "../../i18n/language";
import { AsTable } from "../../parts/as-table";
import { link } from "../../route";
import { contains, labelOf, type Period, periodPath, shift } from "../../time/period";
import { type Bar, Bars } from "./bars";
import { chartTexts } from "./chart-texts";
import { mostTelling, useDayBars, useLevels } from "./day-bars";
import { type Slot, slotsOf } from "./months";
import { Steps } from "./steps";
import { texts } from "./texts";
import type { CapacityMonth, Running } from "./types";
import { useWhen } from "./when";

interface Props {
  day: Period;
  month: CapacityMonth;
  running: Running | null;
  /** The first and the last day there can be something of. */
  firstDate: string;
  today: string;
}

/** The quarters of a day beside the month's peak. */
export function Day({ day, month, running, firstDate, today }: Props) {
  const t = useTexts(texts);
  const c = useTexts(chartTexts);
  const format = useFormat();
  const slots = slotsOf(day.first, month.peaks ?? []);
  const bars = useDayBars(slots, month, running);
  const to = (period: Period) => (period.first < firstDate || period.first > today ? null : dayLink(period, today));
  return (
    <section className="card day" aria-labelledby="day">
      <header>
        <h2 id="day">{c.day}</h2>
        <Steps
          label={t.days}
          previous={{ name: t.previousDay, href: to(shift(day, -1)) }}
          next={{ name: t.nextDay, href: to(shift(day, 1)) }}
        >
          <strong>{labelOf(day, format.locale)}</strong>
        </Steps>
      </header>
      <Bars
        key={day.first}
        label={`${c.day}. ${c.dayHint}`}
        bars={bars}
        levels={useLevels(month)}
        marks={useMarks(slots)}
        initial={mostTelling(bars)}
      />
      <Table bars={bars} slots={slots} />
    </section>
  );
}

function dayLink(day: Period, today: string): string {
  if (contains(day, today)) return link("capacity"); // it shows today, also after midnight
  return link("capacity", day.first.slice(0, 7), ...periodPath(day).slice(1));
}

function useMarks(slots: Slot[]): { at: number; name: string }[] {
  const when = useWhen();
  return slots.flatMap(({ start }, at) => {
    const name = when.time(start);
    return /^(00|06|12|18):00$/.test(name) ? [{ at, name }] : [];
  });
}

function Table({ bars, slots }: { bars: Bar[]; slots: Slot[] }) {
  const c = useTexts(chartTexts);
  const format = useFormat();
  const when = useWhen();
  return (
    <AsTable summary={c.table} columns={[c.time, c.power, c.bounds]}>
      {slots.map(({ start, quarter }, index) => (
        <tr key={start}>
          <th scope="row">{when.quarter(start)}</th>
          <td>{quarter ? format.power(quarter.avg_power_w) : bars[index]?.look === "none" ? c.unknown : ""}</td>
          <td>{quarter && `${format.power(quarter.lower_w)} – ${format.power(quarter.upper_w)}`}</td>
        </tr>
      ))}
    </AsTable>
  );
}

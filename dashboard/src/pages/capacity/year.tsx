import { numberFormat } from "../../i18n/intl";
import { useFormat, useTexts } from "../../i18n/language";
import { AsTable } from "../../parts/as-table";
import { type Bar, Bars, type Level } from "./bars";
import { chartTexts } from "./chart-texts";
import { shownMonths } from "./months";
import { LEAST_BILLED_W } from "./outlook";
import type { CapacityYear, MonthPeak } from "./types";
import { useWhen } from "./when";

/** The month peaks that the bill rests on, their mean, and what it comes to. */
export function Year({ year, chosen }: { year: CapacityYear; chosen: string }) {
  const c = useTexts(chartTexts);
  const format = useFormat();
  const when = useWhen();
  const months = shownMonths(year);
  const bars = useMonthBars(months);
  const { floored_w: meanW, count, missing } = year.average;
  const levels: Level[] = [{ levelW: LEAST_BILLED_W, look: "least", name: c.leastCharged }];
  if (meanW !== null) levels.unshift({ levelW: meanW, look: "mean", name: c.mean(format.power(meanW)) });
  return (
    <section className="card twelve" aria-labelledby="twelve">
      <h2 id="twelve">{c.year}</h2>
      <p>
        {meanW === null ? c.yearNone : c.yearMean(format.power(meanW), count)}{" "}
        {missing.length > 0 && c.yearMissing(missing.length)} {year.cost && <Cost cost={year.cost} />}
      </p>
      <Bars
        label={`${c.year}. ${c.dayHint}`}
        bars={bars}
        levels={levels}
        marks={months.map(({ month }, at) => ({ at: at + 0.5, name: when.shortMonth(month) }))}
        initial={Math.max(
          0,
          months.findIndex(({ month }) => month === chosen),
        )}
      />
      <Table months={months} />
    </section>
  );
}

function Cost({ cost }: { cost: NonNullable<CapacityYear["cost"]> }) {
  const c = useTexts(chartTexts);
  const { locale } = useFormat();
  const euro = (amount: number) => numberFormat(locale, { style: "currency", currency: "EUR" }).format(amount);
  return (
    <>
      {c.cost(euro(cost.eur_per_year), euro(cost.eur_per_month))}{" "}
      <small>
        {c.costOf(euro(cost.tariff_eur_per_kw_year), cost.vat_included, cost.tariff_year)}{" "}
        {cost.source && `(${cost.source})`}
      </small>
    </>
  );
}

function useMonthBars(months: MonthPeak[]): Bar[] {
  const c = useTexts(chartTexts);
  const format = useFormat();
  const when = useWhen();
  const remark = useRemark();
  return months.map((month): Bar => {
    const name = when.month(month.month);
    const { peak_w: valueW } = month;
    if (valueW === null) {
      return { key: month.month, valueW, look: month.provisional ? "toCome" : "none", said: c.monthNone(name) };
    }
    const told = (valueW < LEAST_BILLED_W ? c.monthCharged : c.monthIs)(name, format.power(valueW));
    const said = remark(month) ? `${told} (${remark(month)})` : told;
    return {
      key: month.month,
      valueW,
      look: month.complete ? "known" : month.provisional ? "running" : "unsure",
      said,
    };
  });
}

function useRemark(): (month: MonthPeak) => string {
  const c = useTexts(chartTexts);
  return (month) => (month.provisional ? c.monthRunning : month.complete ? "" : c.monthPartly);
}

function Table({ months }: { months: MonthPeak[] }) {
  const c = useTexts(chartTexts);
  const format = useFormat();
  const when = useWhen();
  const remark = useRemark();
  return (
    <AsTable summary={c.table} columns={[c.month, c.power, c.charged, c.remark]}>
      {months.map((month) => (
        <tr key={month.month}>
          <th scope="row">{when.month(month.month)}</th>
          <td>{month.peak_w === null ? c.unknown : format.power(month.peak_w)}</td>
          <td>{format.power(month.floored_w)}</td>
          <td>{month.peak_w !== null && remark(month)}</td>
        </tr>
      ))}
    </AsTable>
  );
}

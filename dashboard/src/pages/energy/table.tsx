import { AMOUNTS } from "../../home/amounts";
import type { Bucket } from "../../home/energy";
import { energyNames } from "../../home/energy-texts";
import type { Energy } from "../../home/home";
import { useFormat, useTexts } from "../../i18n/language";
import { bucketLabels } from "./labels";
import { texts } from "./texts";

interface Props {
  energy: Energy;
  buckets: readonly Bucket[];
  title: string;
}

/** The buckets of the chart in numbers: mean powers of a day, else energies and their total. */
export function EnergyTable({ energy, buckets, title }: Props) {
  const t = useTexts(texts);
  const names = useTexts(energyNames);
  const format = useFormat();
  const isDay = energy.window.bucket === "15m";
  const [unit, key] = isDay ? (["W", "w"] as const) : (["kWh", "kwh"] as const);
  const columns = AMOUNTS.filter((name) => buckets.some((bucket) => bucket[key][name] !== null));
  const hasSoc = isDay && buckets.some(({ socPct }) => socPct !== null);
  const labels = bucketLabels(buckets, energy.window.bucket, format.locale);
  const cell = (value: number | null) => format.number(value, isDay ? 0 : 2);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keys
    <section className="table-scroll" aria-label={title} tabIndex={0}>
      <table>
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t.time}</th>
            {columns.map((name) => (
              <th key={name} scope="col">
                {names[name]} <small>{unit}</small>
              </th>
            ))}
            {hasSoc && (
              <th scope="col">
                {t.layers.soc} <small>%</small>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {buckets.map((bucket, index) => (
            <tr key={bucket.key}>
              <th scope="row">{labels[index]}</th>
              {columns.map((name) => (
                <td key={name}>{cell(bucket[key][name])}</td>
              ))}
              {hasSoc && <td>{format.number(bucket.socPct, 1)}</td>}
            </tr>
          ))}
        </tbody>
        {!isDay && (
          <tfoot>
            <tr>
              <th scope="row">{t.total}</th>
              {columns.map((name) => (
                <td key={name}>{cell(energy.total[name])}</td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </section>
  );
}

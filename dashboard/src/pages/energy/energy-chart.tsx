/** The chart of a period with its legend, which tells the bucket one points at, else the whole period. */

import { useCallback, useMemo, useState } from "react";
import { Chart } from "../../charts/chart";
import type { Plotted } from "../../charts/plot";
import { type Layer, reach, stack } from "../../charts/stack";
import { sum } from "../../home/amounts";
import type { Bucket } from "../../home/energy";
import { energyNames } from "../../home/energy-texts";
import type { Energy } from "../../home/home";
import type { Format } from "../../i18n/format";
import { useFormat, useTexts } from "../../i18n/language";
import { link } from "../../route";
import { addressOf, type Period, periodOf } from "../../time/period";
import { axisTicks, bucketLabels } from "./labels";
import { layersOf } from "./layers";
import { Legend } from "./legend";
import { measureRender } from "./measure";
import { texts } from "./texts";

const SCALE_PCT = [0, 100] as const;

interface Props {
  energy: Energy;
  title: string;
  today: string;
}

export function EnergyChart({ energy, title, today }: Props) {
  const t = useTexts(texts);
  const format = useFormat();
  const [selected, setSelected] = useState<number | null>(null);
  const { buckets, window } = energy;
  const isDay = window.bucket === "15m";
  const view = useView(energy);
  const hrefOf = (index: number) => {
    const finer = finerPeriod(buckets[index]?.key ?? "", window.bucket, today);
    return finer && link("energy", ...addressOf(finer, today));
  };
  const open = (index: number) => {
    const href = hrefOf(index);
    if (href) location.hash = href;
  };
  const hasSoc = isDay && buckets.some(({ socPct }) => socPct !== null);
  const common = { count: buckets.length, selected, onSelect: setSelected, onOpen: open, describe: view.describe };
  return (
    <>
      <Legend
        title={selected === null ? t.total : (view.labels[selected] ?? "")}
        href={selected === null ? null : hrefOf(selected)}
        items={view.items(selected)}
      />
      <p className="unit">
        {view.unit}
        {isDay && `, ${t.meanPower}`}
      </p>
      <Chart
        {...common}
        label={t.chart(title)}
        bars={view.bars}
        gap={isDay ? 0 : 0.25}
        heightPx={300}
        ticksFor={(width) => axisTicks(buckets, window.bucket, width, format.locale)}
        tickValue={view.tickValue}
        onDrawn={measureRender}
      />
      {hasSoc && <SocChart {...common} buckets={buckets} />}
    </>
  );
}

type Common = Pick<Parameters<typeof Chart>[0], "count" | "selected" | "onSelect" | "describe">;

function SocChart({ buckets, ...common }: Common & { buckets: readonly Bucket[] }) {
  const t = useTexts(texts);
  const format = useFormat();
  const bars = useMemo(() => {
    const values = buckets.map(({ socPct }) => socPct);
    return stack([{ name: "soc", label: "", color: "--battery", direction: 1, values }]);
  }, [buckets]);
  return (
    <>
      <p className="unit">{t.socChart}</p>
      <Chart
        {...common}
        label={t.layers.soc}
        bars={bars}
        gap={0}
        heightPx={110}
        scale={SCALE_PCT}
        ticksFor={(width) => axisTicks(buckets, "15m", width, format.locale)}
        tickValue={format.number}
      />
    </>
  );
}

interface View {
  bars: Plotted["bars"];
  labels: string[];
  unit: string;
  tickValue: Plotted["tickValue"];
  describe(index: number): string;
  items(index: number | null): { name: string; label: string; color: string; value: string }[];
}

function useView(energy: Energy): View {
  const t = useTexts(texts);
  const names = useTexts(energyNames);
  const format = useFormat();
  const { buckets, window } = energy;
  const isDay = window.bucket === "15m";
  const layers = useMemo(
    () => layersOf(buckets.map(isDay ? ({ w }) => w : ({ kwh }) => kwh), t.layers, names.pv),
    [buckets, isDay, t, names],
  );
  const bars = useMemo(() => stack(layers), [layers]);
  const labels = useMemo(() => bucketLabels(buckets, window.bucket, format.locale), [buckets, window, format]);
  const [low, high] = reach(bars);
  const isKilo = Math.max(-low, high) >= (isDay ? 1000 : 10_000);
  const tickValue = useCallback(
    (value: number) => shortNumber(isKilo ? value / 1000 : value, format),
    [isKilo, format],
  );
  const items: View["items"] = (index) => {
    const total = index === null ? layersOf([energy.total], t.layers, names.pv) : [];
    return layers.map((layer) => ({ ...layer, value: told(layer, index, total, isDay, format) }));
  };
  const describe: View["describe"] = (index) => {
    const soc = buckets[index]?.socPct ?? null;
    const values = items(index).map(({ label, value }) => `${label} ${value}`);
    if (isDay && soc !== null) values.push(`${t.layers.soc} ${format.percent(soc)}`);
    const isEmpty = layers.every(({ values }) => (values[index] ?? null) === null);
    return `${labels[index]}: ${isEmpty ? t.noReadings : values.join(", ")}`;
  };
  return { bars, labels, unit: isDay ? (isKilo ? "kW" : "W") : isKilo ? "MWh" : "kWh", tickValue, describe, items };
}

/** A bucket's value; without one that of the period: a day's powers add up to nothing, its counted energies do. */
function told(layer: Layer, index: number | null, total: readonly Layer[], isDay: boolean, format: Format): string {
  if (index === null) {
    const whole = total.find(({ name }) => name === layer.name)?.values[0] ?? null;
    return format.energy(isDay ? whole : sum(layer.values));
  }
  const value = layer.values[index] ?? null;
  return isDay ? format.power(value) : format.energy(value);
}

function shortNumber(value: number, format: Format): string {
  return format.number(value, Number.isInteger(value) ? 0 : Number.isInteger(value * 10) ? 1 : 2);
}

/** The period a bucket is; a quarter of an hour is none, and there is none to come. */
function finerPeriod(date: string, size: Energy["window"]["bucket"], today: string): Period | null {
  if (size === "15m" || date > today) return null;
  return periodOf(size === "year" || size === "month" ? size : "day", date);
}

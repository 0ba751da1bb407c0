/** The totals of the period, each with its definition and where it comes from. */

import { useId } from "react";
import { AMOUNTS } from "../../home/amounts";
import { type EnergyName, energyNames } from "../../home/energy-texts";
import type { Energy } from "../../home/home";
import { selfConsumptionPct, selfSufficiencyPct } from "../../home/split";
import { useFormat, useTexts } from "../../i18n/language";
import { texts } from "./texts";

const COLORS: Partial<Record<EnergyName, string>> = {
  pv: "--sun",
  load: "--house",
  import: "--import",
  export: "--export",
  charge: "--battery",
  discharge: "--battery",
};

export function Tiles({ energy }: { energy: Energy }) {
  const t = useTexts(texts);
  const format = useFormat();
  const { total, sources } = energy;
  const shares: [EnergyName, number | null][] = [
    ["selfConsumption", selfConsumptionPct(total)],
    ["selfSufficiency", selfSufficiencyPct(total)],
  ];
  return (
    <dl className="tiles">
      {AMOUNTS.filter((name) => name === "load" || total[name] !== null).map((name) => {
        const source = sources[name];
        return (
          <Tile key={name} name={name} value={format.energy(total[name])} more={source ? t.sources[source] : ""} />
        );
      })}
      {shares.map(
        ([name, share]) => share !== null && <Tile key={name} name={name} value={format.percent(share)} more="" />,
      )}
    </dl>
  );
}

function Tile({ name, value, more }: { name: EnergyName; value: string; more: string }) {
  const t = useTexts(texts);
  const label = useTexts(energyNames)[name];
  const id = useId();
  const color = COLORS[name] ?? "--line";
  return (
    <div className="card tile" data-name={name} style={{ borderTopColor: `var(${color})` }}>
      <dt>
        {label}
        <button type="button" className="explain" aria-label={t.explain(label)} popoverTarget={id}>
          <span aria-hidden="true">i</span>
        </button>
        <span id={id} popover="auto" className="card explanation">
          <strong>{label}</strong>
          <span>{t.definitions[name]}</span>
          {more && <span>{more}</span>}
        </span>
      </dt>
      <dd>{value}</dd>
    </div>
  );
}

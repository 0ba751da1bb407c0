/** How today and this month have been so far. */

import { memo, useMemo } from "react";
import { AMOUNTS } from "../../home/amounts";
import { useEnergy, useHome } from "../../home/energy-data";
import { energyNames } from "../../home/energy-texts";
import type { Energy, Home } from "../../home/home";
import { selfSufficiencyPct } from "../../home/split";
import { useFormat, useTexts } from "../../i18n/language";
import { link } from "../../route";
import { periodOf, type Unit } from "../../time/period";
import { texts } from "./today-texts";
import "./today.css";

const SHOWN = AMOUNTS.filter((name) => name !== "charge" && name !== "discharge");

/** The page around it is drawn anew each second; this is not. */
export const TodayTiles = memo(function TodayTiles() {
  const home = useHome();
  return home && <Tiles home={home} />;
});

function Tiles({ home }: { home: Home }) {
  const t = useTexts(texts);
  const today = usePeriod(home, "day");
  const month = usePeriod(home, "month");
  return (
    <section className="card today" aria-labelledby="today">
      <h2 id="today">
        <a href={link("energy")}>{t.today}</a>
      </h2>
      <Totals energy={today.energy} />
      {today.energy && isUnknown(today.energy) && <p>{t.nothing}</p>}
      {month.energy && (
        <p>
          <a href={link("energy", "month", home.today.slice(0, 7))}>{t.month}</a> <MonthLine energy={month.energy} />
        </p>
      )}
    </section>
  );
}

function isUnknown({ total }: Energy): boolean {
  return SHOWN.every((name) => total[name] === null);
}

function Totals({ energy }: { energy: Energy | null }) {
  const names = useTexts(energyNames);
  const format = useFormat();
  const total = energy?.total;
  const sufficiencyPct = total ? selfSufficiencyPct(total) : null;
  // Until the first answer the places stand, so that nothing jumps.
  const shown = SHOWN.filter((name) => !total || name === "load" || total[name] !== null);
  return (
    <dl aria-busy={!energy}>
      {shown.map((name) => (
        <div key={name} data-name={name}>
          <dt>{names[name]}</dt>
          <dd>{format.energy(total?.[name])}</dd>
        </div>
      ))}
      {sufficiencyPct !== null && (
        <div data-name="selfSufficiency">
          <dt>{names.selfSufficiency}</dt>
          <dd>{format.percent(sufficiencyPct)}</dd>
        </div>
      )}
    </dl>
  );
}

function MonthLine({ energy: { total } }: { energy: Energy }) {
  const names = useTexts(energyNames);
  const format = useFormat();
  const said = SHOWN.filter((name) => total[name] !== null).map(
    (name) => `${names[name]} ${format.energy(total[name])}`,
  );
  return <span>{said.join(" · ")}</span>;
}

function usePeriod(home: Home, unit: Unit) {
  const period = useMemo(() => periodOf(unit, home.today), [unit, home.today]);
  return useEnergy(home, period);
}

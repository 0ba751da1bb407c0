/** The energies of a day, a month, a year or everything: a chart, the totals, the same as a table and as a file. */

import { type ReactNode, useDeferredValue, useMemo, useState } from "react";
import { useDevices } from "../../api/queries";
import { type EnergyState, useEnergy, useHome } from "../../home/energy-data";
import type { Energy, Home } from "../../home/home";
import { useNow } from "../../home/now";
import { useFormat, useTexts } from "../../i18n/language";
import { labelOf, type Period, parsePeriod } from "../../time/period";
import { EnergyChart } from "./energy-chart";
import { markArrival } from "./measure";
import { Notice } from "./notice";
import { PeriodBar } from "./period-bar";
import { EnergyTable } from "./table";
import { texts } from "./texts";
import { Tiles } from "./tiles";
import { Tools } from "./tools";
import { useTravel } from "./travel";
import "./energy.css";

export default function EnergyPage({ rest }: { rest: string[] }) {
  const home = useHome();
  const devices = useDevices();
  if (home) return <EnergyOf home={home} route={rest.join("/")} />;
  return <Notice fault={devices.isError || devices.fetchStatus === "idle" ? "" : null} />;
}

function EnergyOf({ home, route }: { home: Home; route: string }) {
  const period = useMemo(() => parsePeriod(route.split("/"), home.today), [route, home.today]);
  const state = useEnergy(home, period, markArrival);
  const swipe = useTravel(period, home);
  const table = useState(false); // here, because what is below goes away while a period loads
  return (
    <div className="energy" {...swipe}>
      <PeriodBar period={period} home={home} />
      <Shown home={home} period={period} state={state} table={table} />
    </div>
  );
}

interface ShownProps {
  home: Home;
  period: Period;
  state: EnergyState;
  /** Whether it is shown as a table. */
  table: [boolean, (isTable: boolean) => void];
}

function Shown({ home, period, state, table }: ShownProps) {
  const t = useTexts(texts);
  const format = useFormat();
  const { energy, fault, asOf } = state;
  if (!energy) return <Notice fault={fault} />;
  return (
    <>
      {fault !== null && (
        <p className="card notice" role="status">
          {fault ? `${t.refused} ${fault}` : t.asOf(format.dateTime(new Date(asOf)))}
        </p>
      )}
      {energy.buckets.some(isRead) ? (
        <Views energy={energy} home={home} period={period} table={table} />
      ) : (
        <div className="card empty">
          <p>
            <strong>{t.empty}</strong>
          </p>
          <p>{t.emptyHint}</p>
        </div>
      )}
    </>
  );
}

interface ViewsProps extends Omit<ShownProps, "state"> {
  energy: Energy;
}

function Views({ energy, home, period, table: [isTable, setTable] }: ViewsProps): ReactNode {
  const t = useTexts(texts);
  const { locale } = useFormat();
  const now = useNow(60_000);
  const past = useMemo(() => energy.buckets.filter(({ startMs }) => startMs <= now), [energy, now]);
  const totals = useDeferredValue(energy, null); // the picture comes first
  const title = labelOf(period, locale) || t.everything;
  return (
    <>
      <div className="card">
        {isTable ? (
          <EnergyTable energy={energy} buckets={past} title={title} />
        ) : (
          <EnergyChart key={title} energy={energy} title={title} today={home.today} />
        )}
        <Tools isTable={isTable} setTable={setTable} buckets={past} home={home} period={period} />
      </div>
      {totals && <Tiles energy={totals} />}
    </>
  );
}

function isRead({ kwh, w, socPct }: Energy["buckets"][number]): boolean {
  return [...Object.values(kwh), ...Object.values(w), socPct].some((value) => value !== null);
}

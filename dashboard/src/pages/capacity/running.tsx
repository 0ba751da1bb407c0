import type { ReactNode } from "react";
import { useNow } from "../../home/now";
import { useFormat, useTexts } from "../../i18n/language";
import { Gauge } from "./gauge";
import { countdown, LEAST_BILLED_W, limitW, secondsLeft } from "./outlook";
import { OutlookLine, useFree } from "./outlook-line";
import { runningTexts } from "./running-texts";
import type { Running as RunningQuarter } from "./types";
import "./running.css";

interface Props {
  running: RunningQuarter | null;
  clockOffsetMs: number;
}

/** The quarter that is not over: so far, heading for, and what may still be drawn. */
export function Running({ running, clockOffsetMs }: Props) {
  const t = useTexts(runningTexts);
  const nowMs = useNow() + clockOffsetMs;
  return (
    <section className="card running" aria-labelledby="running">
      <h2 id="running">{t.quarter}</h2>
      {!running ? (
        <p className="empty">{t.noQuarter}</p>
      ) : secondsLeft(running, nowMs) === 0 ? (
        <p className="empty">{t.over}</p>
      ) : (
        <Quarter running={running} seconds={secondsLeft(running, nowMs)} />
      )}
    </section>
  );
}

function Quarter({ running, seconds }: { running: RunningQuarter; seconds: number }) {
  const t = useTexts(runningTexts);
  const format = useFormat();
  const limit = format.power(limitW(running));
  return (
    <>
      <Gauge
        running={running}
        label={t.gauge(format.power(running.so_far_w), format.power(running.forecast_w), limit)}
      />
      <OutlookLine running={running} />
      <dl>
        <Fact name={t.ends} value={countdown(seconds)} />
        <Fact name={t.soFar} value={format.power(running.so_far_w)} hint={t.soFarHint} />
        <Fact name={t.forecast} value={format.power(running.forecast_w)} hint={t.forecastHint} />
        {(running.target_w ?? 0) < LEAST_BILLED_W && <Fact name={t.least} value={format.power(LEAST_BILLED_W)} />}
        {running.target_w !== null && <Fact name={t.target} value={format.power(running.target_w)} />}
        <Free running={running} />
      </dl>
    </>
  );
}

function Free({ running }: { running: RunningQuarter }) {
  const t = useTexts(runningTexts);
  const watts = useFree();
  const isSame = running.free_w === running.free_without_cost_w;
  return (
    <>
      {running.free_w !== null && <Fact name={t.free} value={watts(running.free_w)} hint={t.freeHint} />}
      {!isSame && running.free_without_cost_w !== null && (
        <Fact name={t.freeWithoutCost} value={watts(running.free_without_cost_w)} hint={t.freeWithoutCostHint} />
      )}
    </>
  );
}

function Fact({ name, value, hint }: { name: string; value: ReactNode; hint?: string }) {
  return (
    <div>
      <dt>
        {name}
        {hint && <small>{hint}</small>}
      </dt>
      <dd>{value}</dd>
    </div>
  );
}

import { useDevices } from "../../api/queries";
import type { Live } from "../../home/live";
import { useNow } from "../../home/now";
import { useFormat, useTexts } from "../../i18n/language";
import { link } from "../../route";
import { periodOf } from "../../time/period";
import { dateIn } from "../../time/zone";
import { ZONE } from "../capacity/months";
import { gaugeEndW, limitW, outlook, secondsLeft } from "../capacity/outlook";
import { OutlookLine, useFree } from "../capacity/outlook-line";
import { runningTexts } from "../capacity/running-texts";
import type { Running } from "../capacity/types";
import { useRunning } from "../capacity/use-capacity";
import "./quarter.css";

const MINUTE_MS = 60_000;

/** Whether this quarter of an hour will set a new peak of the month; nothing where there is no grid meter. */
export function QuarterTile({ live }: { live: Live }) {
  const t = useTexts(runningTexts);
  const meter = useDevices().data?.devices.find((device) => device.kind === "p1");
  const nowMs = useNow() + live.clockOffsetMs;
  const month = periodOf("month", dateIn(ZONE, nowMs - (nowMs % MINUTE_MS)));
  const { data } = useRunning(meter?.device_id ?? null, month, live);
  const running = data?.running;
  if (!meter || !running || live.link === "offline" || secondsLeft(running, nowMs) === 0) return null;
  return (
    <a className="card quarter" href={link("capacity")}>
      <h2>{t.quarter}</h2>
      <OutlookLine running={running} />
      <Track running={running} />
      <Facts running={running} />
    </a>
  );
}

function Track({ running }: { running: Running }) {
  const share = (powerW: number | null) => `${Math.min(100, (100 * (powerW ?? 0)) / gaugeEndW(running))}%`;
  return (
    <div className="track" aria-hidden="true" data-outlook={outlook(running)}>
      <span className="forecast" style={{ width: share(running.forecast_w) }} />
      <span className="so-far" style={{ width: share(running.so_far_w) }} />
      <span className="limit" style={{ insetInlineStart: share(limitW(running)) }} />
    </div>
  );
}

function Facts({ running }: { running: Running }) {
  const t = useTexts(runningTexts);
  const format = useFormat();
  const watts = useFree();
  const facts = [
    [t.forecast, format.power(running.forecast_w)],
    [t.limit, format.power(limitW(running))],
    [t.free, running.free_without_cost_w === null ? format.power(null) : watts(running.free_without_cost_w)],
  ];
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

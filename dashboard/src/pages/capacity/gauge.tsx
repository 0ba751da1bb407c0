import { useFormat, useTexts } from "../../i18n/language";
import { gaugeEndW, limitW, outlook } from "./outlook";
import { runningTexts } from "./running-texts";
import type { Running } from "./types";
import "./gauge.css";

const ARC = "M20 110A90 90 0 0 1 200 110";
const CENTRE = { x: 110, y: 110, radius: 90 };

/** The running quarter on half a circle: drawn so far, heading for, and the limit. */
export function Gauge({ running, label }: { running: Running; label: string }) {
  const t = useTexts(runningTexts);
  const format = useFormat();
  const endW = gaugeEndW(running);
  const share = (powerW: number | null) => Math.min(100, (100 * (powerW ?? 0)) / endW);
  const limit = share(limitW(running));
  return (
    <svg className="gauge" viewBox="0 0 220 124" role="img" aria-label={label} data-outlook={outlook(running)}>
      <path className="track" d={ARC} pathLength="100" />
      <Part name="forecast" from={0} to={share(running.forecast_w)} />
      <Part name="over" from={limit} to={share(running.forecast_w)} />
      <Part name="so-far" from={0} to={share(running.so_far_w)} />
      <path className="limit" d="M8 110H32" transform={`rotate(${1.8 * limit} ${CENTRE.x} ${CENTRE.y})`} />
      <text className="name" x="110" y="70">
        {running.forecast_w === null ? t.soFar : t.forecast}
      </text>
      <text className="value" x="110" y="100">
        {format.power(running.forecast_w ?? running.so_far_w)}
      </text>
    </svg>
  );
}

function Part({ name, from, to }: { name: string; from: number; to: number }) {
  if (to <= from) return null;
  return <path className={name} d={ARC} pathLength="100" strokeDasharray={`0 ${from} ${to - from} 200`} />;
}

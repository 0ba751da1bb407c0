import type { CSSProperties } from "react";
import { type Flow, type Streams, streams } from "../../home/flow";
import type { Format } from "../../i18n/format";
import { useFormat, useTexts } from "../../i18n/language";
import { texts } from "./texts";
import "./flow-picture.css";

type Texts = (typeof texts)["en"];
type Part = "sun" | "house" | "battery" | "grid";

const PLACES: Record<Part, [number, number]> = {
  sun: [200, 74],
  grid: [64, 190],
  house: [336, 190],
  battery: [200, 306],
};
const RADIUS = 48;
const LEAST_W = 10; // below, a meter's noise would make lines flicker

const ICONS: Record<Part, string> = {
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  house: "M4 11 12 4l8 7M6 10v9h12v-9M10 19v-5h4v5",
  battery: "M4 8h14v9H4zM18 11h2v3h-2M7 11v3M10 11v3",
  grid: "M12 3 6 21M12 3l6 18M8 9h8M7 14h10M9 9l8 5M15 9l-8 5",
};

/** Lines from part to part; the colour is that of where the energy comes from. */
const LINES: { name: keyof Streams; path: string; color: string }[] = [
  { name: "sunToBattery", path: "M200 122V258", color: "--sun" },
  { name: "gridToHouse", path: "M112 190H288", color: "--import" },
  { name: "sunToHouse", path: "M216 119C216 168 234 176 289 176", color: "--sun" },
  { name: "sunToGrid", path: "M184 119C184 168 166 176 111 176", color: "--sun" },
  { name: "batteryToHouse", path: "M216 261C216 212 234 204 289 204", color: "--battery" },
  { name: "batteryToGrid", path: "M184 261C184 212 166 204 111 204", color: "--battery" },
  { name: "gridToBattery", path: "M111 204C166 204 184 212 184 261", color: "--import" },
];

interface Props {
  flow: Flow;
  /** What was ever heard of the home: its parts are drawn, though one may be silent now. */
  known: Flow;
  /** Takes colour and motion away. */
  stale: boolean;
}

/** Draw where the power goes. */
export function FlowPicture({ flow, known, stale }: Props) {
  const t = useTexts(texts);
  const format = useFormat();
  const powers = streams(flow);
  const parts = shownParts(known);
  return (
    <svg
      className="flow"
      data-stale={stale}
      viewBox="0 0 400 390"
      role="img"
      aria-label={describe(flow, parts, t, format)}
    >
      {LINES.filter(({ name }) => joins(name, parts)).map(({ name, path, color }) => (
        <Line key={name} path={path} color={color} powerW={powers[name]} />
      ))}
      {parts.map((part) => (
        <Node key={part} part={part} flow={flow} t={t} format={format} />
      ))}
    </svg>
  );
}

function shownParts(flow: Flow): Part[] {
  const known: [Part, boolean][] = [
    ["sun", flow.pvW !== null],
    ["grid", flow.gridW !== null],
    ["battery", flow.batteryW !== null || flow.socPct !== null],
    ["house", true],
  ];
  return known.filter(([, isKnown]) => isKnown).map(([part]) => part);
}

function joins(name: keyof Streams, parts: Part[]): boolean {
  const [from, to] = name.toLowerCase().split("to") as [Part, Part];
  return parts.includes(from) && parts.includes(to);
}

function Line({ path, color, powerW }: { path: string; color: string; powerW: number }) {
  const flows = powerW >= LEAST_W;
  // Few speeds: with each change of duration the motion would jump.
  const seconds = powerW < 300 ? 3.2 : powerW < 1200 ? 2 : powerW < 3500 ? 1.3 : 0.8;
  const style = { "--color": `var(${color})`, "--seconds": `${seconds}s` } as CSSProperties;
  return (
    <g style={style} data-flows={flows}>
      <path className="way" d={path} />
      {flows && <path className="motion" d={path} />}
    </g>
  );
}

function Node({ part, flow, t, format }: { part: Part; flow: Flow; t: Texts; format: Format }) {
  const [x, y] = PLACES[part];
  const { watts, color, state } = told(part, flow, t);
  const below = part === "sun" ? -RADIUS - 12 : RADIUS + 20;
  return (
    <g transform={`translate(${x} ${y})`} style={{ "--color": `var(${color})` } as CSSProperties}>
      <circle className="disc" r={RADIUS} />
      {part === "battery" && flow.socPct !== null && <Charge percent={flow.socPct} />}
      <path className="icon" d={ICONS[part]} transform="translate(-12 -36)" />
      <text className="value" y="10">
        {format.power(watts)}
      </text>
      {part === "battery" && (
        <text className="share" y="29">
          {format.percent(flow.socPct)}
        </text>
      )}
      <text className="label" y={below}>
        {t[part]}
        {state && <tspan className="state">{` ${state}`}</tspan>}
      </text>
    </g>
  );
}

function Charge({ percent }: { percent: number }) {
  const length = 2 * Math.PI * RADIUS;
  return (
    <circle
      className="charge"
      r={RADIUS}
      transform="rotate(-90)"
      strokeDasharray={`${(length * Math.min(100, percent)) / 100} ${length}`}
    />
  );
}

function told(part: Part, flow: Flow, t: Texts): { watts: number | null; color: string; state: string } {
  const absolute = (watts: number | null) => (watts === null ? null : Math.abs(watts));
  switch (part) {
    case "sun":
      return { watts: flow.pvW, color: "--sun", state: "" };
    case "house":
      return { watts: flow.loadW, color: "--house", state: "" };
    case "battery": {
      const state = way(flow.batteryW, t.charging, t.discharging, t.resting);
      return { watts: absolute(flow.batteryW), color: "--battery", state };
    }
    case "grid": {
      const state = way(flow.gridW, t.importing, t.exporting, "");
      return { watts: absolute(flow.gridW), color: (flow.gridW ?? 0) < -LEAST_W ? "--export" : "--import", state };
    }
  }
}

function way(watts: number | null, positive: string, negative: string, neither: string): string {
  if (watts === null) return "";
  return Math.abs(watts) < LEAST_W ? neither : watts > 0 ? positive : negative;
}

function describe(flow: Flow, parts: Part[], t: Texts, format: Format): string {
  const said = [`${t.title}.`];
  if (parts.includes("sun")) said.push(t.describeSun(format.power(flow.pvW)));
  said.push(t.describeHouse(format.power(flow.loadW)));
  if (parts.includes("battery")) {
    const { watts, state } = told("battery", flow, t);
    said.push(`${t.battery}: ${format.percent(flow.socPct)}, ${state} ${format.power(watts)}.`);
  }
  if (parts.includes("grid")) {
    const { watts, state } = told("grid", flow, t);
    said.push(`${t.grid}: ${state || t.balanced} ${format.power(watts)}.`);
  }
  return said.join(" ");
}

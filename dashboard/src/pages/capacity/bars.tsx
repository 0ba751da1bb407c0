import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { useFormat } from "../../i18n/language";
import { ticks } from "./scale";
import "./bars.css";

/** Powers in W; null is "not known". */
export interface Bar {
  key: string;
  valueW: number | null;
  lowerW?: number;
  upperW?: number;
  look: "known" | "unsure" | "highest" | "running" | "none" | "toCome";
  /** The sentence that stands for the bar. */
  said: string;
}

export interface Level {
  levelW: number;
  look: "peak" | "least" | "mean";
  name: string;
}

interface Props {
  label: string;
  bars: Bar[];
  levels: Level[];
  /** Names below the bars, at most a dozen; the place is that of the bar's left edge or middle. */
  marks: { at: number; name: string }[];
  /** The bar that is told of until another one is chosen. */
  initial: number;
}

/** Bars that are chosen one by one: with a pointer, a finger or the arrow keys. */
export function Bars({ label, bars, levels, marks, initial }: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const index = Math.min(chosen ?? initial, bars.length - 1);
  const choose = (to: number) => setChosen(Math.max(0, Math.min(bars.length - 1, to)));
  const highest = Math.max(500, ...bars.map((bar) => bar.valueW ?? 0), ...levels.map((level) => level.levelW));
  const marksW = ticks(highest);
  return (
    <div className="bars">
      <p className="readout">{bars[index]?.said}</p>
      <div
        className="plot"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={1}
        aria-valuemax={bars.length}
        aria-valuenow={index + 1}
        aria-valuetext={bars[index]?.said}
        onKeyDown={(event) => onKey(event, index, bars.length, choose)}
        onPointerDown={(event) => choose(pointed(event, bars.length))}
        onPointerMove={(event) => choose(pointed(event, bars.length))}
      >
        <Axis marksW={marksW} />
        <Drawing bars={bars} levels={levels} endW={marksW.at(-1) ?? highest} chosen={index} />
      </div>
      <div className="marks" aria-hidden="true" data-many={marks.length > 8}>
        {marks.map(({ at, name }) => (
          <span key={at} style={{ insetInlineStart: `${(100 * at) / bars.length}%` }}>
            {name}
          </span>
        ))}
      </div>
      <ul className="legend">
        {levels.map(({ look, name }) => (
          <li key={look} data-look={look}>
            {name}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Axis({ marksW }: { marksW: number[] }) {
  const format = useFormat();
  const endW = marksW.at(-1) ?? 1;
  return marksW.map((markW) => (
    <span key={markW} className="mark" style={{ bottom: `${(100 * markW) / endW}%` }}>
      <span>{endW < 1000 ? format.power(markW) : `${format.number(markW / 1000, endW < 5000 ? 1 : 0)}\u00a0kW`}</span>
    </span>
  ));
}

function Drawing({ bars, levels, endW, chosen }: { bars: Bar[]; levels: Level[]; endW: number; chosen: number }) {
  const y = (powerW: number) => 100 - (100 * powerW) / endW;
  return (
    <svg viewBox={`0 0 ${bars.length} 100`} preserveAspectRatio="none" aria-hidden="true">
      <rect className="chosen" x={chosen} width="1" y="0" height="100" />
      {bars.map((bar, x) =>
        bar.look === "none" ? (
          <rect key={bar.key} className="none" x={x} width="1" y="0" height="100" />
        ) : (
          <g key={bar.key} data-look={bar.look}>
            <rect x={x + 0.1} width="0.8" y={y(bar.valueW ?? 0)} height={100 - y(bar.valueW ?? 0)} />
            {(bar.upperW ?? 0) - (bar.lowerW ?? 0) > endW / 50 && (
              <path d={`M${x + 0.5} ${y(bar.lowerW ?? 0)}V${Math.max(0, y(bar.upperW ?? 0))}`} />
            )}
          </g>
        ),
      )}
      {levels.map(({ levelW, look }) => (
        <path key={look} className="level" data-look={look} d={`M0 ${y(levelW)}H${bars.length}`} />
      ))}
    </svg>
  );
}

function pointed(event: PointerEvent<HTMLElement>, count: number): number {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  return Math.floor(((event.clientX - left) / width) * count);
}

function onKey(event: KeyboardEvent, index: number, count: number, choose: (to: number) => void) {
  const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: count - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  choose(to);
}

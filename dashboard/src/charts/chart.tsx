/** A chart one can point at, touch, and walk through with the keys; who does not see it hears the bucket it stands on. */

import {
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type uPlot from "uplot";
import { keyTarget } from "./keys";
import { type Plotted, plot } from "./plot";
import { useThemeChanges } from "./theme";
import "./chart.css";

interface Props extends Omit<Plotted, "ticks"> {
  /** What it shows, in a few words. */
  label: string;
  /** As many as fit a width. */
  ticksFor(widthPx: number): Plotted["ticks"];
  heightPx: number;
  selected: number | null;
  /** The bucket in words, with its values. */
  describe(index: number): string;
  onSelect(index: number | null): void;
  /** Enter, or a click on the selected bucket. */
  onOpen?: (index: number) => void;
}

export function Chart({ label, ticksFor, heightPx, selected, describe, onSelect, onOpen, ...plotted }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const chart = usePlot(place, width, heightPx, { ...plotted, ticks: ticksFor(width) });
  useMarker(chart, selected, plotted.count);
  const last = plotted.count - 1;
  const pick = (event: PointerEvent) => {
    const over = chart?.over.getBoundingClientRect();
    if (!over) return;
    const index = Math.floor(((event.clientX - over.left) / over.width) * plotted.count);
    onSelect(Math.max(0, Math.min(last, index)));
  };
  const press = (event: KeyboardEvent) => {
    const to = keyTarget(event.key, selected, last);
    if (event.key === "Enter" && selected !== null) onOpen?.(selected);
    else if (to === undefined) return;
    else onSelect(to);
    event.preventDefault(); // the page's own arrow keys change the period
  };
  return (
    <div
      ref={place}
      className="chart"
      style={{ height: heightPx }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={selected ?? 0}
      aria-valuetext={selected === null ? label : describe(selected)}
      aria-readonly="true"
      onPointerDown={pick}
      onPointerMove={pick}
      onPointerLeave={(event) => event.pointerType === "mouse" && onSelect(null)}
      onDoubleClick={() => selected !== null && onOpen?.(selected)}
      onKeyDown={press}
    />
  );
}

function useWidth(place: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const measure = () => setWidth(element.clientWidth);
    measure(); // the observer's first word comes a frame later
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  return width;
}

function usePlot(place: RefObject<HTMLDivElement | null>, width: number, heightPx: number, plotted: Plotted) {
  const [chart, setChart] = useState<uPlot | null>(null);
  const themeChanges = useThemeChanges();
  const { bars, count, gap, scale, tickValue, onDrawn } = plotted;
  const ticks = JSON.stringify(plotted.ticks);
  // biome-ignore lint/correctness/useExhaustiveDependencies: themeChanges says that the colours are others now
  useEffect(() => {
    if (!place.current || !width) return;
    const drawn = plot(place.current, width, heightPx, {
      bars,
      count,
      gap,
      tickValue,
      ticks: JSON.parse(ticks),
      ...(scale && { scale }),
      ...(onDrawn && { onDrawn }),
    });
    setChart(drawn);
    return () => drawn.destroy();
  }, [place, width, heightPx, bars, count, gap, scale, tickValue, onDrawn, ticks, themeChanges]);
  return chart;
}

function useMarker(chart: uPlot | null, selected: number | null, count: number): void {
  useEffect(() => {
    if (!chart || selected === null) return;
    const marker = document.createElement("div");
    marker.className = "chart-marker";
    marker.style.left = `${(100 * selected) / count}%`;
    marker.style.width = `${100 / count}%`;
    chart.over.append(marker);
    return () => marker.remove();
  }, [chart, selected, count]);
}

/** A chart of stacked bars by uPlot, which draws the axes and the scales; the bars are ours, to the pixel. */

import uPlot from "uplot";
import { type Bars, reach } from "./stack";
import { colorOf } from "./theme";
import "uplot/dist/uPlot.min.css";

export interface Tick {
  /** The bucket; between two of them for a name of what lies around. */
  at: number;
  label: string;
}

export interface Plotted {
  bars: readonly Bars[];
  count: number;
  ticks: readonly Tick[];
  /** What a bucket leaves free of its width, 0 to 1. */
  gap: number;
  /** Instead of what the bars reach. */
  scale?: readonly [number, number];
  tickValue(value: number): string;
  onDrawn?: () => void;
}

const AXIS_PX = 46;

/** Draw into an element; whoever calls destroys the plot. */
export function plot(element: HTMLElement, width: number, height: number, plotted: Plotted): uPlot {
  const { bars, count, scale } = plotted;
  const [low, high] = scale ?? reach(bars);
  const centres = Array.from({ length: count }, (_, index) => index + 0.5);
  const options: uPlot.Options = {
    width,
    height,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: () => [0, count] }, y: { range: () => [low, high] } },
    axes: axes(element, plotted),
    series: [{}, ...bars.map((layer) => series(layer, plotted.gap, colorOf(element, layer.color)))],
    hooks: { draw: [zeroLine(colorOf(element, "--muted")), () => plotted.onDrawn?.()] },
  };
  return new uPlot(options, [centres, ...bars.map(({ to }) => [...to])], element);
}

function axes(element: HTMLElement, { ticks, tickValue }: Plotted): uPlot.Axis[] {
  const { fontFamily } = getComputedStyle(element);
  const common = { stroke: colorOf(element, "--muted"), font: `12px ${fontFamily}`, ticks: { show: false } };
  return [
    {
      ...common,
      size: 28,
      grid: { show: false },
      splits: () => ticks.map(({ at }) => at),
      values: () => ticks.map(({ label }) => label),
    },
    {
      ...common,
      size: AXIS_PX,
      space: 36,
      grid: { stroke: colorOf(element, "--line"), width: 1 },
      values: (_, splits) => splits.map((value) => tickValue(Math.abs(value))),
    },
  ];
}

function series({ from, to }: Bars, gap: number, color: string): uPlot.Series {
  return {
    fill: color,
    width: 0,
    points: { show: false },
    paths: (chart) => {
      const fill = new Path2D();
      const x = (value: number) => Math.round(chart.valToPos(value, "x", true));
      const y = (value: number) => Math.round(chart.valToPos(value, "y", true));
      to.forEach((end, index) => {
        if (end === null) return;
        const [left, top] = [x(index + gap / 2), y(end)];
        fill.rect(left, top, Math.max(1, x(index + 1 - gap / 2) - left), y(from[index] ?? 0) - top);
      });
      return { fill, stroke: null };
    },
  };
}

function zeroLine(color: string): (chart: uPlot) => void {
  return (chart) => {
    const { ctx, bbox } = chart;
    const y = Math.round(chart.valToPos(0, "y", true));
    ctx.save();
    ctx.fillStyle = color;
    ctx.fillRect(bbox.left, y, bbox.width, Math.max(1, Math.round(window.devicePixelRatio)));
    ctx.restore();
  };
}

/** Bars on and under each other: what stacks where, and how far the scale has to reach. */

export interface Layer {
  name: string;
  label: string;
  /** A custom property of base.css, "--sun". */
  color: string;
  /** 1 stacks upwards from zero, -1 downwards. */
  direction: 1 | -1;
  /** One per bucket, never negative; null draws nothing. */
  values: readonly (number | null)[];
}

/** Where each bar of a layer begins and ends, on the scale of the chart. */
export interface Bars {
  color: string;
  from: number[];
  to: (number | null)[];
}

/** Stack the layers in their order, upwards and downwards apart. */
export function stack(layers: readonly Layer[]): Bars[] {
  const tops = new Map<number, number[]>();
  return layers.map(({ color, direction, values }) => {
    const top = tops.get(direction) ?? values.map(() => 0);
    const from = [...top];
    const to = values.map((value, index) => {
      if (value === null) return null;
      top[index] = (top[index] ?? 0) + direction * value;
      return top[index];
    });
    tops.set(direction, top);
    return { color, from, to };
  });
}

/** The least scale that holds all bars, with a little air; a chart without any still has one. */
export function reach(bars: readonly Bars[]): [low: number, high: number] {
  let [low, high] = [0, 0];
  for (const { to } of bars) {
    for (const value of to) {
      low = Math.min(low, value ?? 0);
      high = Math.max(high, value ?? 0);
    }
  }
  const air = (high - low) * 0.04;
  return [low < 0 ? low - air : 0, high > 0 ? high + air : low < 0 ? 0 : 1];
}

/** Round numbers for an axis of powers. */

const STEPS_W = [50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 50_000];
const MOST_STEPS = 5;

/** The marks of an axis from 0 to just above the highest value, W. */
export function ticks(highestW: number): number[] {
  const step = STEPS_W.find((width) => highestW / width <= MOST_STEPS) ?? highestW / MOST_STEPS;
  const count = Math.max(1, Math.ceil(highestW / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

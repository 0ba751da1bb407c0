import { expect, test } from "vitest";
import { type Layer, reach, stack } from "./stack";

const layer = (direction: 1 | -1, values: (number | null)[]): Layer => ({
  name: "",
  label: "",
  color: "--sun",
  direction,
  values,
});

test("layers stand on those before them, upwards and downwards apart", () => {
  const bars = stack([layer(1, [2, 0]), layer(-1, [1, 3]), layer(1, [4, 1]), layer(-1, [5, 0])]);
  expect(bars.map(({ from, to }) => ({ from, to }))).toEqual([
    { from: [0, 0], to: [2, 0] },
    { from: [0, 0], to: [-1, -3] },
    { from: [2, 0], to: [6, 1] },
    { from: [-1, -3], to: [-6, -3] },
  ]);
});

test("what is unknown draws nothing and lifts nothing", () => {
  const [, second] = stack([layer(1, [null, 1]), layer(1, [2, null])]);
  expect(second).toMatchObject({ from: [0, 1], to: [2, null] });
});

test("the scale holds every bar, starts at zero where nothing goes down, and is there without bars", () => {
  expect(reach(stack([layer(1, [100]), layer(-1, [100])]))).toEqual([-108, 108]);
  expect(reach(stack([layer(1, [50])]))).toEqual([0, 52]);
  expect(reach(stack([layer(-1, [50])]))).toEqual([-52, 0]);
  expect(reach(stack([layer(1, [null, 0])]))).toEqual([0, 1]);
  expect(reach([])).toEqual([0, 1]);
});

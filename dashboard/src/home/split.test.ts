import { expect, test } from "vitest";
import { AMOUNTS, type Amounts, NOTHING } from "./amounts";
import { selfConsumptionPct, selfSufficiencyPct, split } from "./split";

const amounts = (known: Partial<Amounts>): Amounts => ({ ...NOTHING, ...known });

function houseOf(given: Amounts): number {
  const { sunToHouse, batteryToHouse, gridToHouse } = split(given);
  return (sunToHouse ?? 0) + (batteryToHouse ?? 0) + (gridToHouse ?? 0);
}

test("a day is split as it was: sun, then battery, then grid", () => {
  const day = amounts({ pv: 20, load: 16, import: 3, export: 6, charge: 8, discharge: 7 });
  expect(split(day)).toEqual({ sunToHouse: 6, batteryToHouse: 7, gridToHouse: 3 });
});

test("what comes from the grid beyond the house's use charged the battery", () => {
  const night = amounts({ pv: 0, load: 2, import: 7, export: 0, charge: 5, discharge: 0 });
  expect(split(night)).toEqual({ sunToHouse: 0, batteryToHouse: 0, gridToHouse: 2 });
});

test("a battery that feeds the grid gives the house only the rest", () => {
  const evening = amounts({ pv: 0, load: 1, import: 0, export: 3, charge: 0, discharge: 4 });
  expect(split(evening)).toEqual({ sunToHouse: 0, batteryToHouse: 1, gridToHouse: 0 });
});

test("the parts add up to the consumption, however badly the meters agree", () => {
  const steps = [0, 0.3, 2, 11];
  const each = (given: Amounts[], name: keyof Amounts) =>
    given.flatMap((one) => steps.map((value) => ({ ...one, [name]: value })));
  const every = AMOUNTS.reduce(each, [NOTHING]);
  const off = every.filter((given) => Math.abs(houseOf(given) - (given.load ?? 0)) > 1e-9);
  const negative = every.filter((given) => Object.values(split(given)).some((part) => part < 0));
  expect({ count: every.length, off, negative }).toEqual({ count: 4096, off: [], negative: [] });
});

test("what the house has of the grid is what self-sufficiency says", () => {
  const day = amounts({ pv: 20, load: 15.5, import: 3, export: 6, charge: 8, discharge: 7 }); // 0.5 lost on the way
  expect(((15.5 - (split(day).gridToHouse ?? 0)) / 15.5) * 100).toBeCloseTo(selfSufficiencyPct(day) ?? 0, 9);
});

test("what no meter explains goes with the sun by day, the battery by night, else with the grid", () => {
  const most = { load: 10, import: 3, export: 0, charge: 0 };
  expect(split(amounts({ ...most, pv: 5, discharge: 1 }))).toEqual({
    sunToHouse: 6,
    batteryToHouse: 1,
    gridToHouse: 3,
  });
  expect(split(amounts({ ...most, pv: 0, discharge: 6 }))).toEqual({
    sunToHouse: 0,
    batteryToHouse: 7,
    gridToHouse: 3,
  });
  expect(split(amounts({ ...most, pv: 0, discharge: 0 })).gridToHouse).toBe(10);
});

test("what no device has stays unknown", () => {
  expect(split(amounts({}))).toEqual({ sunToHouse: null, batteryToHouse: null, gridToHouse: null });
  expect(split(amounts({ load: 5, import: 5, export: 0 }))).toEqual({
    sunToHouse: null,
    batteryToHouse: null,
    gridToHouse: 5,
  });
  expect(split(amounts({ import: 5, export: 2 })).gridToHouse).toBe(5);
  expect(split(amounts({ pv: 4 })).sunToHouse).toBe(4);
});

test("shares lie between 0 and 100 and are unknown where there is nothing to share", () => {
  expect(selfConsumptionPct(amounts({ pv: 20, export: 5 }))).toBe(75);
  expect(selfConsumptionPct(amounts({ pv: 1, export: 5 }))).toBe(0);
  expect(selfConsumptionPct(amounts({ pv: 0, export: 0 }))).toBeNull();
  expect(selfConsumptionPct(amounts({ pv: 3 }))).toBeNull();
  expect(selfSufficiencyPct(amounts({ load: 16, import: 4 }))).toBe(75);
  expect(selfSufficiencyPct(amounts({ load: 2, import: 7 }))).toBe(0);
  expect(selfSufficiencyPct(amounts({ load: null, import: 7 }))).toBeNull();
});

import { describe, expect, it } from "vitest";
import type { Sample } from "../api/types";
import { combine, type Flow, streams } from "./flow";

const TS = "2026-06-21T10:00:00.000Z";
const inverter = (values: Record<string, number | null>, device_id = "home"): Sample => ({
  device_id,
  kind: "sungrow",
  ts: TS,
  ...values,
});
const meter = (power_w: number): Sample => ({ device_id: "p1", kind: "p1", ts: TS, power_w });
const READING = {
  pv_power_w: 2500,
  battery_power_w: 1500,
  battery_soc_pct: 45,
  load_power_w: 800,
  export_power_w: 200,
};

describe("a home of several devices", () => {
  it("shows one inverter's reading as it is, whatever the meter says of another moment", () => {
    const flow = { pvW: 2500, batteryW: 1500, socPct: 45, gridW: -200, loadW: 800 };
    expect(combine([inverter(READING), meter(-150)])).toEqual(flow);
  });

  it("takes the grid from the meter where the inverter has none, and the house from what is left", () => {
    const { export_power_w: _, load_power_w: __, ...bare } = READING;
    expect(combine([inverter(bare), meter(300)])).toMatchObject({ gridW: 300, loadW: 1300 });
  });

  it("adds up the suns and batteries of several inverters and takes the grid from the meter", () => {
    const second = inverter({ pv_power_w: 1000, battery_power_w: null, load_power_w: 5 }, "shed");
    expect(combine([inverter(READING), second, meter(-700)])).toEqual({
      pvW: 3500,
      batteryW: 1500,
      socPct: 45,
      gridW: -700,
      loadW: 1300,
    });
  });

  it("knows nothing of a sun or a battery where there is a meter only", () => {
    expect(combine([meter(420)])).toEqual({ pvW: null, batteryW: null, socPct: null, gridW: 420, loadW: 420 });
  });

  it("knows nothing without readings", () => {
    expect(combine([])).toEqual({ pvW: null, batteryW: null, socPct: null, gridW: null, loadW: null });
  });
});

describe("the streams between the parts", () => {
  const flow = (pvW: number, batteryW: number, gridW: number, loadW: number): Flow => ({
    pvW,
    batteryW,
    gridW,
    loadW,
    socPct: 50,
  });

  it.each([
    flow(2500, 1500, -200, 800),
    flow(0, -700, 100, 800),
    flow(300, 2000, 2500, 800),
    flow(3000, -1000, -3500, 500),
    flow(0, 0, 800, 800),
  ])("add up to the flow: %o", (given) => {
    const way = streams(given);
    expect(way.sunToHouse + way.batteryToHouse + way.gridToHouse).toBe(given.loadW);
    expect(way.sunToHouse + way.sunToBattery + way.sunToGrid).toBe(given.pvW);
    expect(way.sunToBattery + way.gridToBattery - way.batteryToHouse - way.batteryToGrid).toBe(given.batteryW);
    expect(way.gridToHouse + way.gridToBattery - way.sunToGrid - way.batteryToGrid).toBe(given.gridW);
  });

  it("are never negative, even where the readings do not fit each other", () => {
    for (const power of Object.values(streams(flow(100, 900, -2000, -50)))) expect(power).toBeGreaterThanOrEqual(0);
  });
});

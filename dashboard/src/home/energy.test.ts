import { describe, expect, test } from "vitest";
import type { Series, SeriesBucket } from "../api/types";
import { periodOf, windowOf } from "../time/period";
import { localIso } from "../time/zone";
import { combineEnergy, type DeviceSeries, energySources, totalKwh } from "./energy";
import { homeOf } from "./home";
import { type Slot, slotsOf } from "./slots";

const ZONE = "Europe/Brussels";
const TODAY = "2026-11-22";
const daySlots = (date: string) => slotsOf(windowOf(periodOf("day", date), date, TODAY), ZONE);
const yearSlots = (year: string) => slotsOf(windowOf(periodOf("year", `${year}-01-01`), `${year}-01-01`, TODAY), ZONE);

type Values = Record<string, number | null>;

function device(kind: "sungrow" | "p1", slots: Slot[], values: (Values | null)[], more: Partial<DeviceSeries> = {}) {
  const size = slots.length > 50 ? "15m" : "month";
  const series: SeriesBucket[] = values.flatMap((value, index) => {
    const at = slots[index]?.startMs ?? 0;
    const bucket = new Date(at).toISOString();
    return value ? [{ bucket, bucket_local: localIso(ZONE, at), sample_count: 1, ...value }] : [];
  });
  const told: Series = { device_id: kind, kind, tz: ZONE, bucket: size, start: "", end: "", energy_source: {}, series };
  return { series: told, firstSeen: 0, lastSeen: Number.POSITIVE_INFINITY, ...more };
}

const INVERTER = {
  pv_kwh: 3,
  load_kwh: 2,
  import_kwh: 0.5,
  export_kwh: 1,
  battery_charge_kwh: 0.6,
  battery_discharge_kwh: 0.1,
};

describe("slots", () => {
  test("a day has as many quarters as its clocks make", () => {
    expect(daySlots("2026-03-29")).toHaveLength(92);
    expect(daySlots("2026-10-25")).toHaveLength(100);
    expect(daySlots("2026-11-21")).toHaveLength(96);
  });

  test("the hour lived twice stands there twice, the hour skipped is not there", () => {
    const hours = (date: string, hour: string) => daySlots(date).filter(({ local }) => local.slice(11, 13) === hour);
    expect(hours("2026-10-25", "02").map(({ local }) => local.slice(11))).toEqual([
      ...["00", "15", "30", "45"].map((minute) => `02:${minute}:00+02:00`),
      ...["00", "15", "30", "45"].map((minute) => `02:${minute}:00+01:00`),
    ]);
    expect(hours("2026-03-29", "02")).toEqual([]);
  });

  test("February of a leap year has 29 days", () => {
    expect(slotsOf(windowOf(periodOf("month", "2028-02-01"), "2028-02-01", "2028-03-01"), ZONE)).toHaveLength(29);
  });
});

describe("one home of several devices", () => {
  const slots = yearSlots("2026");

  test("buckets without readings are there, and unknown, not 0", () => {
    const buckets = combineEnergy(slots, [device("sungrow", slots, [null, { pv_kwh: 0 }])]);
    expect(buckets).toHaveLength(12);
    expect(buckets.slice(0, 3).map(({ kwh }) => kwh.pv)).toEqual([null, 0, null]);
    expect(totalKwh(buckets)).toMatchObject({ pv: 0, load: null, charge: null });
  });

  test("the meter tells the grid, the inverter the house", () => {
    const [first] = combineEnergy(slots, [
      device("sungrow", slots, [INVERTER]),
      device("p1", slots, [{ import_kwh: 0.7, export_kwh: 1.1 }]),
    ]);
    expect(first?.kwh).toEqual({ pv: 3, load: 2, import: 0.7, export: 1.1, charge: 0.6, discharge: 0.1 });
  });

  test("a house that nothing measures uses what is left", () => {
    const { load_kwh: _, ...noLoad } = INVERTER;
    const meter = device("p1", slots, [{ import_kwh: 0.7, export_kwh: 1.1 }]);
    const [first] = combineEnergy(slots, [device("sungrow", slots, [noLoad]), meter]);
    expect(first?.kwh.load).toBe(2.1); // 3 + 0.7 + 0.1 - 0.6 - 1.1
    const [silent] = combineEnergy(slots, [device("sungrow", slots, []), meter]);
    expect(silent?.kwh.load).toBeNull();
  });

  test("two inverters add up, and none of their houses counts", () => {
    const [first] = combineEnergy(slots, [
      device("sungrow", slots, [INVERTER]),
      device("sungrow", slots, [{ pv_kwh: 1.1, load_kwh: 9, import_kwh: null, export_kwh: null }]),
      device("p1", slots, [{ import_kwh: 0, export_kwh: 2 }]),
    ]);
    expect(first?.kwh).toEqual({ pv: 4.1, load: 1.6, import: 0, export: 2, charge: 0.6, discharge: 0.1 });
  });

  test("before the meter came and after it went the inverter tells the grid", () => {
    const at = (month: number) => slots[month]?.startMs ?? 0;
    const meter = device(
      "p1",
      slots,
      [null, { import_kwh: 9, export_kwh: 9 }, { import_kwh: 1, export_kwh: 1 }, null],
      {
        firstSeen: at(1) + 5 * 86_400_000,
        lastSeen: at(4) - 1,
      },
    );
    const inverter = device("sungrow", slots, Array(5).fill(INVERTER));
    const imports = combineEnergy(slots, [inverter, meter]).map(({ kwh }) => kwh.import);
    expect(imports.slice(0, 5)).toEqual([0.5, 0.5, 1, null, 0.5]);
  });

  test("a meter that came with the inverter tells the grid from the beginning", () => {
    const firstSeen = (slots[3]?.startMs ?? 0) + 86_400_000;
    const values = [null, null, null, { import_kwh: 7, export_kwh: 0 }];
    const inverter = device("sungrow", slots, [null, null, null, INVERTER], { firstSeen });
    const meter = device("p1", slots, values, { firstSeen: firstSeen + 5000 });
    expect(combineEnergy(slots, [inverter, meter])[3]?.kwh.import).toBe(7);
  });

  test("with a meter only, the house uses what comes in", () => {
    const buckets = combineEnergy(slots, [device("p1", slots, [{ import_kwh: 5, export_kwh: 0 }])]);
    expect(buckets[0]?.kwh).toMatchObject({ pv: null, load: 5, import: 5, charge: null });
  });

  test("with a meter only and something that feeds in, nobody knows what the house uses", () => {
    const values = [
      { import_kwh: 5, export_kwh: 2 },
      { import_kwh: 5, export_kwh: 0 },
    ];
    const buckets = combineEnergy(slots, [device("p1", slots, values)]);
    expect(totalKwh(buckets)).toMatchObject({ load: null, import: 10, export: 2 });
  });

  test("without devices there is nothing, and no 0", () => {
    expect(totalKwh(combineEnergy(slots, []))).toEqual(totalKwh([]));
    expect(totalKwh([]).pv).toBeNull();
  });

  test("mean powers go the way that is left when both went within a quarter", () => {
    const quarters = daySlots("2026-10-25");
    const power = { avg_pv_power_w: 900, avg_load_power_w: 300, avg_battery_power_w: -100, avg_export_power_w: 700 };
    const values = quarters.map((_, index) => (index === 99 ? { ...power, avg_battery_soc_pct: 50 } : null));
    const [inverter, meter] = [device("sungrow", quarters, values), device("p1", quarters, [])];
    const last = combineEnergy(quarters, [inverter]).at(-1);
    expect(last).toMatchObject({
      socPct: 50,
      w: { pv: 900, load: 300, import: 0, export: 700, charge: 0, discharge: 100 },
    });
    meter.series.series = [
      { ...(inverter.series.series[0] as SeriesBucket), avg_power_w: -680, avg_import_power_w: 20 },
    ];
    expect(combineEnergy(quarters, [inverter, meter]).at(-1)?.w).toMatchObject({ import: 20, export: 700 });
  });
});

test("where an energy comes from is said of what is shown", () => {
  const slots = yearSlots("2026");
  const [inverter, meter] = [device("sungrow", slots, []), device("p1", slots, [])];
  inverter.series.energy_source = { pv_kwh: "counter", load_kwh: "power", import_kwh: "power" };
  meter.series.energy_source = { import_kwh: "counter", export_kwh: "counter" };
  expect(energySources([inverter, meter])).toMatchObject({
    pv: "counter",
    load: "power",
    import: "counter",
    charge: null,
  });
  expect(energySources([inverter, inverter, meter]).load).toBe("balance");
});

test("a home begins on the date of its first reading, in its own zone", () => {
  const device = { device_id: "a", kind: "p1", first_seen: "2025-10-12T22:30:00.000Z", last_seen: null, edge: null };
  const silent = { ...device, kind: null, first_seen: null };
  expect(homeOf({ tz: ZONE, devices: [silent, device] }, TODAY)).toMatchObject({
    firstDate: "2025-10-13",
    devices: [device],
  });
  expect(homeOf({ tz: ZONE, devices: [silent] }, TODAY)).toMatchObject({ firstDate: TODAY, devices: [] });
});

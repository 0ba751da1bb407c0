import { expect, test } from "vitest";
import { NOTHING } from "../../home/amounts";
import type { Bucket } from "../../home/energy";
import type { Home } from "../../home/home";
import { periodOf } from "../../time/period";
import { csvName, toCsv } from "./csv";

const device = (device_id: string, kind: string) => ({
  device_id,
  kind,
  first_seen: null,
  last_seen: null,
  edge: null,
});
const HOME: Home = {
  zone: "Europe/Brussels",
  today: "2026-11-22",
  firstDate: "2026-01-01",
  devices: [device("home", "sungrow"), device("meter, cellar", "p1")],
};

function bucket(utc: string, local: string, more: Partial<Bucket> = {}): Bucket {
  const startMs = Date.parse(utc);
  return { key: "", startMs, endMs: startMs, local, kwh: NOTHING, w: NOTHING, socPct: null, ...more };
}

test("a month has energies, with every digit, and nothing where nothing is known", () => {
  const known = { pv: 12.345678, load: 3, import: 0, export: null, charge: null, discharge: 0.000001 };
  const csv = toCsv(
    [
      bucket("2026-03-28T23:00:00Z", "2026-03-29T00:00:00+01:00", { kwh: known }),
      bucket("2026-03-29T22:00:00Z", "2026-03-30T00:00:00+02:00"),
    ],
    HOME,
    "month",
  );
  expect(csv.split("\r\n")).toEqual([
    '"# devices: home (sungrow) meter, cellar (p1)"',
    "time_local,time_utc,production_kwh,consumption_kwh,import_kwh,export_kwh,battery_charge_kwh,battery_discharge_kwh",
    "2026-03-29T00:00:00+01:00,2026-03-28T23:00:00Z,12.345678,3,0,,,0.000001",
    "2026-03-30T00:00:00+02:00,2026-03-29T22:00:00Z,,,,,,",
    "",
  ]);
});

test("a day has mean powers and the battery's charge besides, and tells its doubled hour apart", () => {
  const csv = toCsv(
    [
      bucket("2026-10-25T00:00:00Z", "2026-10-25T02:00:00+02:00", { w: { ...NOTHING, pv: 2480.25 }, socPct: 47.2 }),
      bucket("2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00"),
    ],
    HOME,
    "day",
  );
  const [, header, first, second] = csv.split("\r\n").map((line) => line.split(","));
  expect(header?.slice(8)).toEqual([
    ...["production_w", "consumption_w", "import_w", "export_w", "battery_charge_w", "battery_discharge_w"],
    "battery_soc_pct",
  ]);
  expect(first?.slice(8)).toEqual(["2480.25", "", "", "", "", "", "47.2"]);
  expect([first?.[0], second?.[0]]).toEqual(["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]);
});

test("the file is named after its period", () => {
  expect(csvName(periodOf("day", "2026-03-29"))).toBe("sungaze-2026-03-29.csv");
  expect(csvName(periodOf("month", "2026-03-29"))).toBe("sungaze-2026-03.csv");
  expect(csvName(periodOf("all", ""))).toBe("sungaze-all.csv");
});

/** What is shown, as a file for a spreadsheet: English names with units, dots, and every digit the server gave. */

import { AMOUNTS, type AmountName, type Amounts } from "../../home/amounts";
import type { Bucket } from "../../home/energy";
import type { Home } from "../../home/home";
import { type Period, periodPath } from "../../time/period";

const COLUMNS: Record<AmountName, string> = {
  pv: "production",
  load: "consumption",
  import: "import",
  export: "export",
  charge: "battery_charge",
  discharge: "battery_discharge",
};

/** One row per bucket, empty where nothing is known; a day has mean powers and the battery's charge besides. */
export function toCsv(buckets: readonly Bucket[], home: Home, unit: Period["unit"]): string {
  const isDay = unit === "day";
  const names = (suffix: string) => AMOUNTS.map((name) => `${COLUMNS[name]}_${suffix}`);
  const values = (amounts: Amounts) => AMOUNTS.map((name) => amounts[name]);
  const header = ["time_local", "time_utc", ...names("kwh"), ...(isDay ? [...names("w"), "battery_soc_pct"] : [])];
  const rows = buckets.map(({ local, startMs, kwh, w, socPct }) => [
    local,
    new Date(startMs).toISOString().replace(".000", ""),
    ...values(kwh),
    ...(isDay ? [...values(w), socPct] : []),
  ]);
  const devices = home.devices.map(({ device_id, kind }) => `${device_id} (${kind})`).join(" ");
  return [[`# devices: ${devices}`], header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

export function csvName(period: Period): string {
  return `sungaze-${periodPath(period).at(-1)}.csv`;
}

/** Hand text over to the browser's downloads. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function cell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

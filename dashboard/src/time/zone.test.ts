import { expect, test } from "vitest";
import { dateIn, localIso, midnight } from "./zone";

const utc = (text: string) => Date.parse(text);
const HOUR_MS = 3_600_000;

test("a moment is written with the offset that its zone has then", () => {
  expect(localIso("Europe/Brussels", utc("2026-03-29T00:59:59Z"))).toBe("2026-03-29T01:59:59+01:00");
  expect(localIso("Europe/Brussels", utc("2026-03-29T01:00:00Z"))).toBe("2026-03-29T03:00:00+02:00");
  expect(localIso("UTC", utc("2026-03-29T01:00:00Z"))).toBe("2026-03-29T01:00:00+00:00");
  expect(localIso("America/St_Johns", utc("2026-01-01T00:00:00Z"))).toBe("2025-12-31T20:30:00-03:30");
});

test("it is another date east of midnight", () => {
  expect(dateIn("Europe/Brussels", utc("2026-06-30T22:00:00Z"))).toBe("2026-07-01");
  expect(dateIn("America/New_York", utc("2026-06-30T22:00:00Z"))).toBe("2026-06-30");
});

test("a day of Brussels has 23 hours in March, 25 in October and 24 else", () => {
  const hours = (date: string, next: string) =>
    (midnight("Europe/Brussels", next) - midnight("Europe/Brussels", date)) / HOUR_MS;
  expect(hours("2026-03-29", "2026-03-30")).toBe(23);
  expect(hours("2026-10-25", "2026-10-26")).toBe(25);
  expect(hours("2026-10-26", "2026-10-27")).toBe(24);
  expect(hours("2028-02-29", "2028-03-01")).toBe(24);
});

test("where the clocks skip midnight the day begins when they do; where it comes twice, the first time", () => {
  expect(midnight("Africa/Cairo", "2026-04-24")).toBe(utc("2026-04-23T22:00:00Z"));
  expect(midnight("Asia/Beirut", "2026-10-25")).toBe(utc("2026-10-24T22:00:00Z"));
  expect(midnight("America/Havana", "2026-11-01")).toBe(utc("2026-11-01T04:00:00Z"));
});

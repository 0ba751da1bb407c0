import { expect, it } from "vitest";
import { together, withSample } from "./newest";

const sample = (ts: string) => ({ device_id: "home", kind: "sungrow", ts });

it("never goes back to an older reading", () => {
  const known = withSample({}, sample("2026-06-21T10:00:05.000Z"));
  expect(withSample(known, sample("2026-06-21T10:00:00.000Z"))).toBe(known);
  expect(Object.values(withSample(known, sample("2026-06-21T10:00:10.000Z")))[0]?.ts).toBe("2026-06-21T10:00:10.000Z");
});

it("leaves out a device that fell silent while another went on, and none when all are old", () => {
  const old = { ...sample("2026-06-21T10:00:00.000Z"), device_id: "p1" };
  const young = sample("2026-06-21T10:02:00.001Z");
  expect(together([old, young])).toEqual([young]);
  expect(together([old])).toEqual([old]);
  expect(together([])).toEqual([]);
});

import { describe, expect, test } from "vitest";
import type { Device } from "../../api/types";
import { examine, place, worst } from "./diagnosis";

const NOW = Date.parse("2026-06-21T12:00:00Z");
const edge = { reported_at: "2026-06-21T11:59:58Z", waiting: 0, quarantined: 0, version: "0.1.0" };

function device(change: Partial<Device>): Device {
  const seen = { first_seen: "2026-01-01T00:00:00Z", last_seen: "2026-06-21T11:59:58Z" };
  return { device_id: "home", kind: "sungrow", ...seen, edge, ...change };
}

const P1 = device({ device_id: "p1", kind: "p1" });
const LATE = "2026-06-21T11:50:00Z";

function complaints(...devices: Device[]) {
  return examine(devices, [], NOW).map((condition) => condition.complaints);
}

describe("what is wrong", () => {
  test("devices that deliver are well", () => {
    expect(complaints(device({}), P1)).toEqual([[], []]);
    expect(worst(examine([device({}), P1], [], NOW))).toBeNull();
  });

  test("one that is silent beside others is to be looked at itself", () => {
    expect(complaints(device({ last_seen: LATE }), P1)).toEqual([["alone"], []]);
  });

  test("when all are silent it is the edge", () => {
    expect(complaints(device({ last_seen: LATE }), { ...P1, last_seen: LATE })).toEqual([["silent"], ["silent"]]);
  });

  test("a reading that arrived since the list was made counts", () => {
    const sample = { device_id: "home", kind: "sungrow", ts: "2026-06-21T11:59:59Z" };
    const [condition] = examine([device({ last_seen: LATE })], [sample], NOW);
    expect(condition?.complaints).toEqual([]);
    expect(condition?.ageMs).toBe(1000);
  });

  test("a device that never delivered says so, and nothing else", () => {
    const garage = device({ kind: null, first_seen: null, last_seen: null, edge: null });
    expect(complaints(garage, P1)).toEqual([["never"], []]);
  });

  test("refused and waiting readings are told; some that are under way are not", () => {
    expect(complaints(device({ edge: { ...edge, quarantined: 2, waiting: 5000 } }))).toEqual([["refused", "waiting"]]);
    expect(complaints(device({ edge: { ...edge, waiting: 40 } }))).toEqual([[]]);
  });

  test("the worst comes first, whichever device has it", () => {
    const conditions = examine([device({ edge: { ...edge, waiting: 5000 } }), { ...P1, last_seen: LATE }], [], NOW);
    expect(worst(conditions)).toMatchObject({ complaint: "alone", condition: { device: { device_id: "p1" } } });
  });
});

describe("the place of a gap", () => {
  const whole = { start: "2026-06-01T00:00:00Z", end: "2026-06-11T00:00:00Z" };

  test.each([
    ["2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z", { from: 10, width: 10 }],
    ["2026-05-01T00:00:00Z", "2026-06-02T00:00:00Z", { from: 0, width: 10 }],
    ["2026-06-10T00:00:00Z", null, { from: 90, width: 10 }],
    ["2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z", null],
  ])("%s to %s", (start, end, expected) => {
    expect(place(start, end, whole)).toEqual(expected);
  });
});

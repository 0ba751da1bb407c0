import { expect, it } from "vitest";
import { makeFormat, sentence } from "./format";

const en = makeFormat("en-GB");
const nl = makeFormat("nl-BE");

it("writes powers and energies with their units, as the language has them", () => {
  expect([0, -4, 850, 999.4, 999.6, 3214, 12_345].map(en.power)).toEqual(
    ["0 W", "-4 W", "850 W", "999 W", "1.00 kW", "3.21 kW", "12.3 kW"].map((text) => text.replace(" ", "\u00a0")),
  );
  expect(nl.power(3214)).toBe("3,21\u00a0kW");
  expect([0.04, 12.34, 123.4, 12_345].map(en.energy)).toEqual(
    ["0.0 kWh", "12.3 kWh", "123 kWh", "12.3 MWh"].map((text) => text.replace(" ", "\u00a0")),
  );
});

it("writes a dash for what is not known, and no negative nothing", () => {
  expect([null, undefined, Number.NaN].map(en.power)).toEqual(["–", "–", "–"]);
  expect(en.power(-0.2)).toBe("0\u00a0W");
});

it("tells ages and lengths in the largest unit that fits", () => {
  expect([500, 12_000, 61_000, 7_200_000, 172_800_000].map(en.ago)).toEqual([
    "0 sec ago",
    "12 sec ago",
    "1 min ago",
    "2 hr ago",
    "2 days ago",
  ]);
  expect([59 * 60, 3600, 4320, 90_000].map((seconds) => en.duration(seconds).match(/\d+/g))).toEqual([
    ["59"],
    ["1"],
    ["1", "12"],
    ["1", "1"],
  ]);
});

it("ends a sentence once, whatever its last word is short for", () => {
  expect(sentence("vor 5 Min.")).toBe("vor 5 Min.");
  expect(sentence("5 minutes ago")).toBe("5 minutes ago.");
});

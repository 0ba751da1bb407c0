import { expect, test } from "vitest";
import { link, parseRoute } from "./route";

test("an address leads to the page and the place in it that it was made of", () => {
  expect(parseRoute(link("energy", "day", "2026-03-29"))).toEqual({ page: "energy", rest: ["day", "2026-03-29"] });
});

test("what is no address leads to what is now", () => {
  for (const hash of ["", "#", "#/", "#/nowhere", "#main"]) expect(parseRoute(hash)).toEqual({ page: "now", rest: [] });
});

test("a percent sign out of place does not break the page", () => {
  expect(parseRoute("#/energy/%E0%A4%A")).toEqual({ page: "energy", rest: ["%E0%A4%A"] });
});

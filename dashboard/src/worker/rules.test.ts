import { expect, test } from "vitest";
import { pathBelow, way } from "./rules";

const SCOPE = "https://home.example/dashboard/";
const FILES = ["", "assets/index-abc.js", "icon.svg"];

test.each([
  ["GET", "https://home.example/dashboard/", "fresh"],
  ["GET", "https://home.example/dashboard/?source=app#/now", "fresh"],
  ["GET", "https://home.example/dashboard/icon.svg", "fresh"],
  ["GET", "https://home.example/dashboard/assets/index-abc.js", "kept"],
  ["GET", "https://home.example/dashboard/assets/index-newer.js", "none"],
  ["GET", "https://home.example/v1/realtime?device_id=home", "none"],
  ["POST", "https://home.example/dashboard/", "none"],
  ["GET", "https://elsewhere.example/dashboard/", "none"],
])("%s %s: %s", (method, url, expected) => {
  expect(way({ method, url }, SCOPE, FILES)).toBe(expected);
});

test("a path is that below the page", () => {
  expect(pathBelow("https://home.example/dashboard/assets/a.js", SCOPE)).toBe("assets/a.js");
  expect(pathBelow("https://home.example/", SCOPE)).toBeNull();
});

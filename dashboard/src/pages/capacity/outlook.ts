/** Whether the quarter of an hour that runs will set a new peak of the month, and what that means for the bill. */

import type { Running } from "./types";

/** A month's peak below it is charged as this one. */
export const LEAST_BILLED_W = 2500;

/**
 * `calm`: it stays below; `free`: a new peak that is charged as 2.5 kW anyway; `rising`: it will be a new peak if the power
 * stays as it is; `passed`: it is one already; `unknown`: nothing tells.
 */
export type Outlook = "calm" | "free" | "rising" | "passed" | "unknown";

/** What may be drawn without cost: the peak so far, or the least that is charged. */
export function limitW(running: Running): number {
  return Math.max(running.target_w ?? 0, LEAST_BILLED_W);
}

export function outlook(running: Running): Outlook {
  const { so_far_w, forecast_w, target_w } = running;
  if (so_far_w === null) return "unknown";
  if (so_far_w > limitW(running)) return "passed";
  if (forecast_w === null) return "unknown";
  if (forecast_w > limitW(running)) return "rising";
  return target_w !== null && forecast_w > target_w ? "free" : "calm";
}

/** Seconds until the quarter ends; 0 when it is over. */
export function secondsLeft(running: Running, nowMs: number): number {
  return Math.max(0, Math.ceil((Date.parse(running.ends) - nowMs) / 1000));
}

/** 754 -> "12:34" */
export function countdown(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** More than a house connection gives says nothing: in a quarter's last seconds what is left grows beyond any fuse. */
export const BEYOND_ANY_FUSE_W = 20_000;

/** The gauge's end, W: the limit stands at four fifths unless more is drawn. */
export function gaugeEndW(running: Running): number {
  const most = Math.max(running.forecast_w ?? 0, running.so_far_w ?? 0);
  return Math.max(limitW(running) * 1.25, most * 1.05);
}

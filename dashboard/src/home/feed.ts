/** Where the live readings come from: the server's stream, and asking for them while it does not come through. */

import { getJson, Refused, withQuery } from "../api/client";
import { readStream } from "../api/stream";
import type { Devices, Sample } from "../api/types";

/** How readings arrive: pushed, asked for every few seconds, or not at all. */
export type Link = "connecting" | "live" | "polling" | "offline";

export interface Receiver {
  link(link: Link): void;
  sample(sample: Sample): void;
  clockOffset(ms: number): void;
  /** The token is not known any more; nothing more will come. */
  expired(): void;
}

const POLL_MS = 5_000;
const LONGEST_WAIT_MS = 15_000;
const SHORTEST_STREAM_MS = 1_000; // one that ends at once is no reason to come back at once

/** Feed the receiver until stopped. */
export async function feed(token: string, receiver: Receiver, stop: AbortSignal): Promise<void> {
  let failures = 0;
  const opened = (offsetMs: number) => {
    failures = 0;
    receiver.link("live");
    receiver.clockOffset(offsetMs);
  };
  while (!stop.aborted) {
    const began = Date.now();
    const failure = await tried(readStream(token, { opened, sample: receiver.sample }, stop));
    if (isUnknownToken(failure)) return receiver.expired();
    if (failure === null) {
      await pause(began + SHORTEST_STREAM_MS - Date.now(), stop);
    } else if (!stop.aborted) {
      failures += 1;
      receiver.link((await poll(token, receiver, stop)) ? "polling" : "offline");
      await pause(failure instanceof Refused ? waitMs(failure) : Math.min(failures * 1000, POLL_MS), stop);
    }
  }
}

/** How long to do without a stream that the server would not give; readings are asked for meanwhile. */
function waitMs(refused: Refused): number {
  return Math.min(Math.max((refused.retryAfterS ?? 0) * 1000, POLL_MS), LONGEST_WAIT_MS);
}

function isUnknownToken(failure: unknown): boolean {
  return failure instanceof Refused && failure.status === 401;
}

/** What it failed with, or null. */
async function tried(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (error) {
    return error;
  }
}

/** Ask for each device's newest sample; false when there is no answer. */
async function poll(token: string, receiver: Receiver, stop: AbortSignal): Promise<boolean> {
  try {
    const { devices } = await getJson<Devices>(token, "/v1/devices", stop);
    const ids = new Set(devices.filter((device) => device.kind).map((device) => device.device_id));
    for (const device_id of ids) {
      receiver.sample(await getJson<Sample>(token, withQuery("/v1/realtime", { device_id }), stop));
    }
    return true;
  } catch {
    return false;
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, ms));
    stop.addEventListener("abort", end);
  });
}

/** The newest sample of each device: pushed by the server, asked for when pushing fails. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { getJson, Refused, withQuery } from "../api/client";
import { queryClient } from "../api/queries";
import { readStream } from "../api/stream";
import type { Devices, Sample } from "../api/types";
import { useSession } from "../session";

/** How readings arrive: pushed, asked for every few seconds, or not at all. */
export type Link = "connecting" | "live" | "polling" | "offline";

export interface Live {
  link: Link;
  samples: Sample[];
  clockOffsetMs: number;
}

/** Older than this, a reading is no picture of now. An edge delivers every few seconds. */
export const STALE_MS = 120_000;
const KEY = ["live"];
const POLL_MS = 5_000;
const LONGEST_WAIT_MS = 15_000;

type Newest = Record<string, Sample>;

/** Follow the home for as long as the component stands. */
export function useLive(): Live {
  const { token, expire } = useSession();
  const client = useQueryClient();
  const [link, setLink] = useState<Link>(token ? "connecting" : "offline");
  const [clockOffsetMs, setClockOffsetMs] = useState(0);
  const { data } = useQuery<Newest>({ queryKey: KEY, queryFn: () => ({}), enabled: false });
  useEffect(() => {
    if (!token) return;
    const stop = new AbortController();
    const take = (sample: Sample) => client.setQueryData<Newest>(KEY, (known) => withSample(known ?? {}, sample));
    const opened = (offsetMs: number) => {
      setLink("live");
      setClockOffsetMs(offsetMs);
    };
    void follow(token, { opened, sample: take, setLink, expire }, stop.signal);
    return () => stop.abort();
  }, [token, expire, client]);
  return { link, samples: Object.values(data ?? {}), clockOffsetMs };
}

/** Add a sample unless a newer one of its device and kind is known. */
export function withSample(known: Newest, sample: Sample): Newest {
  const key = `${sample.device_id} ${sample.kind}`;
  const before = known[key];
  return before && before.ts >= sample.ts ? known : { ...known, [key]: sample };
}

interface Follower {
  opened(clockOffsetMs: number): void;
  sample(sample: Sample): void;
  setLink(link: Link): void;
  expire(): void;
}

async function follow(token: string, follower: Follower, stop: AbortSignal): Promise<void> {
  let failures = 0;
  while (!stop.aborted) {
    try {
      await readStream(token, { ...follower, opened: (ms) => (follower.opened(ms), (failures = 0)) }, stop);
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof Refused && error.status === 401) return follower.expire();
      failures += 1;
      follower.setLink((await pollOnce(token, follower, stop)) ? "polling" : "offline");
      await pause(Math.min(failures * 1000, error instanceof Refused ? LONGEST_WAIT_MS : POLL_MS), stop);
    }
  }
}

/** Ask for each device's newest sample, for a way that does not let a stream through. */
async function pollOnce(token: string, follower: Follower, stop: AbortSignal): Promise<boolean> {
  try {
    const { devices } = await getJson<Devices>(token, "/v1/devices", stop);
    queryClient.setQueryData(["/v1/devices"], (known: Devices | undefined) => known && { ...known, devices });
    const seen = new Set(devices.filter((device) => device.kind).map((device) => device.device_id));
    for (const device_id of seen) {
      follower.sample(await getJson<Sample>(token, withQuery("/v1/realtime", { device_id }), stop));
    }
    return true;
  } catch {
    return false;
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

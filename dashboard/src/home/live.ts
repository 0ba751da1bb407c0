/** The newest sample of each device, as the page's components use it. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useDevices } from "../api/queries";
import type { Sample } from "../api/types";
import { useSession } from "../session";
import { feed, type Link } from "./feed";
import { type Newest, withSample } from "./newest";

export interface Live {
  link: Link;
  samples: Sample[];
  /** What is to be added to this machine's clock to get the server's. */
  clockOffsetMs: number;
}

const KEY = ["live"];

/** Follow the home for as long as the component stands. */
export function useLive(): Live {
  const { token, expire } = useSession();
  const client = useQueryClient();
  const [link, setLink] = useState<Link>(token ? "connecting" : "offline");
  const [clockOffsetMs, setClockOffsetMs] = useState(0);
  // Kept as the answers of the server are, so that the last of it is there without a network, too.
  const { data } = useQuery<Newest>({ queryKey: KEY, queryFn: () => ({}), enabled: false });
  useEffect(() => {
    if (!token) return;
    const stop = new AbortController();
    const sample = (arrived: Sample) => {
      client.setQueryData<Newest>(KEY, (known) => withSample(known ?? {}, arrived));
    };
    void feed(token, { link: setLink, sample, clockOffset: setClockOffsetMs, expired: expire }, stop.signal);
    return () => stop.abort();
  }, [token, expire, client]);
  const devices = useDevices().data?.devices;
  // What was kept may be of a device that this token is not for, or not any more.
  const isOurs = (sample: Sample) => !devices || devices.some(({ device_id }) => device_id === sample.device_id);
  return { link, samples: Object.values(data ?? {}).filter(isOurs), clockOffsetMs };
}

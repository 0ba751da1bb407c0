/** What the server says of the tariff, asked for as often as it changes. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { withQuery } from "../../api/client";
import { resource, useResource } from "../../api/queries";
import type { Live } from "../../home/live";
import { useSession } from "../../session";
import { type Period, periodPath } from "../../time/period";
import type { CapacityMonth, CapacityYear } from "./types";

const SHORTEST_MS = 5_000;
const MINUTE_MS = 60_000;

/** A month with all its quarters. Some 400 kB, so one that is over is not kept long. */
export function useMonth(deviceId: string, month: Period, isRunning: boolean) {
  const { token } = useSession();
  const path = withQuery(`/v1/capacity/month/${periodPath(month)[1]}`, { device_id: deviceId });
  return useQuery({
    ...resource<CapacityMonth>(token, path),
    refetchInterval: isRunning && MINUTE_MS,
    ...(!isRunning && { staleTime: 5 * MINUTE_MS, gcTime: 5 * MINUTE_MS }),
  });
}

/** The running month without its quarters, anew as the meter's samples arrive. */
export function useRunning(deviceId: string | null, month: Period, live: Live) {
  const path =
    deviceId && withQuery(`/v1/capacity/month/${periodPath(month)[1]}`, { device_id: deviceId, quarters: "false" });
  const found = useResource<CapacityMonth>(path);
  const { dataUpdatedAt, errorUpdatedAt, isFetching, refetch } = found;
  const newest = live.samples.find((sample) => sample.device_id === deviceId && sample.kind === "p1")?.ts;
  useEffect(() => {
    const askedAt = Math.max(dataUpdatedAt, errorUpdatedAt);
    if (newest && path && live.link !== "offline" && !isFetching && Date.now() - askedAt >= SHORTEST_MS) void refetch();
  }, [newest, path, live.link, dataUpdatedAt, errorUpdatedAt, isFetching, refetch]);
  return found;
}

export function useYear(deviceId: string, year: string) {
  return useResource<CapacityYear>(withQuery(`/v1/capacity/year/${year}`, { device_id: deviceId }), 10 * MINUTE_MS);
}

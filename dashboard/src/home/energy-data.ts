/** The energies of a period as a page needs them: asked of every device, combined, with what is missing said. */

import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { Refused, withQuery } from "../api/client";
import { resource, useDevices } from "../api/queries";
import type { Device, Series } from "../api/types";
import { useSession } from "../session";
import { endOf, type Period, type Window, windowOf } from "../time/period";
import { dateIn } from "../time/zone";
import { type Energy, energyOf, type Home, homeOf } from "./home";
import { useNow } from "./now";

const MINUTE_MS = 60_000;

export interface EnergyState {
  /** null while it loads, and when it could not. */
  energy: Energy | null;
  /** What went wrong with the last request: the server's sentence, or "" when it did not answer. */
  fault: string | null;
  /** When the oldest part of what is shown was asked for, ms. */
  asOf: number;
}

/** The home, or null until the server has named its devices. */
export function useHome(): Home | null {
  const { data } = useDevices();
  const now = useNow(MINUTE_MS);
  const today = data ? dateIn(data.tz, now) : "";
  return useMemo(() => (data ? homeOf(data, today) : null), [data, today]);
}

/** Use a period's energies; one that is over is not asked for again and again. `arrived` is told when all are there. */
export function useEnergy(home: Home, period: Period, arrived?: () => void): EnergyState {
  const { token } = useSession();
  const window = useMemo(() => windowOf(period, home.firstDate, home.today), [home, period]);
  // Yesterday may still get its last readings.
  const isOver = endOf(period, home.today) < home.today;
  const { series, errors, asOf } = useQueries({
    queries: home.devices.map((device) => ({
      ...resource<Series>(token, seriesPath(device, window, home.zone)),
      refetchInterval: isOver ? (false as const) : MINUTE_MS,
      ...(isOver && { staleTime: 10 * MINUTE_MS }),
    })),
    combine: together,
  });
  const energy = useMemo(() => {
    const all = series.filter((one) => one !== undefined);
    if (all.length < series.length) return null;
    arrived?.();
    return energyOf(home, window, all);
  }, [home, window, series, arrived]);
  return { energy, fault: faultOf(errors, token), asOf };
}

function together(results: { data: Series | undefined; error: Error | null; dataUpdatedAt: number }[]) {
  return {
    series: results.map(({ data }) => data),
    errors: results.flatMap(({ error }) => error ?? []),
    asOf: Math.min(...results.map(({ dataUpdatedAt }) => dataUpdatedAt)),
  };
}

function seriesPath(device: Device, window: Window, zone: string): string {
  const { device_id, kind } = device;
  return withQuery("/v1/series", { device_id, kind: kind ?? undefined, ...window, tz: zone });
}

function faultOf(errors: Error[], token: string): string | null {
  const refused = errors.find((error) => error instanceof Refused);
  if (refused) return refused.detail || `${refused.status}`;
  return errors.length || !token ? "" : null;
}

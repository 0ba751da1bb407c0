/** What the pages ask for, kept by TanStack Query: refreshed while it is looked at, there again without a network. */

import { createSyncStoragePersister } from "@tanstack/query-sync-storage-persister";
import { QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { removeOldestQuery } from "@tanstack/react-query-persist-client";
import { useSession } from "../session";
import { getJson, Refused } from "./client";
import type { Devices } from "./types";

const DAY_MS = 24 * 3600 * 1000;
const MINUTE_MS = 60_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: "always", // the server may stand in a home whose internet is down
      gcTime: 2 * DAY_MS, // on a page that stays open for months no day is kept for long
      staleTime: 10_000,
      refetchInterval: MINUTE_MS,
      retry: (failures, error) => !(error instanceof Refused) && failures < 1,
    },
  },
});

/** Where the last data stays for a look without a network; signing out clears it. */
export const persister = createSyncStoragePersister({
  storage: window.localStorage,
  key: "sungaze.last-data",
  throttleTime: 5_000, // each time all of it is written anew
  retry: removeOldestQuery, // a browser gives some megabytes; who pages through years keeps what was seen last
});

export const persistOptions = {
  persister,
  maxAge: 21 * DAY_MS,
  buster: "1",
  // What could not be asked for again is still the last that is known.
  dehydrateOptions: { shouldDehydrateQuery: (query: { state: { data: unknown } }) => query.state.data !== undefined },
};

export async function forgetEverything(): Promise<void> {
  queryClient.clear();
  await persister.removeClient();
}

/** Options for one GET of the API; its path is its key. */
export function resource<T>(token: string, path: string) {
  return queryOptions({
    queryKey: [path],
    queryFn: ({ signal }) => getJson<T>(token, path, signal),
    enabled: token !== "",
  });
}

/** Use one GET of the API. `refreshMs` false: it does not change any more. */
export function useResource<T>(path: string | null, refreshMs: number | false = MINUTE_MS) {
  const { token } = useSession();
  return useQuery({
    ...resource<T>(token, path ?? ""),
    enabled: token !== "" && path !== null,
    refetchInterval: refreshMs,
    ...(refreshMs === false && { staleTime: 10 * MINUTE_MS }),
  });
}

export function useDevices() {
  return useResource<Devices>("/v1/devices");
}

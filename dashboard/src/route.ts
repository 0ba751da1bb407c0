/** Where on the page we are: `#/energy/day/2026-03-29`. A hash reaches no server and its logs. */

import { useSyncExternalStore } from "react";

export const PAGES = ["now", "energy", "capacity", "health"] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  page: Page;
  /** What follows the page. */
  rest: string[];
}

export function parseRoute(hash: string): Route {
  const [name, ...rest] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  return { page: PAGES.find((page) => page === name) ?? "now", rest: rest.filter(Boolean) };
}

/** Whoever types an address may leave a percent sign in it. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function link(page: Page, ...rest: string[]): string {
  return `#/${[page, ...rest.map(encodeURIComponent)].join("/")}`;
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return parseRoute(hash);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

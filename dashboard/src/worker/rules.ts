/** Which requests the service worker answers, and how. */

/**
 * `kept`: from what was kept, because its name changes with its content; `fresh`: from the server, and from what was kept
 * when that does not answer; `none`: not its business.
 */
export type Way = "kept" | "fresh" | "none";

export interface Asked {
  method: string;
  url: string;
}

/** `scope` is the address of the page, `files` are the paths below it that were kept; "" is the page itself. */
export function way({ method, url }: Asked, scope: string, files: readonly string[]): Way {
  const path = pathBelow(url, scope);
  if (method !== "GET" || path === null || !files.includes(path)) return "none";
  return path.startsWith("assets/") ? "kept" : "fresh";
}

/** The path below the page's address, without query and hash; null where it is elsewhere. */
export function pathBelow(url: string, scope: string): string | null {
  const bare = url.replace(/[?#].*$/, "");
  return bare.startsWith(scope) ? bare.slice(scope.length) : null;
}

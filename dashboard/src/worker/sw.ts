/**
 * The service worker: keeps the page's own files, so that it starts without a network. Readings never pass through it; the
 * last of them are kept by the page.
 */

import { pathBelow, way } from "./rules";

declare const self: ServiceWorkerGlobalScope;
/** What `build/service-worker.ts` puts in: the paths of the files below the page's address, and a name for just these. */
declare const FILES: readonly string[];
declare const VERSION: string;

const PREFIX = "sungaze-page-";
const CACHE = PREFIX + VERSION;
const PATIENCE_MS = 1500;

self.addEventListener("install", (event) => event.waitUntil(keepFiles()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const found = way(request, self.registration.scope, FILES);
  if (found === "kept") event.respondWith(keptFirst(request));
  if (found === "fresh") event.respondWith(freshFirst(request));
});

/** A page says which script it runs, or that its reader wants the new version now. */
self.addEventListener("message", ({ data, source }) => {
  const runs = typeof data?.script === "string" ? pathBelow(data.script, self.registration.scope) : null;
  if (data === "take over" || (runs !== null && FILES.includes(runs))) void self.skipWaiting();
  else if (runs !== null) source?.postMessage("newer");
});

async function keepFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  // The browser's own cache is asked for names that change with the content only.
  const isLasting = (path: string) => path.startsWith("assets/");
  await cache.addAll(FILES.map((path) => new Request(address(path), isLasting(path) ? {} : { cache: "reload" })));
}

async function takeOver(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function keptFirst(request: Request): Promise<Response> {
  return (await kept(request)) ?? fetch(request);
}

async function freshFirst(request: Request): Promise<Response> {
  const fresh = fetch(request).catch(() => undefined);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
  const answer = await Promise.race([fresh, late]);
  if (answer?.ok) return answer;
  return (await kept(request)) ?? (await fresh) ?? Response.error();
}

function kept(request: Request): Promise<Response | undefined> {
  const path = pathBelow(request.url, self.registration.scope) ?? "";
  return caches.match(address(path), { cacheName: CACHE, ignoreVary: true });
}

function address(path: string): string {
  return self.registration.scope + path;
}

/** The page's side of the service worker: starts it, and tells when a newer page than this one is ready. */

import { useSyncExternalStore } from "react";

const HOUR_MS = 3_600_000;
const QUIET_MS = 600_000;
const RELOADED_KEY = "sungaze.reloaded";

let newer: ServiceWorker | null = null;
let touchedAt = Date.now();
const listeners = new Set<() => void>();

/** Start it, where the page is a built one and the browser lets a service worker run (HTTPS, or this very machine). */
export function registerWorker(): void {
  window.addEventListener("vite:preloadError", reloadOnce);
  // Where the page did not come safely, and in some private windows, there is none.
  const container: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  if (!import.meta.env.PROD || !container) return;
  container.addEventListener("message", ({ data, source }) => {
    if (data !== "newer" || !(source instanceof ServiceWorker)) return;
    newer = source;
    for (const listener of listeners) listener();
  });
  // Without it, for instance because of a certificate that the browser does not trust, the page needs the network.
  container
    .register(`${import.meta.env.BASE_URL}sw.js`, { updateViaCache: "none" })
    .then(watch)
    .catch(() => undefined);
}

/** What reloads the page as the newer version; null while there is none. */
export function useNewer(): (() => void) | null {
  return useSyncExternalStore(subscribe, () => newer) && reloadNewer;
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

function reloadNewer(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => window.location.reload(), { once: true });
  newer?.postMessage("take over");
}

function watch(registration: ServiceWorkerRegistration): void {
  tell(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => tell(registration.waiting));
  });
  setInterval(() => registration.update().catch(() => undefined), HOUR_MS);
  reloadWhenQuiet();
}

/** Nobody presses a button on a tablet on the wall: the newer page comes by itself once the old one was left alone for a while. */
function reloadWhenQuiet(): void {
  const touched = () => {
    touchedAt = Date.now();
  };
  for (const event of ["pointerdown", "keydown", "wheel"]) window.addEventListener(event, touched, { passive: true });
  setInterval(() => newer && Date.now() - touchedAt > QUIET_MS && reloadNewer(), QUIET_MS / 10);
}

/** Tell a waiting worker what runs here: it takes over at once where that is its own version. */
function tell(waiting: ServiceWorker | null): void {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.src;
  if (script) waiting?.postMessage({ script });
}

/** A part of the page is not to be had any more, because the server has a newer page: load that, but not again and again. */
function reloadOnce(): void {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED_KEY) ?? 0) < HOUR_MS / 60) return;
  sessionStorage.setItem(RELOADED_KEY, String(Date.now()));
  window.location.reload();
}

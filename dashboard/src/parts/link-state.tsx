import { useDeferredValue } from "react";
import type { Live } from "../home/live";
import { STALE_MS } from "../home/newest";
import { useNow } from "../home/now";
import { useFormat, useTexts } from "../i18n/language";
import { texts } from "../texts";
import "./link-state.css";

/** The age of the newest of the samples, ms; null without one. */
export function newestAgeMs(live: Live, nowMs: number): number | null {
  const newest = live.samples.map((sample) => Date.parse(sample.ts));
  return newest.length ? Math.max(0, nowMs + live.clockOffsetMs - Math.max(...newest)) : null;
}

/** Whether readings arrive, and how old the newest is. */
export function LinkState({ live }: { live: Live }) {
  const t = useTexts(texts);
  const format = useFormat();
  const ageMs = newestAgeMs(live, useNow());
  const shownAgeMs = useDeferredValue(ageMs, null); // the first reading is drawn before its age is put into words
  const isUp = live.link === "live" || live.link === "polling";
  const stale = isUp && ageMs !== null && ageMs > STALE_MS;
  const state = stale ? "stale" : isUp && ageMs === null ? "nothing" : live.link;
  return (
    <div className="link-state" data-state={state}>
      <span className="dot" aria-hidden="true" />
      {/* The age ticks; only a change of state is worth a word of a screen reader. */}
      <span role="status">{t.link[state]}</span>
      {shownAgeMs !== null && <small>{t.newest(format.ago(shownAgeMs))}</small>}
    </div>
  );
}

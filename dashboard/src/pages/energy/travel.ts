/** From one period to the next: by arrow keys anywhere on the page, and by a swipe. */

import { type TouchEvent, useEffect, useRef } from "react";
import type { Home } from "../../home/home";
import { link } from "../../route";
import { addressOf, type Period } from "../../time/period";
import { neighbours } from "./neighbours";

const SWIPE_PX = 60;
const OWN_KEYS = "input, select, textarea, summary, [role=slider], [role=region]";
const OWN_TOUCH = ".chart, .table-scroll, input, select";

export function goTo(period: Period, today: string): void {
  window.location.hash = link("energy", ...addressOf(period, today));
}

/** Listen to the keys; what is returned belongs to the element that can be swiped over. */
export function useTravel(period: Period, home: Home) {
  const start = useRef<{ x: number; y: number } | null>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isOwn = event.target instanceof Element && event.target.closest(OWN_KEYS);
      if (event.defaultPrevented || isOwn || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const { earlier, later } = neighbours(period, home);
      const to = event.key === "ArrowLeft" ? earlier : event.key === "ArrowRight" ? later : null;
      if (to) goTo(to, home.today);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [period, home]);
  return {
    onTouchStart: (event: TouchEvent) => {
      const touch = event.touches[0];
      const isOwn = event.target instanceof Element && event.target.closest(OWN_TOUCH);
      start.current = touch && event.touches.length === 1 && !isOwn ? { x: touch.clientX, y: touch.clientY } : null;
    },
    onTouchEnd: (event: TouchEvent) => {
      const touch = event.changedTouches[0];
      if (!touch || !start.current) return;
      const [x, y] = [touch.clientX - start.current.x, touch.clientY - start.current.y];
      if (Math.abs(x) < SWIPE_PX || Math.abs(y) > Math.abs(x) / 2) return;
      const { earlier, later } = neighbours(period, home);
      const to = x > 0 ? earlier : later;
      if (to) goTo(to, home.today);
    },
  };
}

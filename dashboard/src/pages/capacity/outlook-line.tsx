import { useFormat, useTexts } from "../../i18n/language";
import { BEYOND_ANY_FUSE_W, outlook } from "./outlook";
import { runningTexts } from "./running-texts";
import type { Running } from "./types";
import "./outlook-line.css";

/** Write what is left to draw. */
export function useFree(): (powerW: number) => string {
  const t = useTexts(runningTexts);
  const format = useFormat();
  return (powerW) =>
    powerW > BEYOND_ANY_FUSE_W
      ? t.moreThan(`${format.number(BEYOND_ANY_FUSE_W / 1000)}\u00a0kW`)
      : format.power(powerW);
}

/** Told anew only when the outlook changes: no number stands in it. */
export function OutlookLine({ running }: { running: Running }) {
  const t = useTexts(runningTexts);
  const state = outlook(running);
  return (
    <p className="outlook" role="status" data-outlook={state}>
      {t.outlook[state]}
    </p>
  );
}

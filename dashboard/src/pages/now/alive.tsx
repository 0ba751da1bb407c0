import { useDevices } from "../../api/queries";
import type { Live } from "../../home/live";
import { useNow } from "../../home/now";
import { useFormat, useTexts } from "../../i18n/language";
import { link } from "../../route";
import { complain } from "../health/complaints";
import { examine, worst } from "../health/diagnosis";
import { texts } from "../health/texts";
import "./alive.css";

/** "All devices deliver", or the worst of what is wrong. */
export function Alive({ live }: { live: Live }) {
  const t = useTexts(texts);
  const format = useFormat();
  const devices = useDevices().data?.devices;
  const nowMs = useNow() + live.clockOffsetMs;
  if (!devices?.length) return null;
  const wrong = worst(examine(devices, live.samples, nowMs));
  const isOffline = live.link === "offline";
  const said = wrong ? complain(wrong.complaint, wrong.condition, t, format) : t.allWell;
  return (
    <a className="card alive" href={link("health")} data-well={!wrong && !isOffline}>
      <span className="dot" aria-hidden="true" />
      {isOffline ? t.unreachable : said}
    </a>
  );
}

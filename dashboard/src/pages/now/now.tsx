import { useDeferredValue } from "react";
import { useDevices } from "../../api/queries";
import { combine } from "../../home/flow";
import type { Live } from "../../home/live";
import { STALE_MS, together } from "../../home/newest";
import { useNow } from "../../home/now";
import { sentence } from "../../i18n/format";
import { useFormat, useTexts } from "../../i18n/language";
import { newestAgeMs } from "../../parts/link-state";
import { texts as commonTexts } from "../../texts";
import { Alive } from "./alive";
import { FlowPicture } from "./flow-picture";
import { QuarterTile } from "./quarter";
import { texts } from "./texts";
import { TodayTiles } from "./today";
import "./now.css";

/** What happens in the home at this moment, and how the day has been so far. */
export function Now({ live }: { live: Live }) {
  const t = useTexts(texts);
  const common = useTexts(commonTexts);
  const ageMs = newestAgeMs(live, useNow());
  const devices = useDevices().data?.devices;
  const showsRest = useDeferredValue(ageMs !== null, false); // where the power goes comes first
  if (ageMs === null) {
    const isOnItsWay = live.link === "connecting" || devices?.some((device) => device.last_seen);
    if (isOnItsWay && live.link !== "offline") return <p className="empty">{common.loading}</p>;
    return (
      <div className="card empty">
        <h1>{t.nothingYet}</h1>
        <p>{t.nothingYetHint}</p>
      </div>
    );
  }
  return (
    <div className="now">
      <section className="card power" aria-labelledby="power-now">
        <h1 id="power-now" className="visually-hidden">
          {t.title}
        </h1>
        <FlowPicture
          flow={combine(together(live.samples))}
          known={combine(live.samples)}
          stale={ageMs > STALE_MS || live.link === "offline"}
        />
        <Staleness live={live} ageMs={ageMs} />
      </section>
      <div className="side">
        {showsRest && (
          <>
            <TodayTiles />
            <QuarterTile live={live} />
            <Alive live={live} />
          </>
        )}
      </div>
    </div>
  );
}

function Staleness({ live, ageMs }: { live: Live; ageMs: number }) {
  const t = useTexts(texts);
  const { ago } = useFormat();
  if (live.link === "offline") return <p className="staleness">{sentence(t.offline(ago(ageMs)))}</p>;
  if (ageMs <= STALE_MS) return null;
  return (
    <p className="staleness">
      <strong>{sentence(t.stale(ago(ageMs)))}</strong> {t.staleHint}
    </p>
  );
}

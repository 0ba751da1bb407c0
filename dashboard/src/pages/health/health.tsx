import { useDevices } from "../../api/queries";
import type { Live } from "../../home/live";
import { useNow } from "../../home/now";
import { sentence } from "../../i18n/format";
import { useFormat, useTexts } from "../../i18n/language";
import { Complaints } from "./complaints";
import { DeviceCard } from "./device-card";
import { examine } from "./diagnosis";
import { texts } from "./texts";
import "./health.css";

/** Whether everything is alive, and what to do where it is not. */
export default function Health({ live }: { live: Live }) {
  const t = useTexts(texts);
  const devices = useDevices();
  const nowMs = useNow() + live.clockOffsetMs;
  const conditions = examine(devices.data?.devices ?? [], live.samples, nowMs);
  return (
    <div className="health">
      <h1 className="visually-hidden">{t.title}</h1>
      <Complaints conditions={conditions} isOffline={live.link === "offline"} />
      <Server
        live={live}
        zone={devices.data?.tz}
        answeredAt={devices.dataUpdatedAt}
        nowMs={nowMs - live.clockOffsetMs}
      />
      {devices.data?.devices.length === 0 && <p className="card empty">{t.noDevices}</p>}
      <div className="devices">
        {conditions.map((condition) => (
          <DeviceCard key={`${condition.device.device_id} ${condition.device.kind}`} condition={condition} />
        ))}
      </div>
    </div>
  );
}

interface ServerProps {
  live: Live;
  zone: string | undefined;
  /** By this machine's clock, as is `nowMs`; 0 when it never answered. */
  answeredAt: number;
  nowMs: number;
}

function Server({ live, zone, answeredAt, nowMs }: ServerProps) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <section className="card server" aria-labelledby="server" data-link={live.link}>
      <h2 id="server">{t.server}</h2>
      <p>{t.link[live.link]}</p>
      <small>
        {answeredAt > 0 && `${sentence(t.lastAnswer(format.ago(Math.max(0, nowMs - answeredAt))))} `}
        {zone && `${t.zone} ${zone}.`}
      </small>
    </section>
  );
}

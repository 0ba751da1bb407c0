import type { ReactNode } from "react";
import { useDevices } from "../../api/queries";
import type { EdgeReport } from "../../api/types";
import { momentFormat } from "../../i18n/intl";
import { useFormat, useTexts } from "../../i18n/language";
import type { Condition } from "./diagnosis";
import { GapStrip } from "./gap-strip";
import { texts } from "./texts";

/** One device: when it was heard of, what its edge said, and where readings are missing. */
export function DeviceCard({ condition }: { condition: Condition }) {
  const t = useTexts(texts);
  const format = useFormat();
  const zone = useDevices().data?.tz;
  const { device, ageMs, isStale } = condition;
  const state = ageMs === null ? "never" : isStale ? "stale" : "fresh";
  return (
    <section className="card device" aria-label={device.device_id} data-state={state}>
      <header>
        <h2>
          {device.device_id} <small>{(device.kind && t.kind[device.kind]) ?? device.kind ?? t.noKind}</small>
        </h2>
        {ageMs !== null && <span className="state">{t[isStale ? "stale" : "fresh"]}</span>}
      </header>
      <dl>
        <Fact name={t.lastSeen}>{ageMs === null ? t.never : format.ago(ageMs)}</Fact>
        {device.first_seen && <Fact name={t.firstSeen}>{date(device.first_seen, format.locale, zone)}</Fact>}
        <Fact name={t.edge}>{device.edge ? <Edge edge={device.edge} zone={zone} /> : t.edgeSilent}</Fact>
      </dl>
      {device.kind && (
        <GapStrip deviceId={device.device_id} kind={device.kind} zone={zone} firstSeen={device.first_seen} />
      )}
    </section>
  );
}

function Edge({ edge, zone }: { edge: EdgeReport; zone: string | undefined }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <>
      {format.number(edge.waiting)} {t.waiting}, {format.number(edge.quarantined)} {t.quarantined}
      {edge.version && `, ${t.version} ${edge.version}`}
      <small>{t.reported(format.dateTime(edge.reported_at, zone))}</small>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function date(moment: string, locale: string, timeZone: string | undefined): string {
  return momentFormat(locale, timeZone, { dateStyle: "long" }).format(new Date(moment));
}

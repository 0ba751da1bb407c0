import { useState } from "react";
import { Refused } from "../../api/client";
import { useDevices } from "../../api/queries";
import type { Device } from "../../api/types";
import type { Live } from "../../home/live";
import { useNow } from "../../home/now";
import { useFormat, useTexts } from "../../i18n/language";
import { link } from "../../route";
import { addressOf, contains, labelOf, periodOf, periodPath, shift } from "../../time/period";
import { dateIn } from "../../time/zone";
import { Day } from "./day";
import { firstDay, type Place, parsePlace, ZONE } from "./months";
import { Peak } from "./peak";
import { Running } from "./running";
import { Steps } from "./steps";
import { texts } from "./texts";
import { useMonth, useRunning, useYear } from "./use-capacity";
import { Year } from "./year";
import "./capacity.css";

const MINUTE_MS = 60_000;

/** The month's peak, the quarter that runs, and what the bill rests on. */
export default function Capacity({ rest, live }: { rest: string[]; live: Live }) {
  const t = useTexts(texts);
  const devices = useDevices();
  const meters = devices.data?.devices.filter((device) => device.kind === "p1") ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const meter = meters.find((device) => device.device_id === chosen) ?? meters[0];
  const today = dateIn(ZONE, useNow(MINUTE_MS) + live.clockOffsetMs);
  if (!devices.data) return null;
  if (!meter) {
    return (
      <div className="card empty">
        <h1>{t.noMeter}</h1>
        <p>{t.noMeterHint}</p>
      </div>
    );
  }
  return (
    <div className="capacity">
      <h1 className="visually-hidden">{t.title}</h1>
      {meters.length > 1 && <MeterChoice meters={meters} meter={meter} choose={setChosen} />}
      <Month key={meter.device_id} meter={meter} place={parsePlace(rest, today)} today={today} live={live} />
    </div>
  );
}

interface ChoiceProps {
  meters: Device[];
  meter: Device;
  choose(deviceId: string): void;
}

function MeterChoice({ meters, meter, choose }: ChoiceProps) {
  const t = useTexts(texts);
  return (
    <label className="meter">
      {t.meter}{" "}
      <select value={meter.device_id} onChange={(event) => choose(event.target.value)}>
        {meters.map(({ device_id }) => (
          <option key={device_id}>{device_id}</option>
        ))}
      </select>
    </label>
  );
}

interface MonthProps {
  meter: Device;
  place: Place;
  today: string;
  live: Live;
}

function Month({ meter, place, today, live }: MonthProps) {
  const isNow = contains(place.month, today);
  const whole = useMonth(meter.device_id, place.month, isNow);
  const brief = useRunning(isNow ? meter.device_id : null, place.month, live);
  const year = useYear(meter.device_id, place.month.first.slice(0, 4));
  const firstDate = meter.first_seen ? dateIn(ZONE, Date.parse(meter.first_seen)) : today;
  const month = whole.data;
  // The brief answer is the newer one; the quarters stand in the whole one only.
  const newest = isNow && brief.dataUpdatedAt > whole.dataUpdatedAt ? (brief.data ?? month) : month;
  return (
    <>
      <MonthSteps place={place} firstDate={firstDate} today={today} />
      <Fault
        error={whole.error ?? brief.error}
        isOffline={live.link === "offline"}
        updatedAt={Math.max(whole.dataUpdatedAt, brief.dataUpdatedAt)}
      />
      {newest && <Peak month={newest} />}
      {newest && isNow && live.link !== "offline" && (
        <Running running={newest.running} clockOffsetMs={live.clockOffsetMs} />
      )}
      {month && (
        <Day
          day={place.day ?? firstDay(place.month, month, today)}
          month={month}
          running={newest?.running ?? null}
          firstDate={firstDate}
          today={today}
        />
      )}
      {year.data && <Year key={year.data.year} year={year.data} chosen={periodPath(place.month)[1] ?? ""} />}
    </>
  );
}

function MonthSteps({ place, firstDate, today }: { place: Place; firstDate: string; today: string }) {
  const t = useTexts(texts);
  const { locale } = useFormat();
  const to = (by: number) => {
    const month = shift(place.month, by);
    const exists = month.first >= periodOf("month", firstDate).first && month.first <= today;
    return exists ? link("capacity", ...addressOf(month, today).slice(1)) : null;
  };
  return (
    <header>
      <Steps
        label={t.months}
        previous={{ name: t.previousMonth, href: to(-1) }}
        next={{ name: t.nextMonth, href: to(1) }}
      >
        <h2 className="month">{labelOf(place.month, locale)}</h2>
      </Steps>
      <p className="intro">{t.intro}</p>
    </header>
  );
}

/** What went wrong at the last question, and from when that which is shown is. */
function Fault({ error, isOffline, updatedAt }: { error: Error | null; isOffline: boolean; updatedAt: number }) {
  const t = useTexts(texts);
  const format = useFormat();
  if (!error && !isOffline) return null;
  return (
    <p className="card notice">
      {error instanceof Refused && `${t.failed} ${error.detail} `}
      {updatedAt > 0 && t.asOf(format.dateTime(new Date(updatedAt)))}
    </p>
  );
}

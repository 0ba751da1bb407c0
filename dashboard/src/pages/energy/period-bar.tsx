/** Which period is shown, and the ways to others. */

import type { ReactNode } from "react";
import type { Home } from "../../home/home";
import { useFormat, useTexts } from "../../i18n/language";
import { link } from "../../route";
import { addressOf, contains, inUnit, labelOf, type Period, periodOf, UNITS } from "../../time/period";
import { neighbours } from "./neighbours";
import { texts } from "./texts";
import { goTo } from "./travel";

interface Props {
  period: Period;
  home: Home;
}

export function PeriodBar({ period, home }: Props) {
  const t = useTexts(texts);
  const { locale } = useFormat();
  const { earlier, later } = neighbours(period, home);
  return (
    <div className="period-bar">
      <nav className="units" aria-label={t.periods}>
        {UNITS.map((unit) => (
          <a
            key={unit}
            href={link("energy", ...addressOf(inUnit(period, unit, home.today), home.today))}
            aria-current={unit === period.unit ? "page" : undefined}
          >
            {t.units[unit]}
          </a>
        ))}
      </nav>
      <div className="period-steps">
        {period.unit !== "all" && <Step label={t.previous} to={earlier} today={home.today} path="m15 5-7 7 7 7" />}
        <h1 aria-live="polite">{labelOf(period, locale) || t.everything}</h1>
        {period.unit !== "all" && <Step label={t.next} to={later} today={home.today} path="m9 5 7 7-7 7" />}
      </div>
      <div className="jumps">
        {!contains(period, home.today) && (
          <button type="button" onClick={() => goTo(periodOf(period.unit, home.today), home.today)}>
            {t.today}
          </button>
        )}
        <Picker period={period} home={home} />
      </div>
    </div>
  );
}

function Step({ label, to, today, path }: { label: string; to: Period | null; today: string; path: string }) {
  return (
    <button
      type="button"
      className="period-step"
      aria-label={label}
      title={label}
      disabled={!to}
      onClick={() => to && goTo(to, today)}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}

function Picker({ period, home }: Props): ReactNode {
  const t = useTexts(texts);
  const pick = (text: string) => text && goTo(periodOf(period.unit, text), home.today);
  if (period.unit === "all") return null;
  if (period.unit === "year") {
    return (
      <select aria-label={t.choose} value={period.first.slice(0, 4)} onChange={(event) => pick(event.target.value)}>
        {years(period, home).map((year) => (
          <option key={year}>{year}</option>
        ))}
      </select>
    );
  }
  const type = period.unit === "month" && hasMonthInput() ? "month" : "date";
  const digits = type === "month" ? 7 : 10;
  return (
    <input
      type={type}
      aria-label={t.choose}
      value={period.first.slice(0, digits)}
      min={home.firstDate.slice(0, digits)}
      max={home.today.slice(0, digits)}
      onChange={(event) => event.target.validity.valid && pick(event.target.value)}
    />
  );
}

function years(period: Period, { today, firstDate }: Home): string[] {
  const shown = Number(period.first.slice(0, 4));
  const first = Math.min(shown, Number(firstDate.slice(0, 4)) || shown);
  return Array.from({ length: Number(today.slice(0, 4)) - first + 1 }, (_, index) => String(first + index));
}

/** Firefox and Safari on a desk have no picker of months; a date in it does as well. */
function hasMonthInput(): boolean {
  const input = document.createElement("input");
  input.type = "month";
  return input.type === "month";
}

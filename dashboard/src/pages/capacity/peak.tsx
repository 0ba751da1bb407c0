import { useFormat, useTexts } from "../../i18n/language";
import { LEAST_BILLED_W } from "./outlook";
import { texts } from "./texts";
import type { CapacityMonth } from "./types";
import { useWhen } from "./when";

const QUARTER_S = 900;

/** The month's peak, when it was, and how far to trust it. */
export function Peak({ month }: { month: CapacityMonth }) {
  const t = useTexts(texts);
  const format = useFormat();
  const when = useWhen();
  const { monthly_peak_w: peakW, monthly_peak_ts: at, meter, coverage } = month;
  return (
    <section className="card peak" aria-labelledby="peak">
      <h2 id="peak">{t.peak}</h2>
      {peakW === null || at === null ? (
        <p>{t.noPeak}</p>
      ) : (
        <>
          <p className="figure">{format.power(peakW)}</p>
          <p>{t.peakAt(when.day(at), when.time(at), when.time(Date.parse(at) + QUARTER_S * 1000))}</p>
          <p className="trust">
            <Trust month={month} peakW={peakW} /> {meter && t.meterSays(format.power(meter.monthly_peak_w))}{" "}
            {peakW < LEAST_BILLED_W && t.chargedAsLeast}
          </p>
        </>
      )}
      {coverage.elapsed > 0 && (
        <p className="trust">
          {coverage.missing ? t.missing(coverage.missing, format.duration(coverage.missing * QUARTER_S)) : t.allKnown}
        </p>
      )}
    </section>
  );
}

function Trust({ month, peakW }: { month: CapacityMonth; peakW: number }) {
  const t = useTexts(texts);
  const format = useFormat();
  if (month.monthly_peak_exact) return t.exact;
  const lower = format.power(month.monthly_peak_lower_w);
  const upperW = month.monthly_peak_upper_w;
  const bounds = upperW === null ? t.atLeast(lower) : t.between(lower, format.power(upperW));
  const mayBeHigher = month.coverage.missing > 0 && (upperW === null || upperW > peakW);
  return `${bounds} ${mayBeHigher ? t.mayBeHigher(month.coverage.missing) : ""}`;
}

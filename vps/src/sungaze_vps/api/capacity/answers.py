"""What `api/capacity.py` answers, put together; powers in W, energies in kWh."""

from functools import lru_cache
from typing import Any

import msgspec

from sungaze_vps.db.boundaries import HOST_CLOCK, METER_CLOCK
from sungaze_vps.db.models import from_millis
from sungaze_vps.services.capacity.gaps import Gap
from sungaze_vps.services.capacity.month import ZONE, Month
from sungaze_vps.services.capacity.quarters import MWH_PER_W, QUARTER_MS, Quarter, power_w
from sungaze_vps.services.capacity.running import Running
from sungaze_vps.services.capacity.year import Average, MonthPeak, Year, yearly_cost_eur
from sungaze_vps.services.latest import render_ts
from sungaze_vps.tariffs import CapacityTariff

NOTE = (
    "An estimate: the bill weights the means over its own period, may replace the amount by a maximum per kWh, and "
    "adds VAT where vat_included is false."
)
_CLOCKS = {0: None, METER_CLOCK: "meter", HOST_CLOCK: "host", METER_CLOCK | HOST_CLOCK: "mixed"}


def render_month(month: Month) -> dict[str, Any]:
    """Put all that is known of a month as a whole together."""
    peak = month.peak
    return {
        "tz": ZONE.key,
        "start": _utc(month.period.start),
        "end": _utc(month.period.end),
        "monthly_peak_w": power_w(peak.energy if peak else None),
        "monthly_peak_ts": _utc(peak.start) if peak else None,
        "monthly_peak_local": _local(peak.start) if peak else None,
        "monthly_peak_exact": month.is_peak_exact,
        "monthly_peak_lower_w": power_w(month.lower),
        "monthly_peak_upper_w": power_w(month.upper),
        "coverage": {
            "expected": month.expected,
            "elapsed": month.elapsed,
            "covered": len(month.quarters),
            "exact": sum(quarter.exact for quarter in month.quarters),
            "missing": month.elapsed - len(month.quarters),
        },
        "clock": _CLOCKS[month.clocks],
        "meter": _meter(month),
    }


def render_quarters(month: Month) -> dict[str, Any]:
    """Put the quarters of a month together, those that are known and those that are not."""
    return {
        "peaks": [_quarter(quarter) for quarter in month.quarters],
        "gaps": [_gap(gap) for gap in month.gaps],
    }


class _Quarter(msgspec.Struct, gc=False):
    """A dict would take twice as long, and a month has three thousand."""

    bucket: str
    avg_power_w: float
    energy_kwh: float
    lower_w: float
    upper_w: float
    exact: bool


def _quarter(quarter: Quarter) -> _Quarter:
    energy = quarter.energy
    return _Quarter(
        _utc(quarter.start),
        energy / MWH_PER_W,
        energy / 1_000_000,
        quarter.lower / MWH_PER_W,
        quarter.upper / MWH_PER_W,
        quarter.exact,
    )


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "start": _utc(gap.start),
        "end": _utc(gap.end),
        "quarters": gap.quarters,
        "energy_kwh": None if gap.energy is None else gap.energy / 1_000_000,
        "highest_at_least_w": power_w(gap.highest_at_least),
        "each_at_most_w": power_w(gap.each_at_most),
    }


def _meter(month: Month) -> dict[str, Any] | None:
    if month.meter_peak is None:
        return None
    at, peak_w = month.meter_peak
    difference_w = round(power_w(month.peak.energy) - peak_w, 3) if month.peak else None
    return {"monthly_peak_w": peak_w, "monthly_peak_ts": _moment_utc(at), "difference_w": difference_w}


def render_running(running: Running | None) -> dict[str, Any] | None:
    """Put the running quarter together."""
    if running is None:
        return None
    return {
        "bucket": _utc(running.start),
        "ends": _utc(running.start + QUARTER_MS),
        "as_of": _moment_utc(running.as_of),
        "energy_kwh": None if running.energy is None else running.energy / 1_000_000,
        "source": None if running.energy is None else "readings" if running.is_counted else "meter",
        "exact": running.exact,
        "power_w": running.power_w,
        "so_far_w": running.so_far_w,
        "forecast_w": _rounded(running.forecast_w),
        "target_w": running.target_w,
        "free_w": _rounded(running.free_w),
        "free_without_cost_w": _rounded(running.free_without_cost_w),
        "meter_average_w": running.meter_average_w,
    }


def render_year(year: Year, tariff: CapacityTariff | None) -> dict[str, Any]:
    """Put months, mean and cost together."""
    return {
        "tz": ZONE.key,
        "months": [_month_peak(month) for month in year.months],
        "average": _average(year.average),
        "cost": _cost(year.average, tariff),
        "note": NOTE,
    }


def _month_peak(month: MonthPeak) -> dict[str, Any]:
    return {
        "month": month.period.name,
        "peak_w": month.peak_w,
        "floored_w": month.floored_w,
        "peak_ts": None if month.peak_start is None else _utc(month.peak_start),
        "exact": month.exact,
        "lower_w": month.lower_w,
        "upper_w": month.upper_w,
        "coverage": {
            "expected": month.expected,
            "elapsed": month.elapsed,
            "covered": month.covered,
            "missing": month.elapsed - month.covered,
        },
        "complete": month.complete,
        "provisional": month.provisional,
    }


def _average(average: Average) -> dict[str, Any]:
    return {
        "months": [
            {
                "month": month.period.name,
                "peak_w": month.peak_w,
                "floored_w": month.floored_w,
                "complete": month.complete,
            }
            for month in average.known
        ],
        "missing": [month.period.name for month in average.missing],
        "count": len(average.known),
        "raw_w": _rounded(average.raw_w),
        "floored_w": _rounded(average.floored_w),
        "complete": average.complete,
    }


def _cost(average: Average, tariff: CapacityTariff | None) -> dict[str, Any] | None:
    if tariff is None or average.floored_w is None:
        return None
    eur_per_year = yearly_cost_eur(average.floored_w, tariff)
    return {
        "eur_per_year": round(eur_per_year, 2),
        "eur_per_month": round(eur_per_year / 12, 2),
        "tariff_eur_per_kw_year": tariff.eur_per_kw_year,
        "tariff_year": tariff.year,
        "vat_included": tariff.vat_included,
        "source": tariff.source,
    }


@lru_cache(maxsize=8192)  # the quarters of this month and the last are written again and again
def _utc(quarter: int) -> str:
    return f"{from_millis(quarter):%Y-%m-%dT%H:%M:%SZ}"


def _moment_utc(millis: int) -> str:
    return render_ts(from_millis(millis))


def _local(millis: int) -> str:
    return from_millis(millis).astimezone(ZONE).isoformat()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)

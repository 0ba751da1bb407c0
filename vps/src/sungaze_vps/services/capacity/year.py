"""The month peaks of a year, the mean of twelve of them, and what that costs at the tariff the owner named."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.services.capacity.month import Moment, Month, Period, period, read_month
from sungaze_vps.services.capacity.quarters import power_w
from sungaze_vps.services.capacity.running import LEAST_BILLED_W
from sungaze_vps.tariffs import CapacityTariff

MONTHS = 12


@dataclass(frozen=True, slots=True)
class MonthPeak:
    """What a year tells of one of its months; powers in W."""

    period: Period
    peak_w: float | None
    peak_start: int | None
    exact: bool
    lower_w: float | None
    upper_w: float | None
    expected: int
    elapsed: int
    covered: int
    provisional: bool
    """Whether the month goes on."""

    @property
    def floored_w(self) -> float | None:
        """The peak as it is charged: 2.5 kW at least, month by month."""
        return None if self.peak_w is None else max(self.peak_w, LEAST_BILLED_W)

    @property
    def complete(self) -> bool:
        """Whether the month is over and each of its quarters is known."""
        return self.covered == self.expected


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of the month peaks that are known among twelve months that are over."""

    known: list[MonthPeak]
    missing: list[MonthPeak]
    raw_w: float | None
    floored_w: float | None

    @property
    def complete(self) -> bool:
        """Whether all twelve are known, each of them completely."""
        return len(self.known) == MONTHS and all(month.complete for month in self.known)


@dataclass(frozen=True, slots=True)
class Year:
    """The months of a year that have begun, and the mean of the twelve that ended with its last closed one."""

    months: list[MonthPeak]
    average: Average


async def read_year(connection: AsyncConnection, device_id: str, year: int, moment: Moment) -> Year:
    """Work a year out month by month; between two months other requests get their turn."""
    begun = [number for number in range(1, MONTHS + 1) if period(year, number).start <= moment.at]
    closed = max((number for number in begun if period(year, number).end <= moment.at), default=0)
    of_average = range(closed - MONTHS + 1, closed + 1) if begun else range(0)
    peaks = {}
    for number in sorted({*of_average, *begun}):
        peaks[number] = _month_peak(await read_month(connection, device_id, period(year, number), moment))
    return Year([peaks[number] for number in begun], _average([peaks[number] for number in of_average]))


def yearly_cost_eur(floored_w: float, tariff: CapacityTariff) -> float:
    """Give what a mean of floored month peaks costs in a year."""
    return floored_w / 1000 * tariff.eur_per_kw_year


def _month_peak(month: Month) -> MonthPeak:
    peak = month.peak
    return MonthPeak(
        period=month.period,
        peak_w=power_w(peak.energy if peak else None),
        peak_start=peak.start if peak else None,
        exact=month.is_peak_exact,
        lower_w=power_w(month.lower),
        upper_w=power_w(month.upper),
        expected=month.expected,
        elapsed=month.elapsed,
        covered=len(month.quarters),
        provisional=month.closed < month.period.end,
    )


def _average(months: Sequence[MonthPeak]) -> Average:
    known = [month for month in months if month.peak_w is not None]
    raw = [month.peak_w for month in known if month.peak_w is not None]
    floored = [month.floored_w for month in known if month.floored_w is not None]
    missing = [month for month in months if month.peak_w is None]
    return Average(known, missing, fmean(raw) if raw else None, fmean(floored) if floored else None)

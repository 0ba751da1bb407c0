"""The month peak of the Belgian capacity tariff: the highest mean power of a clock quarter, drawn from the grid.

Only what was drawn counts, as the import register has it; what is given back in the same quarter takes nothing off.
A month is one of Europe/Brussels, and a quarter belongs to the month in which it begins.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, reduce
from operator import or_
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.models import to_millis
from sungaze_vps.services.capacity.gaps import Gap, Readings, find_gaps
from sungaze_vps.services.capacity.quarters import QUARTER_MS, Quarter, Stand, measure
from sungaze_vps.services.capacity.rows import newest_reading, read_rows
from sungaze_vps.services.local_time import midnight

ZONE = ZoneInfo("Europe/Brussels")
FRESH_MS = 120_000


@dataclass(frozen=True, slots=True)
class Period:
    """A month of Brussels."""

    name: str
    """Such as 2026-11."""
    start: int
    """In ms, as every time here."""
    end: int


@dataclass(frozen=True, slots=True)
class Moment:
    """Up to when quarters are over."""

    at: int
    """The time of the newest reading, or now where that is not fresh."""
    is_fresh: bool


@dataclass(frozen=True)
class Month:
    """What is known of a month; energies in mWh."""

    period: Period
    closed: int
    """When the last quarter that is over ended."""
    quarters: list[Quarter]
    """Those that are known, in order of time."""
    gaps: list[Gap]
    rows: list[Stand]
    """Those that it was worked out from, the last before it and the first after it among them."""

    @property
    def expected(self) -> int:
        """How many quarters the month has: 96 a day, four more or less where the clocks change."""
        return (self.period.end - self.period.start) // QUARTER_MS

    @property
    def elapsed(self) -> int:
        """How many of them are over."""
        return (self.closed - self.period.start) // QUARTER_MS

    @cached_property
    def peak(self) -> Quarter | None:
        """The first of the quarters in which most was drawn; None where none is known."""
        return max(self.quarters, key=lambda quarter: quarter.energy, default=None)

    @cached_property
    def lower(self) -> int | None:
        """What the peak is at least; None where nothing is known."""
        known = [quarter.lower for quarter in self.quarters]
        return max([*known, *(gap.highest_at_least for gap in self.gaps if gap.highest_at_least)], default=None)

    @cached_property
    def upper(self) -> int | None:
        """What the peak is at most; None where nothing bounds a quarter that is over."""
        limits = [*(quarter.upper for quarter in self.quarters), *(gap.each_at_most for gap in self.gaps)]
        bounded = [limit for limit in limits if limit is not None]
        return max(bounded) if bounded and len(bounded) == len(limits) else None

    @property
    def is_peak_exact(self) -> bool:
        """Whether the peak is known exactly and no other quarter can have been higher."""
        return self.peak is not None and self.peak.exact and self.upper == self.peak.upper

    @cached_property
    def meter_peak(self) -> tuple[int, float] | None:
        """What the meter itself says (1-0:1.6.0): when, and W. Taken from readings that tell of this very month.

        Whether its time is the start or the end of the quarter is not specified; the very start of a month can only be
        an end, and belongs to the month before.
        """
        told = {row[-2:] for row in self.rows}
        of_month = [
            (peak_at, peak_w)
            for peak_at, peak_w in told
            if peak_at is not None and peak_w is not None and self.period.start < peak_at <= self.period.end
        ]
        return max(of_month, key=lambda peak: (peak[1], -peak[0]), default=None)

    @property
    def clocks(self) -> int:
        """Every clock that timed a reading: METER_CLOCK | HOST_CLOCK."""
        start, end = self.period.start, self.period.end
        return reduce(or_, {row[7] for row in self.rows if start <= row[0] < end}, 0)


def parse_month(text: str) -> Period | None:
    """Read `2026-11`; None if it is no month of the years 2000 to 2199."""
    if not re.fullmatch(r"2[01]\d\d-(0[1-9]|1[0-2])", text, re.ASCII):
        return None
    return period(int(text[:4]), int(text[5:]))


def period(year: int, month: int) -> Period:
    """Give a month by its number; 0 and less are months of the years before."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    start, end = (to_millis(midnight(first, ZONE)) for first in (date(year, month, 1), following))
    return Period(f"{year}-{month:02}", start, end)


def period_of(moment: datetime) -> tuple[int, int]:
    """Give year and month of a time in Brussels."""
    local = moment.astimezone(ZONE)
    return local.year, local.month


async def find_moment(connection: AsyncConnection, device_id: str, now: datetime) -> Moment | None:
    """Find out up to when readings tell of a device; None when there are none.

    A quarter is over for us when a reading says so, a few seconds after it is over for the world; when readings stay
    away the clock says so.
    """
    now_ms = to_millis(now.astimezone(UTC))
    newest = await newest_reading(connection, device_id, now_ms + FRESH_MS)
    if newest is None:
        return None
    is_fresh = abs(now_ms - newest) <= FRESH_MS
    return Moment(newest if is_fresh else now_ms, is_fresh)


async def read_month(connection: AsyncConnection, device_id: str, period: Period, moment: Moment) -> Month:
    """Work a month out, from readings that came a moment ago, too."""
    rows = await read_rows(connection, device_id, period.start, period.end)
    closed = max(period.start, min(period.end, moment.at // QUARTER_MS * QUARTER_MS))
    quarters = [quarter for quarter in measure(rows) if period.start <= quarter.start <= closed - QUARTER_MS]
    gaps: list[Gap] = []
    if len(quarters) < (closed - period.start) // QUARTER_MS:
        known = {quarter.start for quarter in quarters}
        gaps = list(find_gaps(Readings(rows), period.start, closed, known))
    return Month(period, closed, quarters, gaps, rows)

"""Stretches without readings, exact to the millisecond, without looking at a year of readings.

`services/silences.py` tells from the half minutes heard (`db/heard.py`) where a gap may be; the readings are looked at
there only. Where they were dropped (`KEEP_READINGS_DAYS`) the half minutes themselves are the answer.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.heard import CELL_S, FULL
from sungaze_vps.db.levels import find_levels
from sungaze_vps.db.models import EPOCH, UtcMillis, samples_table
from sungaze_vps.db.session import reading
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.rollups import QUARTER, floor
from sungaze_vps.services.silences import HeardQuarter, Range, Silence, find_silences, last_cell, together

MAX_GAPS = 5000
_CELL = timedelta(seconds=CELL_S)
_KEPT_SINCE = sa.text("SELECT nullif(readings_kept_since(), '-infinity')")


class Gap(NamedTuple):
    """The last reading before it, and the first one after it; None when there is none until now."""

    start: datetime
    end: datetime | None


class TooManyGapsError(Exception):
    """There are more than `MAX_GAPS`."""


@dataclass(frozen=True, slots=True)
class GapQuestion:
    """What is asked: a device's gaps of a length or longer that have a part in [start, end)."""

    measurement: Measurement
    device_id: str
    start: datetime
    end: datetime
    least: timedelta
    """A minute or more."""
    now: datetime

    async def answer(self, engine: AsyncEngine) -> list[Gap]:
        """Find the gaps, oldest first.

        Raises:
            TooManyGapsError: there are more than anybody would read.
        """
        async with reading(engine) as connection:
            heard = await self._heard(connection)
            if not heard:
                return []
            kept_since = await self._kept_since(connection)
            found = await asyncio.to_thread(list, self._candidates(heard))  # a second for a year of a slow device
            coarse = list(takewhile(lambda silence: _time(silence.begins - 1) < kept_since, found))
            gaps = [Gap(_time(silence.begins), _time(silence.ends)) for silence in coarse]
            gaps += await self._exact(connection, together(found[len(coarse) :]))
            gaps += await self._until_now(connection, last_cell(heard[-1]))
        wanted = [gap for gap in gaps if self._is_wanted(gap)]
        if len(wanted) > MAX_GAPS:
            raise TooManyGapsError
        return wanted

    def _is_wanted(self, gap: Gap) -> bool:
        end = gap.end or self.now
        return end - gap.start >= self.least and gap.start < self.end and end > self.start

    def _candidates(self, heard: Sequence[HeardQuarter]) -> Iterator[Silence]:
        """Give the silences that may be such a gap."""
        certain, least_s = 0, self.least.total_seconds()
        start_s, end_s = self.start.timestamp(), self.end.timestamp()
        for silence in find_silences(heard, least_s):
            begins, ends = silence.looked_at
            if begins * CELL_S < end_s and ends * CELL_S > start_s:
                certain += silence.least_s >= least_s
                if certain > MAX_GAPS + 2:  # the first and the last may lie outside
                    raise TooManyGapsError
                yield silence

    async def _heard(self, connection: AsyncConnection) -> list[HeardQuarter]:
        parameters = {
            "device_id": self.device_id,
            "kind": self.measurement.kind,
            "start": floor(self.start, QUARTER),
            "end": self.end,
        }
        found = await connection.execute(_heard_query(connection.dialect.name), parameters)
        return [(quarter, before, cells) for quarter, before, cells in found]

    async def _kept_since(self, connection: AsyncConnection) -> datetime:
        if not await find_levels(connection, self.measurement):
            return EPOCH
        since: datetime | None = await connection.scalar(_KEPT_SINCE)
        return since or EPOCH

    async def _exact(self, connection: AsyncConnection, ranges: Sequence[Range]) -> list[Gap]:
        """Give the gaps between readings in these cells.

        One by one: to plan for a stretch that it is told, TimescaleDB looks into that chunk only, and into all for a
        stretch that it is to join.
        """
        dialect = connection.dialect.name
        query = _gaps_query(self.measurement, dialect)
        least = self.least if dialect == "postgresql" else round(self.least.total_seconds() * 1000)
        gaps = []
        for begins, ends in ranges:
            stretch = {"begins": _time(begins), "ends": _time(ends), "device_id": self.device_id, "least": least}
            gaps += [Gap(before, ts) for before, ts in await connection.execute(query, stretch)]
        return gaps

    async def _until_now(self, connection: AsyncConnection, last: int) -> list[Gap]:
        """Give the time since the last reading, whose cell this is if there is none beyond the end asked for."""
        if _time(last) >= self.end:
            return []
        ts = samples_table(self.measurement).c.ts
        device_id = samples_table(self.measurement).c.device_id
        query = sa.select(ts).where(device_id == self.device_id, ts >= _time(last)).order_by(ts.desc()).limit(1)
        return [Gap(await connection.scalar(query) or _time(last + 1), None)]


def missing(gaps: Sequence[Gap], start: datetime, end: datetime) -> timedelta:
    """Add up what of the gaps lies in [start, end)."""
    parts = (min(gap.end or end, end) - max(gap.start, start) for gap in gaps)
    return sum(parts, start=timedelta())


def _time(cell: int) -> datetime:
    return EPOCH + cell * _CELL


@cache
def _heard_query(dialect: str) -> sa.TextClause:
    """Select the quarters heard from the last before `:start` to the first from `:end` on; not the full ones inside."""
    of_device = "FROM heard WHERE device_id = :device_id AND kind = :kind"
    quarter, cell = "900000", f"{{}} / {CELL_S * 1000}"
    if dialect == "postgresql":
        quarter, cell = "interval '15 minutes'", f"CAST(date_part('epoch', {{}}) AS bigint) / {CELL_S}"
    query = sa.text(
        f"SELECT {cell.format('quarter')}, {cell.format('before')}, cells FROM ("
        "SELECT quarter, cells, lag(quarter) OVER time AS before, lead(quarter) OVER time AS following "
        f"{of_device} AND quarter >= coalesce((SELECT max(quarter) {of_device} AND quarter < :start), :start) "
        f"AND quarter <= coalesce((SELECT min(quarter) {of_device} AND quarter >= :end), :end) "
        "WINDOW time AS (ORDER BY quarter)) AS around "
        f"WHERE cells <> {FULL} OR before IS NULL OR following IS NULL OR before <> quarter - {quarter} "
        "ORDER BY around.quarter"
    )
    times = [sa.bindparam(name, type_=UtcMillis) for name in ("start", "end")]
    return query.bindparams(*times)


@cache
def _gaps_query(measurement: Measurement, dialect: str) -> sa.Select[Any]:
    """Select the readings of a stretch that are `:least` apart or more, each with the one before it."""
    samples = samples_table(measurement)
    ts = samples.c.ts
    begins, ends = (sa.bindparam(name, type_=UtcMillis) for name in ("begins", "ends"))
    before = sa.func.lag(ts, type_=UtcMillis).over(order_by=ts).label("before")
    inside = sa.and_(samples.c.device_id == sa.bindparam("device_id"), ts >= begins, ts < ends)
    pairs = sa.select(ts, before).where(inside).subquery("pairs")
    apart: sa.ColumnElement[Any] = pairs.c.ts - pairs.c.before
    least: sa.ColumnElement[Any] = sa.bindparam("least", type_=sa.Interval)
    if dialect == "sqlite":
        apart = sa.type_coerce(pairs.c.ts, sa.Integer) - sa.type_coerce(pairs.c.before, sa.Integer)
        least = sa.bindparam("least", type_=sa.Integer)
    return sa.select(pairs.c.before, pairs.c.ts).where(apart >= least).order_by(pairs.c.ts)

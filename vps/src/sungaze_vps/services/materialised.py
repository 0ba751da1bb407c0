"""Adds up buckets of any length from what TimescaleDB has materialised, and from readings where it has not yet."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.aggregates import added_up, columns, quarters
from sungaze_vps.db.levels import Level, Levels, rolled
from sungaze_vps.db.models import EPOCH, counters, maxima, sums, weights
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.counters import is_another
from sungaze_vps.services.latest import find_span
from sungaze_vps.services.rollups import DAY, QUARTER, floor
from sungaze_vps.services.stretches import RAW, Reach

type Row = dict[str, Any]
type Part = tuple[datetime, int, Row]
"""When it begins, the number of its bucket, and its sums."""

type Standing = dict[str, tuple[float, str | None]]
"""Counter -> what it showed last, and the meter, if readings name it."""
type Ranges = list[tuple[int, int]]
"""Stretches of time, in seconds since 1970, ascending."""

_BEFORE = -1
"""Number of the bucket in front of the first, which tells where the counters stood."""
_TIME = postgresql.TIMESTAMP(timezone=True)
_TIMES = postgresql.ARRAY(_TIME)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a device's readings of a kind, between each two neighbouring edges."""

    connection: AsyncConnection
    measurement: Measurement
    levels: Levels
    device_id: str
    edges: list[datetime]

    async def totals(self) -> dict[int, Row]:
        """Add up each bucket; its number -> totals."""
        reach, before = await self._reach()
        edges = _seconds(self.edges)
        ranges: dict[int, Ranges] = {place: [] for place in (*range(len(self.levels)), RAW)}
        for start, end in pairwise([before, *edges]):
            for place, begins, ends in reach.divide(start, end):
                here = ranges[place]
                here.append((here.pop()[0] if here and here[-1][1] == begins else begins, ends))
        parts: list[Part] = []
        for position, level in enumerate(self.levels):
            parts += await self._from_level(level, ranges[position]) if ranges[position] else []
        for begins, ends in ranges[RAW]:
            parts += await self._from_readings(begins, ends)
        return _together(self.measurement, sorted(parts, key=_begin))

    async def _reach(self) -> tuple[Reach, int]:
        """Find how far the rollups go, and the day before the first edge from which on all counters were last seen."""
        day = floor(self.edges[0], DAY)
        query = _reach_query(self.measurement, self.levels)
        parameters = {"device_id": self.device_id, "day": day, "end": self.edges[-1]}
        state = (await self.connection.execute(query, parameters)).mappings().one()
        ends = [
            EPOCH if state[f"last_{position}"] is None else state[f"last_{position}"] + level.length
            for position, level in enumerate(self.levels)
        ]
        heard = state["heard"]
        if heard is None and state["last_0"] is not None:
            heard = min([*state["late"], day])  # the device is known by its days, and none is before this one
        elif heard is None and (span := await find_span(self.connection, self.measurement, self.device_id)):
            heard = floor(span[0], QUARTER)
        lengths = [int(level.length.total_seconds()) for level in self.levels]
        before = min(self.edges[0], heard or self.edges[0])
        return Reach(lengths, _seconds(ends), _seconds(state["late"])), int(before.timestamp())

    async def _from_level(self, level: Level, ranges: Ranges) -> list[Part]:
        starts, ends = ([_time(second) for second in seconds] for seconds in zip(*ranges, strict=True))
        whole = all(end - start == level.length for start, end in pairwise(self.edges))
        found = await self.connection.execute(
            _level_query(self.measurement, level.table, one_by_one=whole),
            {"device_id": self.device_id, "starts": starts, "ends": ends, "edges": self.edges},
        )
        names = list(found.keys())
        parts = []
        for row in found:
            begins, number = row[0], row[1] - 1
            begin = max(begins, self.edges[number]) if number >= 0 else begins
            parts.append((begin, number, dict(zip(names, row, strict=True))))
        return parts

    async def _from_readings(self, begins: int, ends: int) -> list[Part]:
        parameters = {"device_id": self.device_id, "start": _time(begins), "end": _time(ends)}
        found = await self.connection.execute(_raw_query(self.measurement), parameters)
        quarters_found = map(dict, found.mappings())
        return [(row["bucket"], bisect_right(self.edges, row["bucket"]) - 1, row) for row in quarters_found]


def _seconds(times: Iterable[datetime]) -> list[int]:
    return [int(time.timestamp()) for time in times]


def _time(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _begin(part: Part) -> datetime:
    return part[0]


@cache
def _reach_query(measurement: Measurement, levels: Levels) -> sa.TextClause:
    last = [
        f"(SELECT bucket FROM {level.table} WHERE device_id = :device_id ORDER BY bucket DESC LIMIT 1) AS last_{n}"
        for n, level in enumerate(levels)
    ]
    earlier = f"SELECT bucket FROM {levels[0].table} WHERE device_id = :device_id AND bucket < :day"
    heard = [
        f"({earlier} AND {known} ORDER BY bucket DESC LIMIT 1)"
        for known in (*(f"last_{name} IS NOT NULL" for name in counters(measurement)), "true")
    ]
    late = f"SELECT day FROM {measurement.kind}_late WHERE device_id = :device_id AND day < :end ORDER BY day"
    query = sa.text(f"SELECT {', '.join(last)}, least({', '.join(heard)}) AS heard, ARRAY({late}) AS late")
    return query.bindparams(*(sa.bindparam(name, type_=_TIME) for name in ("day", "end")))


@cache
def _level_query(measurement: Measurement, table: str, *, one_by_one: bool) -> sa.TextClause:
    """Sum up the buckets of ranges, or take each as it is where it is a whole bucket of the answer."""
    selected = columns(rolled(measurement)) if one_by_one else added_up(rolled(measurement))
    # Summed up inside, range by range, so that each looks into its own chunks only.
    sums = (
        f"SELECT {'bucket' if one_by_one else 'starts'} AS begins, width_bucket(bucket, :edges) AS number, "
        f"{', '.join(selected)} FROM {table} WHERE device_id = :device_id AND bucket >= starts AND bucket < ends"
        f"{'' if one_by_one else ' GROUP BY 2'}"
    )
    return sa.text(
        f"SELECT sums.* FROM unnest(:starts, :ends) AS ranges(starts, ends) CROSS JOIN LATERAL ({sums}) AS sums"
    ).bindparams(*(sa.bindparam(name, type_=_TIMES) for name in ("edges", "starts", "ends")))


@cache
def _raw_query(measurement: Measurement) -> sa.TextClause:
    query = sa.text(quarters(rolled(measurement), "device_id = :device_id AND ts >= :start AND ts < :end"))
    return query.bindparams(*(sa.bindparam(name, type_=_TIME) for name in ("start", "end")))


def _together(measurement: Measurement, parts: Iterable[Part]) -> dict[int, Row]:
    """Add up the parts of each bucket; in order of time, because counters gain from one part to the next."""
    additive = ["sample_count", *weights(measurement), *sums(measurement)]
    rising = counters(measurement)
    stood: Standing = {}
    found: dict[int, Row] = {}
    for _, number, part in parts:
        for name in rising:
            part[f"rise_{name}"] = _rise(part, name, stood)
        if number == _BEFORE:
            continue
        if number not in found:
            found[number] = part
            continue
        bucket = found[number]
        for name in additive:
            bucket[name] = _either(bucket[name], part[name], lambda one, other: one + other)
        for name in maxima(measurement):
            bucket[name] = _either(bucket[name], part[name], max)
    return found


def _either(one: Any, other: Any, both: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return both(one, other)


def _rise(part: Row, name: str, stood: Standing) -> float | None:
    """Give what a counter gained inside a part and since the one before; `stood` tells where it was and is."""
    first: float | None = part[f"first_{name}"]
    if first is None:
        return None
    rise: float = part[f"inside_{name}"]
    last, segment = stood.get(name, (first, None))
    if not is_another(segment, part.get(f"first_segment_{name}")):
        rise += max(0.0, first - last)
    stood[name] = part[f"last_{name}"], part.get(f"last_segment_{name}")
    return rise

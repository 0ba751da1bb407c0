"""Adds up buckets of any length from what TimescaleDB has materialised, and from readings where it has not yet."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain, pairwise, repeat
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.aggregates import added_up, columns, uncounted_quarters
from sungaze_vps.db.levels import Levels, rolled
from sungaze_vps.db.models import EPOCH, counters, maxima, means, segment_columns, weights
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.counters import is_another
from sungaze_vps.services.latest import find_span
from sungaze_vps.services.rollups import DAY, QUARTER, floor
from sungaze_vps.services.stretches import RAW, Reach
from sungaze_vps.services.totals import Totals, add

type Part = tuple[datetime, int, Sequence[Any]]
"""When it begins, the number of its bucket, and its values in the order of `_columns`."""
type Ranges = list[tuple[int, int]]
"""Stretches of time, in seconds since 1970, ascending."""

_BEFORE = -1
"""Number of the bucket in front of the first, which tells where the counters stood."""
_TIME = postgresql.TIMESTAMP(timezone=True)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a device's readings of a kind, between each two neighbouring edges."""

    connection: AsyncConnection
    measurement: Measurement
    levels: Levels
    device_id: str
    edges: list[datetime]

    async def totals(self) -> dict[int, Totals]:
        """Add up each bucket; its number -> totals."""
        reach, before = await self._reach()
        edges = _seconds(self.edges)
        ranges: dict[int, Ranges] = {place: [] for place in (*range(len(self.levels)), RAW)}
        for place, begins, ends in self._divided(reach, before, edges):
            here = ranges[place]
            if place not in (self._whole, RAW):
                here += _cut(begins, ends, edges)
            else:
                here.append((here.pop()[0] if here and here[-1][1] == begins else begins, ends))
        parts = await self._from_levels(ranges)
        for begins, ends in ranges[RAW]:
            parts += await self._from_readings(begins, ends)
        return _together(self.measurement, sorted(parts, key=itemgetter(0)))

    def _divided(self, reach: Reach, before: int, edges: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        if self._whole is None:
            return chain.from_iterable(reach.divide(start, end) for start, end in pairwise([before, *edges]))
        # Each bucket of that level is a bucket of the answer: there is nothing to divide it from.
        return chain(reach.divide(before, edges[0]), reach.divide(edges[0], edges[-1], self._whole))

    @property
    def _whole(self) -> int | None:
        """Tell the level of which each bucket is a whole bucket of the answer, if there is one."""
        length = self.edges[1] - self.edges[0]
        lengths = [level.length for level in self.levels]
        if length not in lengths or any(end - start != length for start, end in pairwise(self.edges)):
            return None
        return lengths.index(length) if floor(self.edges[0], length) == self.edges[0] else None

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

    async def _from_levels(self, ranges: dict[int, Ranges]) -> list[Part]:
        times: list[list[int]] = []
        for position in range(len(self.levels)):
            times.append([begin for begin, _ in ranges[position]])
            times.append([end for _, end in ranges[position]])
        query = _levels_query(self.measurement, self.levels, self._whole)
        result = await self.connection.exec_driver_sql(query, (self.device_id, self.edges, *times))
        found: Sequence[Sequence[Any]] = result.all()
        return [(row[0], row[1] - 1, row[2:]) for row in found]  # begins, number, values

    async def _from_readings(self, begins: int, ends: int) -> list[Part]:
        query = _raw_query(self.measurement)
        found = await self.connection.exec_driver_sql(query, (self.device_id, _time(begins), _time(ends)))
        return [
            (row[0], bisect_right(self.edges, row[0]) - 1, _counted(self.measurement, row[1:])) for row in found.all()
        ]


def _cut(begins: int, ends: int, edges: Sequence[int]) -> Ranges:
    """Divide a stretch where buckets of the answer meet."""
    inside = edges[bisect_right(edges, begins) : bisect_left(edges, ends)]
    return list(pairwise([begins, *inside, ends]))


def _seconds(times: Iterable[datetime]) -> list[int]:
    return [int(time.timestamp()) for time in times]


def _time(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


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
def _columns(measurement: Measurement) -> tuple[list[str], list[str], list[str]]:
    """Name the columns of a part: what stands before the rises in `totals.names`, what after, and the counters'."""
    added = ["sample_count", *weights(measurement), *(f"sum_{name}" for name in means(measurement))]
    works = [f"work_{energy.name}" for energy in measurement.energies]
    counted = [f"{part}_{name}" for part in ("first", "last", "inside") for name in counters(measurement)]
    return added, works + maxima(measurement), counted + segment_columns(measurement)


@cache
def _levels_query(measurement: Measurement, levels: Levels, whole: int | None) -> str:
    """Sum up the buckets of ranges, or, of the level `whole`, take each as it is.

    Parameters: device, edges, then for each level the begins and the ends of its ranges. They stand in subqueries so
    that a plan costs the same whatever they are, and PostgreSQL keeps it; making one takes longer than all the rest.
    """
    return " UNION ALL ".join(
        _level_query(measurement, level.table, 3 + 2 * position, one_by_one=position == whole)
        for position, level in enumerate(levels)
    )


def _level_query(measurement: Measurement, table: str, first: int, *, one_by_one: bool) -> str:
    selected = columns(rolled(measurement)) if one_by_one else added_up(rolled(measurement))
    # Seconds since 1970: to write hundreds of times for the database takes longer than to read them there.
    times = ", ".join(f"(SELECT CAST(${number} AS bigint[]))" for number in (first, first + 1))
    # Summed up inside, range by range, so that each looks into its own chunks only; each lies in one bucket.
    begins = "bucket" if one_by_one else "to_timestamp(starts)"
    sums = (
        f"SELECT {begins} AS begins, width_bucket({begins}, CAST($2 AS timestamptz[])) AS number, "
        f"{', '.join(selected)} FROM {table} "
        "WHERE device_id = (SELECT CAST($1 AS text)) AND bucket >= to_timestamp(starts) AND bucket < to_timestamp(ends)"
        f"{'' if one_by_one else ' HAVING count(*) > 0'}"
    )
    listed = ", ".join(chain(("begins", "number"), *_columns(measurement)))
    return f"SELECT {listed} FROM unnest({times}) AS ranges(starts, ends) CROSS JOIN LATERAL ({sums}) AS sums"


@cache
def _raw_query(measurement: Measurement) -> str:
    """Sum up the quarters of a stretch of readings; parameters: device, begin, end."""
    found = uncounted_quarters(rolled(measurement), "device_id = $1 AND ts >= $2 AND ts < $3")
    added, works, _ = _columns(measurement)
    read = [f"values_{name}" for name in counters(measurement)]
    if measurement.segment:
        read += [f"meters_{name}" for name in counters(measurement)]
    return f"SELECT bucket, {', '.join([*added, *works, *read])} FROM ({found}) AS found"


def _counted(measurement: Measurement, values: Sequence[Any]) -> list[Any]:
    """Bring a row of `_raw_query`, without its bucket, into the order of `_columns`."""
    added, works, _ = _columns(measurement)
    uncounted, width = len(added) + len(works), len(counters(measurement))
    read, meters = values[uncounted : uncounted + width], values[uncounted + width :]
    ends = [(shown[0], shown[-1]) if shown else (None, None) for shown in read]
    inside = [_inside(shown, meters[at] if meters else repeat(None)) for at, shown in enumerate(read)]
    segments = [meter for named in meters for meter in ((named[0], named[-1]) if named else (None, None))]
    firsts, lasts = zip(*ends, strict=True) if ends else ((), ())
    return [*values[:uncounted], *firsts, *lasts, *inside, *segments]


def _inside(shown: Sequence[float] | None, meters: Iterable[str | None]) -> float | None:
    """Give what a counter gained from reading to reading."""
    if shown is None:
        return None
    read = pairwise(zip(shown, meters, strict=False))
    return sum((new - old for (old, was), (new, by) in read if new > old and not is_another(was, by)), start=0.0)


def _together(measurement: Measurement, parts: Sequence[Part]) -> dict[int, Totals]:
    """Add up the parts of each bucket; in order of time, because counters gain from one part to the next."""
    found: dict[int, Totals] = {}
    if not parts:
        return found
    added, works, _ = _columns(measurement)
    listed = list(zip(*(values for _, _, values in parts), strict=True))
    rises = _rises(measurement, listed[len(added) + len(works) :])
    rows = zip(*listed[: len(added)], *rises, *listed[len(added) : len(added) + len(works)], strict=True)
    for (_, number, _), row in zip(parts, rows, strict=True):
        if number != _BEFORE:
            found[number] = add(measurement, found[number], row) if number in found else row
    return found


def _rises(measurement: Measurement, counted: Sequence[Sequence[Any]]) -> Iterator[list[float | None]]:
    """Give what each counter gained inside each part and since the one before."""
    width = len(counters(measurement))
    for at in range(width):
        segments = counted[3 * width + 2 * at : 3 * width + 2 * at + 2] or (repeat(None), repeat(None))
        yield _rise(zip(counted[at], counted[width + at], counted[2 * width + at], *segments, strict=False))


def _rise(parts: Iterable[tuple[Any, ...]]) -> list[float | None]:
    rises: list[float | None] = []
    stood: float | None = None
    meter: str | None = None
    for first, last, inside, first_meter, last_meter in parts:
        if first is None:
            rises.append(None)
            continue
        gained = stood is not None and first > stood and not is_another(meter, first_meter)
        rises.append(inside + (first - stood) if gained else inside)
        stood, meter = last, last_meter
    return rises

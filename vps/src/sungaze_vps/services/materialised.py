"""Adds up buckets of any length from what TimescaleDB has materialised, and from readings where it has not yet."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.aggregates import added_up, quarters
from sungaze_vps.db.materialised import Levels, rolled
from sungaze_vps.db.models import EPOCH, counters, maxima, samples_table, sums, weights
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.rollups import DAY, QUARTER, floor
from sungaze_vps.services.stretches import RAW, Reach, Stretch

type Row = dict[str, Any]

_BEFORE = -1
"""Number of the bucket in front of the first, which tells where the counters stood."""
_TIMES = postgresql.ARRAY(postgresql.TIMESTAMP(timezone=True))


async def totals(
    connection: AsyncConnection, measurement: Measurement, levels: Levels, device_id: str, edges: Sequence[datetime]
) -> dict[int, Row]:
    """Add up what lies between each two neighbouring edges; number of the bucket -> totals."""
    reach, before = await _reach(connection, measurement, levels, device_id, edges)
    stretches = list(reach.divide(before, edges[0], _BEFORE))
    for number, (start, end) in enumerate(pairwise(edges)):
        stretches += reach.divide(start, end, number)
    parts = await _materialised(connection, measurement, levels, device_id, stretches)
    for start, end in _joined(stretch for stretch in stretches if stretch.level == RAW):
        query = _raw_query(measurement)
        found = await connection.execute(query, {"device_id": device_id, "start": start, "end": end})
        parts += [(row["bucket"], bisect_right(edges, row["bucket"]) - 1, row) for row in map(dict, found.mappings())]
    return _together(measurement, sorted(parts, key=lambda part: part[0]))


async def _reach(
    connection: AsyncConnection, measurement: Measurement, levels: Levels, device_id: str, edges: Sequence[datetime]
) -> tuple[Reach, datetime]:
    """Find how far the rollups go, and the day before the first edge from which on all counters were last seen."""
    query = _reach_query(measurement, levels)
    day = floor(edges[0], DAY)
    state = (await connection.execute(query, {"device_id": device_id, "day": day, "end": edges[-1]})).mappings().one()
    lengths = [level.length for level in levels]
    ends = [EPOCH if state[f"last_{n}"] is None else state[f"last_{n}"] + length for n, length in enumerate(lengths)]
    days = [late for late in state["late"] if late < day]
    days += [state["heard"]] if state["heard"] is not None else []
    if not days:
        first = await connection.scalar(_first_query(measurement), {"device_id": device_id})
        days = [] if first is None else [floor(first, QUARTER)]
    return Reach(lengths, ends, state["late"]), min(edges[0], max(days, default=edges[0]))


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
    listed = f"least({', '.join(heard)}) AS heard, ARRAY({late}) AS late"
    time = sa.TIMESTAMP(timezone=True)
    return sa.text(f"SELECT {', '.join(last)}, {listed}").bindparams(
        sa.bindparam("day", type_=time), sa.bindparam("end", type_=time)
    )


@cache
def _first_query(measurement: Measurement) -> sa.Select[Any]:
    table = samples_table(measurement)
    return sa.select(table.c.ts).where(table.c.device_id == sa.bindparam("device_id")).order_by(table.c.ts).limit(1)


async def _materialised(
    connection: AsyncConnection, measurement: Measurement, levels: Levels, device_id: str, stretches: Sequence[Stretch]
) -> list[tuple[datetime, int, Row]]:
    parts = []
    for position, level in enumerate(levels):
        here = [stretch for stretch in stretches if stretch.level == position]
        if not here:
            continue
        found = await connection.execute(
            _level_query(measurement, level.table),
            {
                "device_id": device_id,
                "numbers": list(range(len(here))),
                "starts": [stretch.start for stretch in here],
                "ends": [stretch.end for stretch in here],
            },
        )
        for row in map(dict, found.mappings()):
            stretch = here[row.pop("number")]
            parts.append((stretch.start, stretch.bucket, row))
    return parts


@cache
def _level_query(measurement: Measurement, table: str) -> sa.TextClause:
    return sa.text(
        f"SELECT number, {', '.join(added_up(rolled(measurement)))} "
        "FROM unnest(CAST(:numbers AS int[]), :starts, :ends) AS stretches(number, begins, ends) "
        f"JOIN {table} ON device_id = :device_id AND bucket >= begins AND bucket < ends GROUP BY number"
    ).bindparams(sa.bindparam("starts", type_=_TIMES), sa.bindparam("ends", type_=_TIMES))


@cache
def _raw_query(measurement: Measurement) -> sa.TextClause:
    time = sa.TIMESTAMP(timezone=True)
    return sa.text(quarters(rolled(measurement), "device_id = :device_id AND ts >= :start AND ts < :end")).bindparams(
        sa.bindparam("start", type_=time), sa.bindparam("end", type_=time)
    )


def _joined(stretches: Iterable[Stretch]) -> list[tuple[datetime, datetime]]:
    """Put stretches that touch together."""
    joined: list[tuple[datetime, datetime]] = []
    for stretch in stretches:
        start = joined.pop()[0] if joined and joined[-1][1] == stretch.start else stretch.start
        joined.append((start, stretch.end))
    return joined


def _together(measurement: Measurement, parts: Iterable[tuple[datetime, int, Row]]) -> dict[int, Row]:
    """Add up the parts of each bucket; in order of time, because counters gain from one part to the next."""
    additive = ["sample_count", *weights(measurement), *sums(measurement)]
    stood: Row = {}
    found: dict[int, Row] = {}
    for _, number, part in parts:
        for name in counters(measurement):
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


def _rise(part: Row, name: str, stood: Row) -> float | None:
    """Give what a counter gained inside a part and since the one before; `stood` tells where it was and is."""
    first: float | None = part[f"first_{name}"]
    if first is None:
        return None
    rise: float = part[f"inside_{name}"] + max(0.0, first - stood.get(name, first))
    stood[name] = part[f"last_{name}"]
    return rise

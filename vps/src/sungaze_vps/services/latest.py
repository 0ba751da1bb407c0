"""The newest reading of a device, and which devices there are."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.levels import find_levels, forget_levels
from sungaze_vps.db.models import samples_table
from sungaze_vps.db.session import reading
from sungaze_vps.measurement import Measurement

_DAY = timedelta(days=1)
_ALL_IS_ROLLED_UP = sa.text("SELECT readings_kept_since() = '-infinity'")

type Measurements = Mapping[str, Measurement]
"""Kind -> measurement."""
type Query = Callable[[Measurement], sa.Select[Any]]


async def latest(engine: AsyncEngine, measurements: Measurements, device_id: str) -> dict[str, Any] | None:
    """Give the newest reading of a device over all kinds, as the flat object of the wire; None when there is none."""
    kinds = tuple(measurements.values())
    async with reading(engine) as connection:
        for query in _NEWEST:
            if not (asked := await _worth_asking(connection, query, kinds, device_id)):
                continue
            row = (await connection.execute(_side_by_side(asked, query), {"device_id": device_id})).one()
            found = _parted(asked, row)
            if found:  # what is older than this is not the newest
                newest = max(found, key=itemgetter("ts"))
                return {
                    name: render_ts(value) if isinstance(value, datetime) else value for name, value in newest.items()
                }
    return None


async def newest_kind(engine: AsyncEngine, measurements: Measurements, device_id: str) -> str | None:
    """Name the kind of the newest reading of a device; None when there is none."""
    kinds = tuple(measurements.values())
    async with reading(engine) as connection:
        newest = await _newest(connection, kinds, device_id)
    return None if newest is None else newest[1].kind


async def choose_measurement(
    engine: AsyncEngine, measurements: Measurements, device_id: str, kind: str | None
) -> Measurement:
    """Give the kind asked for; without one, that of the device's newest reading, or the plain one before the first."""
    kind = kind or await newest_kind(engine, measurements, device_id)
    if kind is not None:
        return measurements[kind]
    return next(measurement for measurement in measurements.values() if measurement.marker is None)


async def _newest(
    connection: AsyncConnection, kinds: tuple[Measurement, ...], device_id: str
) -> tuple[datetime, Measurement] | None:
    """Give the time and the kind of the newest reading of a device; None when there is none."""
    for query in _NEWEST:
        if not (asked := await _worth_asking(connection, query, kinds, device_id)):
            continue
        times = (await connection.execute(_newest_times(asked, query), {"device_id": device_id})).one()
        found = [(ts, kind) for ts, kind in zip(times, asked, strict=True) if ts is not None]
        if found:  # what is older than this is not the newest
            return max(found, key=itemgetter(0))
    return None


@cache
def _newest_times(kinds: tuple[Measurement, ...], query: Query) -> sa.Select[Any]:
    """Select one row with the time of the newest reading of each kind."""
    return sa.select(*(_only_ts(kind, query).scalar_subquery().label(kind.kind) for kind in kinds))


def _only_ts(measurement: Measurement, query: Query) -> sa.Select[Any]:
    return query(measurement).with_only_columns(samples_table(measurement).c.ts)


@cache
def _side_by_side(kinds: tuple[Measurement, ...], query: Query) -> sa.Select[Any]:
    """Select one row with the newest reading of each kind, or nulls: one round trip for all."""
    joined: sa.FromClause = sa.select(sa.literal(1).label("one")).subquery("one")
    columns: list[sa.ColumnElement[Any]] = []
    for kind in kinds:
        newest = query(kind).subquery(kind.kind)
        joined = joined.outerjoin(newest, sa.true())
        columns += [column.label(f"{kind.kind}_{column.name}") for column in newest.c]
    return sa.select(*columns).select_from(joined)


def _parted(kinds: Iterable[Measurement], row: Sequence[Any]) -> list[dict[str, Any]]:
    """Take the readings of such a row apart."""
    found, at = [], 0
    for kind in kinds:
        names = samples_table(kind).c.keys()
        device_id, *values = row[at : at + len(names)]
        at += len(names)
        if device_id is not None:
            found.append({"device_id": device_id, "kind": kind.kind, **dict(zip(names[1:], values, strict=True))})
    return found


async def devices(engine: AsyncEngine, measurements: Measurements, device_ids: Collection[str]) -> list[dict[str, Any]]:
    """Give `{device_id, kind, first_seen, last_seen}` of each device and kind that has readings, in order of name."""
    found = []
    async with reading(engine) as connection:
        for device_id in sorted(device_ids):
            for kind, measurement in measurements.items():
                span = await find_span(connection, measurement, device_id)
                if span is not None:
                    first, last = span
                    seen = {"first_seen": render_ts(first), "last_seen": render_ts(last)}
                    found.append({"device_id": device_id, "kind": kind, **seen})
    return found


def render_ts(ts: datetime) -> str:
    """Write a UTC time as the contract wants it: milliseconds and `Z`."""
    return ts.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def find_span(
    connection: AsyncConnection, measurement: Measurement, device_id: str
) -> tuple[datetime, datetime] | None:
    """Give the times of the first and of the newest reading of a device; None when there is none."""
    found = await _newest(connection, (measurement,), device_id)
    if found is None:
        return None
    newest, _ = found
    since = await _begin_of_rollups(connection, measurement, device_id)
    table = samples_table(measurement)
    first_query = sa.select(table.c.ts).where(table.c.device_id == device_id).order_by(table.c.ts).limit(1)
    if since is not None:
        first_query = first_query.where(table.c.ts >= since, table.c.ts < since + _DAY)
    first: datetime | None = await connection.scalar(first_query)
    return first or since or newest, newest  # the first readings may have been dropped


async def _worth_asking(
    connection: AsyncConnection, query: Query, kinds: tuple[Measurement, ...], device_id: str
) -> tuple[Measurement, ...]:
    """Give the kinds of which one of `_NEWEST` may find a reading of a device."""
    in_chunks = [kind for kind in kinds if await find_levels(connection, kind)]
    if query is recent_query:
        return kinds if in_chunks else ()
    try:
        if not in_chunks or not await connection.scalar(_ALL_IS_ROLLED_UP):
            return kinds
        # What is neither in the rollups nor marked as late is recent, and was not found; years of chunks are spared.
        unknown = [kind for kind in in_chunks if await _begin_of_rollups(connection, kind, device_id) is None]
    except ProgrammingError:  # the rollups were taken away meanwhile
        forget_levels(connection.engine)
        return kinds
    return tuple(kind for kind in kinds if kind not in unknown)


async def _begin_of_rollups(connection: AsyncConnection, measurement: Measurement, device_id: str) -> datetime | None:
    levels = await find_levels(connection, measurement)
    if not levels:
        return None
    quarter = f"SELECT bucket FROM {levels[-1].table} WHERE device_id = :device_id ORDER BY bucket LIMIT 1"
    late = f"SELECT min(day) FROM {measurement.kind}_late WHERE device_id = :device_id"
    begin: datetime | None = await connection.scalar(
        sa.text(f"SELECT least(({quarter}), ({late}))"), {"device_id": device_id}
    )
    return begin


@cache
def latest_query(measurement: Measurement) -> sa.Select[Any]:
    """Select the newest reading of `:device_id`: one step backwards along the key."""
    table = samples_table(measurement)
    newest_first = sa.select(table).where(table.c.device_id == sa.bindparam("device_id")).order_by(table.c.ts.desc())
    return newest_first.limit(1)


@cache
def recent_query(measurement: Measurement) -> sa.Select[Any]:
    """Select the newest reading of `:device_id` if it is not older than a week."""
    return latest_query(measurement).where(
        samples_table(measurement).c.ts >= sa.func.now() - sa.text("interval '7 days'")
    )


_NEWEST = (recent_query, latest_query)
"""In the order to try: a few chunks first, because to plan for those of five years takes longer than anything else."""

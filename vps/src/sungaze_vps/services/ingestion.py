"""Stores batches of readings: set-based, idempotent, committed before it returns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.heard import CELL_S, HEAR, heard_of
from sungaze_vps.db.levels import find_levels
from sungaze_vps.db.models import samples_table, to_millis
from sungaze_vps.db.session import WRITER
from sungaze_vps.measurement import Measurement
from sungaze_vps.services import rollups

type Row = tuple[Any, ...]
"""`(device_id, ts, sample_count, *values)`: ts aware, in UTC, whole milliseconds; values in order of the fields."""
type Batches = Mapping[Measurement, Sequence[Row]]

_SQLITE = make_url("sqlite+aiosqlite://").get_dialect()()
_LATE_AFTER = "15 minutes"
"""Half of the time that the aggregates leave open (`db/timescale.py`): what is younger cannot be missing in them."""
_LOCK_DEVICES = sa.text(
    "SELECT pg_advisory_xact_lock(hashtextextended(device_id, 0)) FROM unnest(CAST(:devices AS text[])) AS device_id"
)


async def store(engine: AsyncEngine, batches: Batches) -> int:
    """Store readings and bring their rollups up to date in one transaction, committed when this returns.

    A reading whose `(device_id, ts)` is stored already, or stands earlier in the batch, is left out.

    Returns:
        The number of readings that were really inserted.
    """
    batches = {measurement: rows for measurement, rows in batches.items() if rows}
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            if all([await find_levels(connection, measurement) for measurement in batches]):
                return await _store_materialised(connection, batches)
    inserted = 0
    async with engine.execution_options(**WRITER).begin() as connection:
        await _lock(connection, {row[0] for rows in batches.values() for row in rows})
        for measurement, rows in batches.items():
            new = await _insert(connection, measurement, rows, materialised=False)
            if new:
                await rollups.refresh(connection, measurement, ((row[0], row[1]) for row in rows))
            inserted += new
    return inserted


async def _store_materialised(connection: AsyncConnection, batches: Batches) -> int:
    """Store readings whose rollups TimescaleDB makes: one kind is one statement and its own transaction."""
    if len(batches) == 1:
        await connection.rollback()  # whoever looked for the aggregates first has begun a transaction
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
    # In order of the key: batches with the same readings wait for each other instead of deadlocking.
    inserted = [
        await _insert(connection, measurement, sorted(rows, key=_key), materialised=True)
        for measurement, rows in batches.items()
    ]
    await connection.commit()
    return sum(inserted)


def _key(row: Row) -> Row:
    return row[:2]


async def _lock(connection: AsyncConnection, devices: set[str]) -> None:
    """Let one transaction at a time write a device.

    A rollup is computed from all readings of its quarter, so two writers that cannot see each other's readings would
    each leave out the other's. Locking in order also keeps batches from deadlocking. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(_LOCK_DEVICES, {"devices": sorted(devices)})


async def _insert(
    connection: AsyncConnection, measurement: Measurement, rows: Sequence[Row], *, materialised: bool
) -> int:
    if connection.dialect.name == "sqlite":
        plain = [(row[0], to_millis(row[1]), *row[2:]) for row in rows]
        if any(field.type == "time" for field in measurement.fields):
            plain = [
                tuple(to_millis(value) if isinstance(value, datetime) else value for value in row) for row in plain
            ]
        await connection.exec_driver_sql(HEAR, _heard(measurement, plain))
        return (await connection.exec_driver_sql(_sqlite_insert(measurement), plain)).rowcount
    # One array of rows of the table's own type: the driver encodes them twice as fast as an array per column, and the
    # server reads them as fast as COPY into a temporary table, without the five round trips.
    statement = _insert_rows(measurement, materialised=materialised)
    return int((await connection.exec_driver_sql(statement, (list(rows),))).scalar_one())


def _heard(measurement: Measurement, rows: Iterable[Row]) -> list[Row]:
    """Give the half minutes of readings, their times in milliseconds, as `HEAR` takes them."""
    quarters: dict[tuple[str, str, int], int] = {}
    for device_id, ts, *_ in rows:
        quarter, inside = divmod(ts, 900_000)
        key = (device_id, measurement.kind, quarter * 900_000)
        quarters[key] = quarters.get(key, 0) | 1 << inside // (CELL_S * 1000)
    return [(*key, cells) for key, cells in quarters.items()]


@cache
def _sqlite_insert(measurement: Measurement) -> str:
    # Not INSERT OR IGNORE, which would swallow a row that breaks any constraint, not only a known key.
    return str(sqlite.insert(samples_table(measurement)).on_conflict_do_nothing().compile(dialect=_SQLITE))


@cache
def _insert_rows(measurement: Measurement, *, materialised: bool) -> str:
    """Insert what is new of a set of rows, count it and hear it; where rollups are materialised, mark days as late."""
    table = samples_table(measurement)
    new = (
        f"INSERT INTO {table.name} ({', '.join(table.c.keys())}) SELECT * FROM unnest($1::{table.name}[]) "
        "ON CONFLICT DO NOTHING RETURNING device_id, ts"
    )
    late = (
        f"INSERT INTO {measurement.kind}_late SELECT DISTINCT device_id, date_trunc('day', ts, 'UTC'), "
        "CAST(CAST(pg_current_xact_id() AS text) AS bigint) FROM new "
        f"WHERE ts < now() - interval '{_LATE_AFTER}' AND ts >= readings_kept_since() ORDER BY 1, 2 "
        "ON CONFLICT (device_id, day) DO UPDATE SET mark = excluded.mark"
    )
    parts = {"new": new, "heard_now": heard_of(measurement.kind, "new")} | ({"late": late} if materialised else {})
    return f"WITH {', '.join(f'{name} AS ({part})' for name, part in parts.items())} SELECT count(*) FROM new"

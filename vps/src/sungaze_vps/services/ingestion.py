"""Stores batches of readings: set-based, idempotent, committed before it returns."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.materialised import find_levels
from sungaze_vps.db.models import samples_table, to_millis
from sungaze_vps.db.session import WRITER
from sungaze_vps.measurement import Measurement
from sungaze_vps.services import rollups

type Row = tuple[Any, ...]
"""`(device_id, ts, sample_count, *values)`: ts aware, in UTC, whole milliseconds; values in order of the fields."""
type Batches = Mapping[Measurement, Sequence[Row]]

_SQLITE = make_url("sqlite+aiosqlite://").get_dialect()()
_POSTGRESQL = make_url("postgresql+asyncpg://").get_dialect()()
_COPY_FROM_ROWS = 200
"""From this size on the detour through a temporary table pays (bench/ingest.py)."""
_LATE_AFTER = "30 minutes"
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
    """Store readings whose rollups TimescaleDB makes: a small batch is one statement and its own transaction."""
    if len(batches) == 1 and len(next(iter(batches.values()))) < _COPY_FROM_ROWS:
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
        return (await connection.exec_driver_sql(_sqlite_insert(measurement), plain)).rowcount
    if len(rows) >= _COPY_FROM_ROWS:
        await _copy(connection, measurement, rows)
        result = await connection.exec_driver_sql(_insert_incoming(measurement, materialised=materialised))
    else:
        columns = list(zip(*rows, strict=True))
        # A device that lacks half of the fields should not cost half of the time.
        present = tuple(number for number, column in enumerate(columns) if column.count(None) < len(column))
        statement = _insert_arrays(measurement, present, materialised=materialised)
        result = await connection.exec_driver_sql(statement, tuple(list(columns[number]) for number in present))
    return int(result.scalar_one())


async def _copy(connection: AsyncConnection, measurement: Measurement, rows: Sequence[Row]) -> None:
    """Fill a temporary table; the driver encodes records several times faster than arrays."""
    incoming = f"incoming_{measurement.samples_table}"
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, asyncpg.Connection):  # pragma: no cover (a connection in a transaction has one)
        raise TypeError("the connection to PostgreSQL is gone")
    await connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} (LIKE {measurement.samples_table}) ON COMMIT DELETE ROWS"
    )
    await driver.copy_records_to_table(incoming, records=rows)


@cache
def _sqlite_insert(measurement: Measurement) -> str:
    # Not INSERT OR IGNORE, which would swallow a row that breaks any constraint, not only a known key.
    return str(sqlite.insert(samples_table(measurement)).on_conflict_do_nothing().compile(dialect=_SQLITE))


@cache
def _insert_arrays(measurement: Measurement, present: tuple[int, ...], *, materialised: bool) -> str:
    columns = [list(samples_table(measurement).c)[number] for number in present]
    arrays = [
        f"${position}::{postgresql.ARRAY(column.type.dialect_impl(_POSTGRESQL)).compile(dialect=_POSTGRESQL)}"
        for position, column in enumerate(columns, start=1)
    ]
    names = [column.name for column in columns]
    return _counting(measurement, names, f"unnest({', '.join(arrays)})", materialised=materialised)


@cache
def _insert_incoming(measurement: Measurement, *, materialised: bool) -> str:
    table = samples_table(measurement)
    return _counting(measurement, list(table.c.keys()), f"incoming_{table.name}", materialised=materialised)


def _counting(measurement: Measurement, names: Sequence[str], source: str, *, materialised: bool) -> str:
    """Insert what is new of a set of rows and count it; where the rollups are materialised, mark days that are late."""
    new = (
        f"INSERT INTO {measurement.samples_table} ({', '.join(names)}) SELECT * FROM {source} "
        "ON CONFLICT DO NOTHING RETURNING device_id, ts"
    )
    late = (
        f"INSERT INTO {measurement.kind}_late SELECT DISTINCT device_id, date_trunc('day', ts, 'UTC'), "
        "CAST(CAST(pg_current_xact_id() AS text) AS bigint) FROM new "
        f"WHERE ts < now() - interval '{_LATE_AFTER}' ORDER BY 1, 2 "
        "ON CONFLICT (device_id, day) DO UPDATE SET mark = excluded.mark"
    )
    return f"WITH new AS ({new}){f', late AS ({late})' if materialised else ''} SELECT count(*) FROM new"

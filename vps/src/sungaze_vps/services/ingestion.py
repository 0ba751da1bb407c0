"""Stores batches of readings: set-based, idempotent, committed before it returns."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.models import samples_table, to_millis
from sungaze_vps.db.session import WRITER
from sungaze_vps.measurement import Measurement
from sungaze_vps.services import rollups

type Row = tuple[Any, ...]
"""`(device_id, ts, sample_count, *values)`: ts aware, in UTC, whole milliseconds; values in order of the fields."""

_SQLITE = make_url("sqlite+aiosqlite://").get_dialect()()
_POSTGRESQL = make_url("postgresql+asyncpg://").get_dialect()()
_COPY_FROM_ROWS = 200
"""From this size on the detour through a temporary table pays (bench/ingest.py)."""
_LOCK_DEVICES = sa.text(
    "SELECT pg_advisory_xact_lock(hashtextextended(device_id, 0)) FROM unnest(CAST(:devices AS text[])) AS device_id"
)


async def store(engine: AsyncEngine, batches: Mapping[Measurement, Sequence[Row]]) -> int:
    """Store readings and bring their rollups up to date in one transaction, committed when this returns.

    A reading whose `(device_id, ts)` is stored already, or stands earlier in the batch, is left out.

    Returns:
        The number of readings that were really inserted.
    """
    inserted = 0
    async with engine.execution_options(**WRITER).begin() as connection:
        await _lock(connection, {row[0] for rows in batches.values() for row in rows})
        for measurement, rows in batches.items():
            if not rows:
                continue
            new = await _insert(connection, measurement, rows)
            if new:
                await rollups.refresh(connection, measurement, ((row[0], row[1]) for row in rows))
            inserted += new
    return inserted


async def _lock(connection: AsyncConnection, devices: set[str]) -> None:
    """Let one transaction at a time write a device.

    A rollup is computed from all readings of its quarter, so two writers that cannot see each other's readings would
    each leave out the other's. Locking in order also keeps batches from deadlocking. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(_LOCK_DEVICES, {"devices": sorted(devices)})


async def _insert(connection: AsyncConnection, measurement: Measurement, rows: Sequence[Row]) -> int:
    if connection.dialect.name == "sqlite":
        plain = [(row[0], to_millis(row[1]), *row[2:]) for row in rows]
        return (await connection.exec_driver_sql(_sqlite_insert(measurement), plain)).rowcount
    if len(rows) >= _COPY_FROM_ROWS:
        return await _copy(connection, measurement, rows)
    columns = list(zip(*rows, strict=True))
    # A device that lacks half of the fields should not cost half of the time.
    present = tuple(number for number, column in enumerate(columns) if column.count(None) < len(column))
    statement = _postgresql_insert(measurement, present)
    return (await connection.exec_driver_sql(statement, tuple(list(columns[number]) for number in present))).rowcount


async def _copy(connection: AsyncConnection, measurement: Measurement, rows: Sequence[Row]) -> int:
    """Insert through a temporary table; the driver encodes records several times faster than arrays."""
    incoming = f"incoming_{measurement.samples_table}"
    await connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} (LIKE {measurement.samples_table}) ON COMMIT DELETE ROWS"
    )
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:  # pragma: no cover (a connection in a transaction has one)
        raise RuntimeError("the connection to PostgreSQL is gone")
    await driver.copy_records_to_table(incoming, records=rows)
    return (await connection.exec_driver_sql(_postgresql_insert_incoming(measurement))).rowcount


@cache
def _sqlite_insert(measurement: Measurement) -> str:
    # Not INSERT OR IGNORE, which would swallow a row that breaks any constraint, not only a known key.
    return str(sqlite.insert(samples_table(measurement)).on_conflict_do_nothing().compile(dialect=_SQLITE))


@cache
def _postgresql_insert(measurement: Measurement, present: tuple[int, ...]) -> str:
    table = samples_table(measurement)
    columns = [list(table.c)[number] for number in present]
    arrays = [
        sa.bindparam(column.name, type_=postgresql.ARRAY(column.type.dialect_impl(_POSTGRESQL))) for column in columns
    ]
    rows = sa.func.unnest(*arrays).table_valued(*(column.name for column in columns)).render_derived()
    insert = postgresql.insert(table).from_select([column.name for column in columns], sa.select(*rows.c))
    return str(insert.on_conflict_do_nothing().compile(dialect=_POSTGRESQL))


@cache
def _postgresql_insert_incoming(measurement: Measurement) -> str:
    table = samples_table(measurement)
    incoming = table.to_metadata(sa.MetaData(), name=f"incoming_{table.name}")
    insert = postgresql.insert(table).from_select(list(table.c.keys()), sa.select(incoming))
    return str(insert.on_conflict_do_nothing().compile(dialect=_POSTGRESQL))

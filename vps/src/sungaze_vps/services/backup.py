"""Takes all readings out of a database into a backup, and puts those of a backup into a database."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from io import RawIOBase
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.migrate import sum_up
from sungaze_vps.db.models import samples_table
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.archive import ROWS_PER_BLOCK, ArchiveWriter, Contents, total
from sungaze_vps.services.archive_reader import Batch
from sungaze_vps.services.ingestion import store

type Kinds = Mapping[str, Measurement]
"""Name -> kind."""
type Report = Callable[[int, float], None]
"""Hears how many readings are done, and which share of all, from 0 to 1."""

_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


async def back_up(engine: AsyncEngine, kinds: Kinds, target: RawIOBase, now: datetime, report: Report) -> Contents:
    """Write everything that was committed when this began; what is stored meanwhile is neither waited for nor in it.

    Args:
        engine: of the database, with the schema of this version.
        kinds: what to write.
        target: see `ArchiveWriter`.
        now: written into the backup.
        report: is called after each block; the share is that of the time covered, because counting would take long.

    Raises:
        BackupError: the target cannot be written.
    """
    on_postgresql = engine.dialect.name == "postgresql"
    async with (engine.execution_options(**_SNAPSHOT) if on_postgresql else engine).connect() as connection:
        if on_postgresql:
            await _hold_still(connection, kinds)
        writer = ArchiveWriter(target, kinds, made_at=now, schema=await _schema(connection))
        spans = [(kind, *span) for kind in kinds.values() for span in await _spans(connection, kind)]
        covered = sum(_length(first, last) for _, _, first, last in spans)
        before = 0.0
        for measurement, device_id, first, last in spans:
            async for rows in _readings(connection, measurement, device_id):
                writer.write(measurement.kind, device_id, rows)
                report(total(writer.contents), (before + _length(first, rows[-1][0])) / covered)
            before += _length(first, last)
        writer.finish()
    return writer.contents


async def restore(engine: AsyncEngine, batches: Iterable[Batch], readings: int, report: Report) -> int:
    """Store the readings of a backup as if they arrived now, each batch on its own.

    What is stored already stays as it is, so that a restore which was cut short is simply run again.

    Args:
        engine: of the database, with the schema of this version.
        batches: of an `ArchiveReader` that was read to its end once before.
        readings: how many there are in all of them.
        report: is called after each batch.

    Returns:
        The number of readings that were not there before.
    """
    inserted = done = 0
    for measurement, rows in batches:
        inserted += await store(engine, {measurement: rows})
        done += len(rows)
        report(done, done / readings)
    await sum_up(engine)
    return inserted


async def _hold_still(connection: AsyncConnection, kinds: Kinds) -> None:
    """Keep the tables from being truncated under the snapshot, which would show them empty; writers go on.

    The locks come first: the snapshot is that of the first query after them.
    """
    for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
        await connection.exec_driver_sql(f"SET LOCAL {setting} = 0")
    for measurement in kinds.values():
        await connection.exec_driver_sql(f"LOCK TABLE {measurement.samples_table} IN ACCESS SHARE MODE")


async def _schema(connection: AsyncConnection) -> str:
    revision = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return str(revision)


async def _spans(connection: AsyncConnection, measurement: Measurement) -> list[tuple[str, datetime, datetime]]:
    """Give each device with the times of its first and last reading, a few steps along the key for each."""
    table = samples_table(measurement)
    of_device = sa.select(table.c.ts).where(table.c.device_id == sa.bindparam("device_id")).limit(1)
    ends = sa.select(
        of_device.order_by(table.c.ts).scalar_subquery(), of_device.order_by(table.c.ts.desc()).scalar_subquery()
    )
    after = sa.select(table.c.device_id).where(table.c.device_id > sa.bindparam("device_id"))
    after = after.order_by(table.c.device_id).limit(1)
    spans, device_id = [], await connection.scalar(after, {"device_id": ""})
    while device_id is not None:
        first, last = (await connection.execute(ends, {"device_id": device_id})).one()
        spans.append((device_id, first, last))
        device_id = await connection.scalar(after, {"device_id": device_id})
    return spans


def _length(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() + 1  # a device with one reading counts, too


async def _readings(
    connection: AsyncConnection, measurement: Measurement, device_id: str
) -> AsyncIterator[list[tuple[Any, ...]]]:
    """Give a device's readings block by block; the database keeps what was not asked for yet."""
    table = samples_table(measurement)
    values = [column for column in table.c if column.name != "device_id"]
    query = sa.select(*values).where(table.c.device_id == device_id).order_by(table.c.ts)
    result = await connection.stream(query, execution_options={"yield_per": ROWS_PER_BLOCK})
    async for rows in result.partitions():
        yield [tuple(row) for row in rows]

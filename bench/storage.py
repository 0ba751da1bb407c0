"""Bytes a sample takes before and after compression, by column: synthetic years, and days of the simulator's house."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import asyncpg
from database import KEPT, Database, serving
from samples import SUNGROW, Row
from years import make, name_of

from sungaze_sim.house import House
from sungaze_sim.profile import Profile
from sungaze_sim.world import HouseWorld

TARGET_BYTES = 15
_DAYS = 14
_INTERVAL = timedelta(seconds=5)
_COMPRESS = "SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('sungrow_samples') AS chunk"
_STATISTICS = """
SELECT sum(before_compression_total_bytes) AS before, sum(after_compression_total_bytes) AS after
FROM chunk_columnstore_stats('sungrow_samples') WHERE compression_status = 'Compressed'
"""
_COMPRESSED_TABLES = """
SELECT CAST(CAST(oid AS regclass) AS text) FROM pg_class
WHERE relname LIKE '%!_compressed' ESCAPE '!' AND relkind = 'r'
AND relnamespace = CAST('_timescaledb_internal' AS regnamespace)
AND reltuples > 0 ORDER BY oid DESC LIMIT 20
"""
_MOST_COSTLY = 8


class _HouseClock:
    """The time of the house goes on as asked."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.now(UTC)


def main(years: float) -> dict[str, float]:
    """Print a table for each source of readings; give the bytes of the living house."""
    with serving(KEPT / "postgresql") as database:
        if not database.has_timescaledb:
            print("storage: there is no compression without TimescaleDB")
            return {}
        make(database, years)
        print(f"storage, {database.product}; target below {TARGET_BYTES} bytes a sample")
        asyncio.run(_report(database, name_of(years), f"{years:g} synthetic years"))
        return {"bytes per sample": asyncio.run(_living_house(database))}


async def _living_house(database: Database) -> float:
    name = f"house_{time.time_ns()}"
    await asyncio.to_thread(database.migrated, name)
    try:
        connection = await database.connect(name)
        for day in _days():
            await connection.copy_records_to_table(SUNGROW.samples_table, records=day)
        await connection.execute(_COMPRESS)
        await connection.execute("ANALYZE")
        await connection.close()
        return await _report(database, name, f"{_DAYS} days of the living house")
    finally:
        connection = await database.connect()
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


def _days() -> list[list[Row]]:
    """Live for some days and read the inverter's registers every 5 s, as an edge does."""
    profile, clock = Profile(), _HouseClock()
    start = datetime(2026, 6, 1, tzinfo=UTC)
    world = HouseWorld(House(start, spec=profile.house_spec()), profile, clock=clock)
    names, days = [field.name for field in SUNGROW.fields], []
    for _ in range(_DAYS):
        day = []
        for _ in range(timedelta(days=1) // _INTERVAL):
            truth = world.snapshot().truth
            at = start + timedelta(seconds=clock.seconds)
            day.append(("home", at, 1, *(_column(name, truth) for name in names)))
            clock.seconds += _INTERVAL.total_seconds()
        days.append(day)
    return days


def _column(name: str, truth: object) -> object:
    return "Running" if name == "running_state" else truth.get(name)


async def _report(database: Database, name: str, title: str) -> float:
    connection = await database.connect(name)
    stats = await connection.fetchrow(_STATISTICS)
    costs, samples = await _costs(connection)
    rows = await connection.fetchval(
        "SELECT count(*) FROM sungrow_samples WHERE ts < (SELECT max(range_end) "
        "FROM timescaledb_information.chunks WHERE hypertable_name = 'sungrow_samples' AND is_compressed)"
    )
    await connection.close()
    before, after = stats["before"] / rows, stats["after"] / rows
    print(
        f"{title}: {rows:,} samples, {before:.0f} bytes each before and {after:.1f} after: {before / after:.1f} x less"
    )
    listed = sorted(costs.items(), key=lambda cost: -cost[1])[:_MOST_COSTLY]
    print("  most costly: " + ", ".join(f"{column} {size / samples:.2f}" for column, size in listed))
    return after


async def _costs(connection: asyncpg.Connection) -> tuple[dict[str, int], int]:
    """Add up the bytes of each column over some compressed chunks; and the samples in them."""
    costs: dict[str, int] = {}
    samples = 0
    for (table,) in await connection.fetch(_COMPRESSED_TABLES):
        columns = [
            attribute.name for attribute in (await connection.prepare(f"SELECT * FROM {table}")).get_attributes()
        ]
        sizes = ", ".join(f'sum(pg_column_size("{column}")) AS "{column}"' for column in columns)
        found = await connection.fetchrow(f"SELECT sum(_ts_meta_count) AS samples, {sizes} FROM {table}")
        samples += found["samples"]
        for column in columns:
            costs[column] = costs.get(column, 0) + (found[column] or 0)
    return costs, samples

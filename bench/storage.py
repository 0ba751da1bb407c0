"""Bytes a sample takes before and after compression, by column: synthetic years, and days of the simulator's house."""

import asyncio
import time

import asyncpg
from database import KEPT, Database, serving
from figures import figure
from house_days import house_days, only
from samples import SPECIFIED, SUNGROW, Row
from years import make, name_of

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
_DAYS = 14


def main(years: float) -> dict[str, float]:
    """Print a line for each source of readings; give the bytes of each."""
    with serving(KEPT / "postgresql") as database:
        if not database.has_timescaledb:
            print("storage: there is no compression without TimescaleDB")
            return {}
        make(database, years)
        wanted = figure("bytes_per_sample_all").wanted()
        print(f"storage with the rows' index, without rollups, {database.product}; {wanted} a sample")
        _, synthetic = asyncio.run(_report(database, name_of(years), f"{years:g} synthetic years"))
        days = house_days(_DAYS)
        before, whole = asyncio.run(_living_house(database, days, "all fields"))
        ten_days = [[only(row, SPECIFIED) for row in day] for day in days]
        _, ten = asyncio.run(_living_house(database, ten_days, "the ten fields of the specification"))
        return {
            "bytes_per_sample_ten": ten,
            "bytes_per_sample_all": whole,
            "bytes_per_sample_open": before,
            "bytes_per_sample_years": synthetic,
        }


async def _living_house(database: Database, days: list[list[Row]], what: str) -> tuple[float, float]:
    name = f"house_{time.time_ns()}"
    await asyncio.to_thread(database.migrated, name)
    try:
        connection = await database.connect(name)
        for day in days:
            await connection.copy_records_to_table(SUNGROW.samples_table, records=day)
        await connection.execute(_COMPRESS)
        await connection.execute("ANALYZE")
        await connection.close()
        return await _report(database, name, f"{len(days)} days of the living house, {what}")
    finally:
        connection = await database.connect()
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


async def _report(database: Database, name: str, title: str) -> tuple[float, float]:
    """Print, and give the bytes of a sample before and after."""
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
    return before, after


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

"""What TimescaleDB does in the background, done when a test wants it; its own workers are off."""

import asyncio
from contextlib import asynccontextmanager

from sqlalchemy import text

from sungaze_vps.db.levels import find_levels


async def run(engine, statement, **parameters):
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        result = await connection.execute(text(statement), parameters)
        return result.mappings().all() if result.returns_rows else []


async def run_jobs(engine, process, of="sungrow%"):
    """Run the jobs of one sort that look after a kind or one of its views, as TimescaleDB does by and by."""
    jobs = (
        "SELECT job_id FROM timescaledb_information.jobs AS job "
        "LEFT JOIN timescaledb_information.continuous_aggregates "
        "ON materialization_hypertable_name = job.hypertable_name WHERE proc_name = :process "
        "AND coalesce(view_name, config ->> 'kind', job.hypertable_name) LIKE :of ORDER BY 1"
    )
    for job in await run(engine, jobs, process=process, of=of):
        await run(engine, f"CALL run_job({job['job_id']})")


async def compress(engine):
    await run_jobs(engine, "policy_compression")
    chunks = "timescaledb_information.chunks WHERE hypertable_name = 'sungrow_samples' AND is_compressed"
    assert (await run(engine, f"SELECT count(*) AS n FROM {chunks}"))[0]["n"] > 0


@asynccontextmanager
async def held_up(engine, measurement, refreshing):
    """Keep a job in the middle of a refresh; let it finish afterwards."""
    async with engine.connect() as blocker:
        quarters = (await find_levels(blocker, measurement))[-1].table
        await blocker.execute(text(f"LOCK TABLE {quarters} IN SHARE MODE"))
        job = asyncio.create_task(refreshing)
        busy = "SELECT count(*) AS n FROM _timescaledb_catalog.continuous_aggs_jobs_refresh_ranges"
        under_way = 0
        while not under_way:
            under_way = (await run(engine, busy))[0]["n"]
        yield
        await blocker.rollback()
    await job

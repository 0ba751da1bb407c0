"""Somebody else at work on the PostgreSQL database of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import make_url

_OURS = "datname = current_database() AND application_name = 'sungaze-vps'"


@asynccontextmanager
async def other_session(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    url = make_url(database_url)
    connection = await asyncpg.connect(host=url.query["host"], user="postgres", database=url.database)
    try:
        yield connection
    finally:
        await connection.close()


async def until_waiting_for_a_lock(other: asyncpg.Connection, number: int = 1) -> None:
    """Return when so many connections of the API wait for a lock."""
    await _until(other, f"SELECT count(*) >= {number} FROM pg_stat_activity WHERE {_OURS} AND wait_event_type = 'Lock'")


async def server_processes(other: asyncpg.Connection) -> list[int]:
    """Give the processes that serve the API now, and the one that would take its next connections."""
    rows = await other.fetch(
        f"SELECT pid FROM pg_stat_activity WHERE {_OURS} "
        "UNION ALL SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int"
    )
    return [row["pid"] for row in rows]


async def end_connections(other: asyncpg.Connection) -> int:
    """End what the API has open, and return how many that were when they are gone."""
    number: int = await other.fetchval(
        f"SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {_OURS}"
    )
    await _until(other, f"SELECT count(*) = 0 FROM pg_stat_activity WHERE {_OURS}")
    return number


async def _until(other: asyncpg.Connection, condition: str) -> None:
    async with asyncio.timeout(10):
        while not await other.fetchval(condition):
            await asyncio.sleep(0.01)
            await other.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the same for ever

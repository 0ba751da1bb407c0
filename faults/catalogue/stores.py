"""Redis and PostgreSQL that are there and cannot, and what hits a batch in the midst."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any

import asyncpg
from redis.asyncio import Redis

from faults import servers
from faults.fault import Deed, Fault, Lane, between
from faults.trial import Trial


def _redis(*commands: tuple[str, ...], afterwards: tuple[str, ...] | None = None) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        async with Redis(port=trial.programs["redis"].port or 0) as client:
            redis: Any = client  # its types do not know this method
            for command in commands:
                await redis.execute_command(*command)
            await asyncio.sleep(between(dice, 0.5, 1.5))
            if afterwards:
                await redis.execute_command(*afterwards)

    return deed


async def _with_database(trial: Trial, deed: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
    connection = await servers.connect(trial.programs["postgresql"].port or 0)
    try:
        await deed(connection)
    finally:
        await connection.close()


async def _locked(trial: Trial, dice: Random) -> None:
    async def lock(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            await connection.execute("LOCK TABLE sungrow_samples, p1_samples IN ACCESS EXCLUSIVE MODE")
            await asyncio.sleep(between(dice, 0.5, 3))

    await _with_database(trial, lock)


async def _read_only(trial: Trial, dice: Random) -> None:
    async def forbid(connection: asyncpg.Connection) -> None:
        await connection.execute("SET default_transaction_read_only = off")
        try:
            await connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            await connection.execute("SELECT pg_reload_conf()")
            await asyncio.sleep(between(dice, 0.8, 2))
        finally:
            await connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            await connection.execute("SELECT pg_reload_conf()")

    await _with_database(trial, forbid)


async def _out_of_connections(trial: Trial, dice: Random) -> None:
    port = trial.programs["postgresql"].port or 0
    held: list[asyncpg.Connection] = []
    try:
        trial.links["api-postgresql"].reset_all()  # so that the API has to come back, and finds no room
        with suppress(asyncpg.PostgresError, OSError):
            while True:
                held.append(await servers.connect(port))
        await asyncio.sleep(between(dice, 0.8, 2))
    finally:
        for connection in held:
            await connection.close()


async def _sessions_ended(trial: Trial, dice: Random) -> None:
    async def terminate(connection: asyncpg.Connection) -> None:
        query = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = 'sungaze-vps' AND pid <> pg_backend_pid()"
        )
        for _ in range(dice.randint(2, 6)):
            await connection.execute(query)
            await asyncio.sleep(between(dice, 0.05, 0.3))

    await _with_database(trial, terminate)


async def _restarted_mid_batch(trial: Trial, dice: Random) -> None:
    """Hold the tables so that a batch hangs in its INSERT, and shut the server down under it."""
    connection = await servers.connect(trial.programs["postgresql"].port or 0)
    try:
        await connection.execute("BEGIN; LOCK TABLE sungrow_samples, p1_samples IN SHARE MODE")
        await asyncio.sleep(between(dice, 0.3, 0.8))
        await trial.programs["postgresql"].kill()
    finally:
        connection.terminate()
    await trial.programs["postgresql"].start()


async def _api_killed_mid_batch(trial: Trial, dice: Random) -> None:
    """The same, and it is the API that goes."""

    async def hold(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            await connection.execute("LOCK TABLE sungrow_samples, p1_samples IN SHARE MODE")
            await asyncio.sleep(between(dice, 0.3, 0.8))
            trial.programs["api"].signal(signal.SIGKILL)

    await _with_database(trial, hold)
    await trial.programs["api"].kill()
    await trial.programs["api"].start()


FAULTS = [
    Fault("redis: full", Lane.SERVER, _redis(
        ("CONFIG", "SET", "maxmemory-policy", "noeviction"), ("CONFIG", "SET", "maxmemory", "1"),
        afterwards=("CONFIG", "SET", "maxmemory", "0"),
    ), 1.1),
    Fault("redis: flushed", Lane.SERVER, _redis(("FLUSHALL",)), 1.1),
    Fault("postgresql: tables locked", Lane.SERVER, _locked, 1.8),
    Fault("postgresql: read-only", Lane.SERVER, _read_only),
    Fault("postgresql: out of connections", Lane.SERVER, _out_of_connections, 2),
    Fault("postgresql: sessions terminated", Lane.SERVER, _sessions_ended, 0.8),
    Fault("postgresql: restarted under a batch", Lane.SERVER, _restarted_mid_batch, 1.8),
    Fault("api: killed under a batch", Lane.SERVER, _api_killed_mid_batch, 2.5),
]  # fmt: skip

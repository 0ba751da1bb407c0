"""How the server talks to its database: one engine per process, bounded, in UTC, durable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

WRITER = {"sqlite_begin": "BEGIN IMMEDIATE"}
"""Execution options of a connection that is going to write: SQLite takes the write lock before it reads anything,
because a transaction that reads first can only fail when it finds another writer ahead of it."""

_BUSY_TIMEOUT_MS = 5_000
_POOL_TIMEOUT_S = 5
_CONNECT_TIMEOUT_S = 5
_READ_ONLY = "25006"
_SERVER_SETTINGS = {
    "application_name": "sungaze-vps",
    "timezone": "UTC",
    "synchronous_commit": "on",  # what is answered with 200 is on disk, however the database is tuned
    "default_transaction_isolation": "read committed",  # who waited for a device must see what it waited for
    "statement_timeout": "20000",
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "60000",
    "jit": "off",  # compiling the wide aggregates takes longer than running them
    # Every query here is a handful of keys against an index, or a few steps along one. The planner cannot know how
    # narrow a range between two columns is, nor how near the next value that is not null, and would rather read whole
    # tables: 300 ms for a batch that takes 10.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


def make_engine(database_url: str, *, pool_size: int = 5, patience_s: float | None = None) -> AsyncEngine:
    """Make the engine for `postgresql+asyncpg://` or `sqlite+aiosqlite://`; connects to nothing yet.

    Args:
        database_url: where the database is.
        pool_size: most connections at once; who finds none free for five seconds gets `sqlalchemy.exc.TimeoutError`.
        patience_s: how long PostgreSQL may be silent before its connection is given up with `TimeoutError`, should it
            hang or its host be gone without a word; longer than `statement_timeout`. None to wait for ever.
    """
    pool: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": _POOL_TIMEOUT_S}
    pool["hide_parameters"] = True  # an error in the log tells the statement, not the readings
    if make_url(database_url).get_backend_name() == "sqlite":
        engine = create_async_engine(database_url, **pool)
        event.listen(engine.sync_engine, "do_connect", _make_private_file)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    connect_args = {
        "timeout": _CONNECT_TIMEOUT_S,
        "command_timeout": patience_s,
        "server_settings": _SERVER_SETTINGS,
    }
    engine = create_async_engine(database_url, **pool, connect_args=connect_args)
    event.listen(engine.sync_engine, "checkout", _require_open)
    event.listen(engine.sync_engine, "handle_error", _leave)
    return engine


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Give a connection for queries that need not see the same moment; each is one round trip, without a BEGIN."""
    async with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


def _require_open(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection whose end the driver has seen, so that a restart costs nobody an error.

    Asking the server (`pool_pre_ping`) takes three round trips: it doubled the time of a small query.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _leave(context: ExceptionContext) -> None:
    """Let go of a server that is silent or must not write: behind the same name another one may have taken over."""
    error = context.original_exception
    if isinstance(error, TimeoutError) or getattr(error, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def _make_private_file(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
    """Make a database that is not there yet readable by its owner only: readings tell when a home is empty.

    SQLite gives the files beside it (-wal, -shm) the same mode, and says better than we what is wrong with a path.
    """
    if arguments[0] != ":memory:" and not options.get("uri"):
        with suppress(OSError):
            Path(arguments[0]).touch(mode=0o600, exist_ok=False)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver starts no transactions behind our back; `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

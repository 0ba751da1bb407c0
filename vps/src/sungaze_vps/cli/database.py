"""`sungaze-vps migrate` and `check`, and what every command asks of its database."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from sungaze_vps.cache.cache import open_cache
from sungaze_vps.config import Config, load_config
from sungaze_vps.db import migrate
from sungaze_vps.db.faults import DATABASE_ERRORS, reason
from sungaze_vps.db.session import make_engine
from sungaze_vps.errors import StartupError
from sungaze_vps.log import configure_logging

_SERVER = sa.text(
    "SELECT current_setting('server_version') AS server, current_setting('timescaledb.license', true) AS licence, "
    "(SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb"
)


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `migrate` and `check`."""
    for name, run, text in (
        ("migrate", _migrate, "bring the database to the schema of this version"),
        ("check", _check, "check the settings and reach the database and the cache once"),
    ):
        commands.add_parser(name, help=text).set_defaults(run=run)


def require_current(config: Config) -> None:
    """Demand a database that is there and has the schema of this version; make and change nothing.

    Raises:
        StartupError: it is not.
    """
    if config.on_sqlite and not _database_file(config).exists():
        raise StartupError(f"there is no database {_database_file(config)}; check DATABASE_URL")
    if not asyncio.run(_is_current(config)):
        raise StartupError("the database has another schema than this version needs; run 'sungaze-vps migrate' first")


def upgrade_if_new(config: Config) -> None:
    """Bring a database in which nothing is to the schema of this version; demand it of any other.

    Raises:
        StartupError: it has another schema, or cannot be used.
    """
    if asyncio.run(_is_new(config)):
        _upgrade(config)
    else:
        require_current(config)


def prepare_database(config: Config) -> None:
    """Bring an embedded database up to date; demand it of a shared one, where it is a decision of its own."""
    if config.on_sqlite:
        _upgrade(config)
    else:
        require_current(config)


def _upgrade(config: Config) -> None:
    _require_folder(config)
    try:
        migrate.upgrade(config.database_url, keep_readings_days=config.keep_readings_days)
    except DATABASE_ERRORS as error:
        raise unusable(error) from error


async def _is_current(config: Config) -> bool:
    return await _ask(config, migrate.is_current)


async def _is_new(config: Config) -> bool:
    return await _ask(config, _has_no_tables)


async def _has_no_tables(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return await connection.run_sync(lambda sync: not sa.inspect(sync).get_table_names())


async def _product(engine: AsyncEngine) -> str:
    """Name what stores the readings, with its version."""
    async with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return f"SQLite {await connection.scalar(sa.text('SELECT sqlite_version()'))}"
        row = (await connection.execute(_SERVER)).one()
    server = f"PostgreSQL {row.server.split()[0]}"  # a distribution's own number follows
    return f"{server} with TimescaleDB {row.timescaledb} ({row.licence} licence)" if row.timescaledb else server


async def _ask[Answer](config: Config, question: Callable[[AsyncEngine], Awaitable[Answer]]) -> Answer:
    _require_folder(config)
    engine = make_engine(config.database_url, pool_size=1)
    try:
        return await question(engine)
    except DATABASE_ERRORS as error:
        raise unusable(error) from error
    finally:
        await engine.dispose()


def _database_file(config: Config) -> Path:
    return Path(str(make_url(config.database_url).database)).absolute()


def _require_folder(config: Config) -> None:
    if config.on_sqlite:
        folder = _database_file(config).parent
        if not folder.is_dir():
            raise StartupError(f"there is no folder {folder} for the database; make it, or change DATABASE_URL")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise StartupError(f"the folder {folder} of the database is not writable; change its owner or DATABASE_URL")


def unusable(error: BaseException) -> StartupError:
    """Say that the database did not do what it was asked."""
    return StartupError(f"the database cannot be used ({reason(error)}); check DATABASE_URL and that it is running")


def _migrate(_arguments: argparse.Namespace) -> None:
    config = load_config()
    configure_logging(config.log_level, config.log_format)
    _upgrade(config)
    print("the database has the schema of this version")


def _check(_arguments: argparse.Namespace) -> None:
    config = load_config()
    print(f"settings: ok ({config.summary()})")
    _require_folder(config)
    if config.on_sqlite and not _database_file(config).exists():
        print("database: new, will be made at the first start")
    elif asyncio.run(_is_current(config)):
        print(f"database: ok, schema of this version, {asyncio.run(_ask(config, _product))}")
    else:
        raise StartupError("the database has another schema than this version needs; run 'sungaze-vps migrate'")
    if not asyncio.run(_reach_cache(config)):
        raise StartupError("the cache does not answer; the server works without it, only slower; check REDIS_URL")
    print("cache: ok")


async def _reach_cache(config: Config) -> bool:
    cache = open_cache(config.redis_url, config.cache_ttl_s)
    try:
        return await cache.ping()
    finally:
        await cache.close()

"""What TimescaleDB offers on a server, and how a kind of reading is put into its hands."""

import asyncio
import logging
from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.aggregates import (
    COUNTER_RISE,
    LATE,
    REFRESH_LATE_DAYS,
    SEGMENTED_COUNTER_RISE,
    Rolled,
    longer,
    quarters,
)

_LOGGER = logging.getLogger(__name__)
_NEEDED = (2, 29)
"""The first version whose continuous aggregates are refreshed in batches of our choice, and tried here."""


class Offer(Enum):
    """What the server can do for us, in words for the log."""

    NOTHING = "plain PostgreSQL: tables, rollups kept by the insert"
    HYPERTABLES = "hypertables, rollups kept by the insert"
    EVERYTHING = "hypertables, continuous aggregates and columnstore"


def find_offer(connection: sa.Connection) -> Offer:
    """Find out what the server offers, create the extension where that is allowed, and tell the log."""
    if connection.dialect.name != "postgresql":
        return Offer.NOTHING
    offer, found = Offer.NOTHING, "no TimescaleDB"
    if version := _extension(connection):
        licence = connection.scalar(sa.text("SELECT current_setting('timescaledb.license', true)"))
        complete = licence == "timescale" and tuple(map(int, version.split(".")[:2])) >= _NEEDED
        offer, found = Offer.EVERYTHING if complete else Offer.HYPERTABLES, f"TimescaleDB {version} ({licence} licence)"
    _LOGGER.info("%s found; using %s", found, offer.value)
    return offer


def _extension(connection: sa.Connection) -> str | None:
    installed = sa.text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    version: str | None = connection.scalar(installed)
    loaded = (
        "SELECT current_setting('timescaledb.disable_load', true)"  # of its loader; the list of libraries is secret
    )
    if version is None and connection.scalar(sa.text(loaded)):
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS timescaledb")
        except DBAPIError as error:
            _LOGGER.warning("TimescaleDB is there and may not be used: %s", str(error.orig).splitlines()[0])
        version = connection.scalar(installed)
    return version


@dataclass(frozen=True)
class _Level:
    view: str
    width: str
    chunk: str
    refreshed_every: str


_LEVELS = (
    _Level("15min", "15 minutes", "90 days", "5 minutes"),
    _Level("hourly", "1 hour", "1 year", "15 minutes"),
    _Level("daily", "1 day", "10 years", "1 hour"),
    _Level("monthly", "1 month", "100 years", "1 hour"),
)
"""Each is added up from the one before."""
_OPEN = "30 minutes"
"""Buckets that ended less than this ago are not materialised yet, neither here nor by `REFRESH_LATE_DAYS`."""
_CHUNK = "7 days"
_COMPRESS_AFTER = "14 days"
_BATCH = 2880
"""Buckets per batch of a refresh: each batch is planned anew, which takes longer than ten buckets, the default, do."""
_LATE_EVERY = "1 minute"
_KEPT_FOR = "CASE WHEN readings_kept_since() > '-infinity' THEN now() - readings_kept_since() END"
_LOCK_NOT_AVAILABLE = "55P03"
_LOOK_AGAIN_S = 1
_DELETE_JOB = sa.text(
    "SELECT delete_job(job_id) FROM timescaledb_information.jobs "
    "WHERE proc_name = 'refresh_late_days' AND config ->> 'kind' = :kind"
)


def make_hypertable(connection: sa.Connection, rolled: Rolled) -> None:
    """Divide the table of readings into chunks of time, those that are in it included."""
    connection.exec_driver_sql(
        f"SELECT create_hypertable('{rolled.kind}_samples', by_range('ts', INTERVAL '{_CHUNK}'), "
        "create_default_indexes => false, migrate_data => true)"
    )


def make_aggregates(connection: sa.Connection, rolled: Rolled) -> None:
    """Make the continuous aggregates, what keeps them up to date, and the compression of old chunks."""
    kind = rolled.kind
    for statement in (COUNTER_RISE, SEGMENTED_COUNTER_RISE, REFRESH_LATE_DAYS, LATE.format(kind=kind)):
        connection.exec_driver_sql(statement)
    if not connection.scalar(sa.text("SELECT to_regproc('readings_kept_since') IS NOT NULL")):  # with another kind
        connection.exec_driver_sql(_kept_since("'-infinity'"))
    source = ""
    for level in _LEVELS:
        query = longer(rolled, source, level.width) if source else quarters(rolled)
        source = f"{kind}_{level.view}"
        _make_aggregate(connection, source, level, query)
    # A job that meets another at the same days fails: this one begins on the minute, the policies half a minute later.
    config = f"config => '{{\"kind\": \"{kind}\"}}', initial_start => date_trunc('minute', now())"
    job = f"add_job('refresh_late_days', '{_LATE_EVERY}', {config})"
    connection.exec_driver_sql(f"SELECT alter_job({job}, retry_period => INTERVAL '{_LATE_EVERY}')")
    connection.exec_driver_sql(
        f"ALTER TABLE {kind}_samples SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'device_id', "
        "timescaledb.orderby = 'ts')"
    )
    connection.exec_driver_sql(f"CALL add_columnstore_policy('{kind}_samples', after => INTERVAL '{_COMPRESS_AFTER}')")
    # Else a chunk that is compressed while a backup reads it waits for the backup, and all readers wait for the chunk.
    setting = "SET timescaledb.compress_truncate_behaviour = ''truncate_or_delete''"
    connection.exec_driver_sql(f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {setting}', current_database()); END $$")


def _make_aggregate(connection: sa.Connection, view: str, level: _Level, query: str) -> None:
    connection.exec_driver_sql(
        f"CREATE MATERIALIZED VIEW {view} WITH (timescaledb.continuous, timescaledb.materialized_only = false, "
        f"timescaledb.chunk_interval = '{level.chunk}') AS {query} WITH NO DATA"
    )
    connection.exec_driver_sql(_policy(view, level, "NULL"))


def _policy(view: str, level: _Level, start: str) -> str:
    """Refresh whatever was invalidated since `start`, and nothing else; NULL for however old it is."""
    return (
        f"SELECT add_continuous_aggregate_policy('{view}', start_offset => {start}, end_offset => INTERVAL '{_OPEN}', "
        f"schedule_interval => INTERVAL '{level.refreshed_every}', buckets_per_batch => {_BATCH}, "
        # not at once: what is there is summed up by `refresh`
        f"initial_start => date_trunc('minute', now()) + INTERVAL '{level.refreshed_every}' + INTERVAL '30 seconds')"
    )


def remove_aggregates(connection: sa.Connection, rolled: Rolled) -> None:
    """Undo `make_aggregates`, but for what the kinds share; compressed chunks are written out again."""
    kind = rolled.kind
    connection.execute(_DELETE_JOB, {"kind": kind})
    for level in reversed(_LEVELS):
        connection.exec_driver_sql(f"DROP MATERIALIZED VIEW {kind}_{level.view}")
    connection.exec_driver_sql(f"DROP TABLE {kind}_late")


async def refresh(engine: AsyncEngine, kind: str) -> None:
    """Materialise what is not, in order; the log tells of each step, which may take minutes for years of readings."""
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.exec_driver_sql("SET statement_timeout = 0")
        for level in _LEVELS:
            _LOGGER.info("summing up %s_%s", kind, level.view)
            await _after_jobs(
                connection,
                f"CALL refresh_continuous_aggregate('{kind}_{level.view}', nullif(readings_kept_since(), '-infinity'), "
                f"now() - INTERVAL '{_OPEN}', "
                f"options => '{{\"buckets_per_batch\": {_BATCH}}}')",
            )
        await _after_jobs(connection, f'CALL refresh_late_days(0, \'{{"kind": "{kind}"}}\')')


async def _after_jobs(connection: AsyncConnection, refreshing: str) -> None:
    """Run what TimescaleDB refuses while one of its jobs is at the same."""
    told = False
    while True:
        try:
            await connection.exec_driver_sql(refreshing)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
        else:
            return
        if not told:
            _LOGGER.info("a job of TimescaleDB is summing this up already; waiting for it")
        told = True
        await asyncio.sleep(_LOOK_AGAIN_S)


async def keep_readings(engine: AsyncEngine, kind: str, days: int) -> None:
    """Drop the readings of a kind when they are older than so many days, 0 for never; rollups are always kept.

    What has lost its readings must not be computed again: neither the policies nor the marks of late days go back
    further than readings are kept, nor than they ever were when they are kept for longer from now on.
    """
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"SELECT remove_retention_policy('{kind}_samples', if_exists => true)")
        gone = await connection.scalar(sa.text("SELECT CAST(readings_kept_since() AS text)"))
        since = f"now() - INTERVAL '{days} days'" if days else "'-infinity'"
        await connection.exec_driver_sql(_kept_since(f"greatest({since}, timestamptz '{gone}')"))
        for level in _LEVELS:
            view = f"{kind}_{level.view}"
            await connection.exec_driver_sql(f"SELECT remove_continuous_aggregate_policy('{view}', if_exists => true)")
            await connection.exec_driver_sql(_policy(view, level, _KEPT_FOR))
        if days:
            drop = f"SELECT add_retention_policy('{kind}_samples', drop_after => INTERVAL '{days} days')"
            await connection.exec_driver_sql(drop)


def _kept_since(time: str) -> str:
    return (
        "CREATE OR REPLACE FUNCTION readings_kept_since() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE "
        f"AS $$ SELECT CAST({time} AS timestamptz) $$"
    )

import os
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sungaze_vps.db import session
from sungaze_vps.db.levels import find_levels
from sungaze_vps.db.models import quarters_table
from sungaze_vps.db.session import make_engine
from sungaze_vps.services.aggregation import _sum_query
from sungaze_vps.services.counters import _readings
from sungaze_vps.services.ingestion import store
from sungaze_vps.services.latest import latest_query
from sungaze_vps.services.rollup_statements import link_counters, write_days, write_quarters

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
POSTGRESQL_SETTINGS = {"TimeZone": "UTC", "jit": "off", "statement_timeout": "20s", "synchronous_commit": "on"}
SQLITE_SETTINGS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


async def test_every_connection_is_durable_bounded_and_in_utc(engine):
    async with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            found = {name: await connection.scalar(text(f"PRAGMA {name}")) for name in SQLITE_SETTINGS}
            assert found == SQLITE_SETTINGS
        else:
            found = {name: await connection.scalar(text(f"SHOW {name}")) for name in POSTGRESQL_SETTINGS}
            assert found == POSTGRESQL_SETTINGS


@pytest.mark.parametrize("mask", [0o022, 0o077])
async def test_what_sqlite_keeps_on_disk_is_for_its_owner_only(tmp_path, mask):
    engine = make_engine(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    before = os.umask(mask)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE readings (load_power_w REAL)"))
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
        await engine.dispose()
    assert modes == dict.fromkeys(["new.db", "new.db-wal", "new.db-shm"], 0o600)


async def test_the_mode_of_a_database_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "old.db").touch(mode=0o640)
    engine = make_engine(f"sqlite+aiosqlite:///{tmp_path / 'old.db'}")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE readings (load_power_w REAL)"))
    await engine.dispose()
    assert (tmp_path / "old.db").stat().st_mode & 0o777 == 0o640


async def test_a_full_pool_answers_instead_of_waiting_for_ever(database_url, monkeypatch):
    monkeypatch.setattr(session, "_POOL_TIMEOUT_S", 0.05)
    engine = make_engine(database_url, pool_size=1)
    async with engine.connect():
        with pytest.raises(PoolTimeoutError):
            await engine.connect()
    await engine.dispose()


async def plan(engine, query):
    on_sqlite = engine.dialect.name == "sqlite"
    dialect = sqlite.dialect() if on_sqlite else postgresql.dialect()
    statement = str(query.params(device_id="home").compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    async with engine.connect() as connection:
        if not on_sqlite:  # an empty table is read whole, whatever its keys
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        explained = await connection.execute(text(("EXPLAIN QUERY PLAN " if on_sqlite else "EXPLAIN ") + statement))
        return "\n".join(str(row[-1]) for row in explained)


async def test_the_newest_reading_is_one_step_backwards_along_the_key(engine, sungrow):
    readings = [("home", NOON - timedelta(days=10 * n), 1, *(None for _ in sungrow.fields)) for n in range(3)]
    await store(engine, {sungrow: readings})
    steps = await plan(engine, latest_query(sungrow))
    if engine.dialect.name == "sqlite":
        assert re.search(r"SEARCH sungrow_samples USING (PRIMARY KEY|COVERING INDEX|INDEX)", steps)
        assert "TEMP B-TREE" not in steps
    else:
        assert re.search(r"Index (Only )?Scan Backward using \S*sungrow_samples_pkey", steps)
        assert "Sort" not in steps


@pytest.fixture
async def rollup_tables(engine, sungrow):
    """Give an engine whose rollups are tables that the insert keeps."""
    async with engine.connect() as connection:
        if await find_levels(connection, sungrow):
            pytest.skip("TimescaleDB keeps the rollups itself")
    return engine


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(_readings, id="read counters"),
        pytest.param(write_quarters, id="write quarters"),
        pytest.param(link_counters, id="link counters"),
        pytest.param(write_days, id="write days"),
        pytest.param(lambda kind, name: _sum_query(kind, quarters_table(kind), name), id="series"),
    ],
)
async def test_a_rollup_reads_what_it_needs_and_not_the_history_of_the_device(rollup_tables, sungrow, statement):
    engine = rollup_tables
    on_sqlite = engine.dialect.name == "sqlite"
    compiled = statement(sungrow, engine.dialect.name).compile(dialect=engine.dialect)
    values = {name: "[]" if on_sqlite and value is None else value for name, value in compiled.params.items()}
    explain = "EXPLAIN QUERY PLAN " if on_sqlite else "EXPLAIN (COSTS OFF) "
    async with engine.connect() as connection:
        parameters = tuple(values[name] for name in compiled.positiontup)
        steps = [str(row[-1]) for row in await connection.exec_driver_sql(explain + str(compiled), parameters)]
    if on_sqlite:
        reads = [step for step in steps if re.match(r"(SEARCH|SCAN) sungrow", step)]
        assert reads
        assert [step for step in reads if not re.search(r"\(device_id=\? AND (ts|bucket)[=<>]\?", step)] == []
    else:
        reads = [step for step in steps if re.search(r"Index Cond: .*device_id", step)]
        assert reads
        assert [step for step in reads if not re.search(r"\b(ts|bucket) [=<>]", step)] == []
        assert [step for step in steps if re.search(r"(Seq|Bitmap Heap) Scan on sungrow|Hash Join|Merge", step)] == []

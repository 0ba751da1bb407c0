import re

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sungaze_vps.db import session
from sungaze_vps.db.session import make_engine
from sungaze_vps.services.latest import latest_query, span_query

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


@pytest.mark.parametrize("query", [latest_query, span_query])
async def test_the_newest_reading_is_one_step_backwards_along_the_key(engine, sungrow, query):
    steps = await plan(engine, query(sungrow))
    if engine.dialect.name == "sqlite":
        assert re.search(r"SEARCH sungrow_samples USING (PRIMARY KEY|COVERING INDEX|INDEX)", steps)
        assert "TEMP B-TREE" not in steps
    else:
        assert re.search(r"Index (Only )?Scan Backward using sungrow_samples_pkey", steps)
        assert "Sort" not in steps

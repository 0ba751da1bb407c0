import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import inspect, make_url, text

from sungaze_vps.db.migrate import check, downgrade, is_current, upgrade
from sungaze_vps.db.models import samples_table
from sungaze_vps.db.session import make_engine
from sungaze_vps.db.timescale import keep_readings
from sungaze_vps.measurements import measurements
from sungaze_vps.services.ingestion import store


async def on_engine(database_url, action):
    engine = make_engine(database_url)
    try:
        return await action(engine)
    finally:
        await engine.dispose()


def current(database_url):
    return asyncio.run(on_engine(database_url, is_current))


def fill(database_url):
    sungrow = measurements()["sungrow"]
    row = ("home", datetime(2026, 6, 21, tzinfo=UTC), 1, *(None for _ in sungrow.fields))
    return asyncio.run(on_engine(database_url, lambda engine: store(engine, {sungrow: [row]})))


def tables(database_url):
    async def read(engine):
        listing = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')",
            "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
        }
        async with engine.connect() as connection:
            return set((await connection.scalars(text(listing[engine.dialect.name]))).all())

    return asyncio.run(on_engine(database_url, read))


def test_an_empty_database_is_migrated_once_and_then_left_alone(empty_database_url):
    assert not current(empty_database_url)
    upgrade(empty_database_url)
    assert current(empty_database_url)
    fill(empty_database_url)
    upgrade(empty_database_url)
    assert fill(empty_database_url) == 0


def test_the_migrated_tables_are_those_of_the_measurements(database_url):
    check(database_url)


def test_the_columns_of_readings_stand_in_the_order_of_the_measurement(database_url, sungrow):
    """On PostgreSQL rows are sent as rows of the table: a column in another place would get another's values."""

    async def columns(engine):
        async with engine.connect() as connection:
            return await connection.run_sync(lambda sync: inspect(sync).get_columns("sungrow_samples"))

    names = [column["name"] for column in asyncio.run(on_engine(database_url, columns))]
    assert names == list(samples_table(sungrow).c.keys())


def test_every_migration_can_be_taken_back_from_an_empty_database(empty_database_url):
    upgrade(empty_database_url)
    downgrade(empty_database_url, "base")
    assert tables(empty_database_url) == {"alembic_version"}
    upgrade(empty_database_url)
    check(empty_database_url)


def test_every_migration_can_be_taken_back_from_a_filled_database(database_url):
    assert fill(database_url) == 1
    downgrade(database_url, "base")
    assert tables(database_url) == {"alembic_version"}
    assert not current(database_url)
    upgrade(database_url)
    assert fill(database_url) == 1


def test_a_migration_that_fails_leaves_nothing_half_done(empty_database_url):
    async def stand_in_the_way(engine):
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE sungrow_1day (mine INTEGER)"))

    asyncio.run(on_engine(empty_database_url, stand_in_the_way))
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty_database_url)
    assert tables(empty_database_url) == {"sungrow_1day"}


def test_readings_that_are_there_are_heard_as_those_that_come(empty_database_url, sungrow):
    rng = random.Random(4)
    start = datetime(2026, 6, 21, tzinfo=UTC)
    times = {start + timedelta(milliseconds=rng.randint(0, 20_000_000)) for _ in range(600)}
    rows = [("home", ts, 1, *(None for _ in sungrow.fields)) for ts in sorted(times)]

    async def heard(engine):
        async with engine.connect() as connection:
            listing = text("SELECT device_id, kind, CAST(quarter AS text), cells FROM heard ORDER BY 1, 2, 3")
            return [tuple(row) for row in await connection.execute(listing)]

    upgrade(empty_database_url)
    asyncio.run(on_engine(empty_database_url, lambda engine: store(engine, {sungrow: rows})))
    as_they_came = asyncio.run(on_engine(empty_database_url, heard))
    assert len(as_they_came) == 23
    downgrade(empty_database_url, "0003")
    upgrade(empty_database_url)
    assert asyncio.run(on_engine(empty_database_url, heard)) == as_they_came


@pytest.mark.parametrize("empty_database_url", ["timescaledb"], indirect=True)
def test_quarters_whose_readings_were_dropped_are_heard_as_a_whole(empty_database_url, sungrow):
    now = datetime.now(UTC)
    rows = [("home", now - timedelta(days=days), 1, *(None for _ in sungrow.fields)) for days in (300, 200, 1)]

    async def drop(engine):
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("SELECT drop_chunks('sungrow_samples', interval '100 days')"))

    async def heard(engine):
        async with engine.connect() as connection:
            return list(await connection.scalars(text("SELECT bit_count(cells::bit(30)) FROM heard ORDER BY quarter")))

    upgrade(empty_database_url)
    asyncio.run(on_engine(empty_database_url, lambda engine: store(engine, {sungrow: rows})))
    upgrade(empty_database_url, keep_readings_days=100)
    asyncio.run(on_engine(empty_database_url, drop))
    assert asyncio.run(on_engine(empty_database_url, heard)) == [1, 1, 1]
    downgrade(empty_database_url, "0003")
    upgrade(empty_database_url, keep_readings_days=100)
    assert asyncio.run(on_engine(empty_database_url, heard)) == [30, 30, 1]


@pytest.mark.parametrize("empty_database_url", ["postgresql", "timescaledb"], indirect=True)
def test_who_owns_the_database_and_nothing_else_may_migrate_it_and_use_it(empty_database_url):
    url = make_url(empty_database_url)

    async def hand_over(engine):
        async with engine.begin() as connection:
            await connection.execute(text("DROP ROLE IF EXISTS owner"))
            await connection.execute(text("CREATE ROLE owner LOGIN"))
            await connection.execute(text(f"ALTER DATABASE {url.database} OWNER TO owner"))

    asyncio.run(on_engine(empty_database_url, hand_over))
    owned = url.set(username="owner").render_as_string(hide_password=False)
    upgrade(owned)
    assert fill(owned) == 1
    upgrade(owned, keep_readings_days=100)
    downgrade(owned, "base")
    assert tables(owned) == {"alembic_version"}


@pytest.mark.parametrize("empty_database_url", ["timescaledb"], indirect=True)
def test_a_new_kind_leaves_rollups_alone_whose_readings_were_dropped(empty_database_url):
    upgrade(empty_database_url, "0002")

    async def keep_for_a_while(engine):
        await keep_readings(engine, "sungrow", 100)

    async def kept_days(engine):
        async with engine.connect() as connection:
            return await connection.scalar(text("SELECT (now() - readings_kept_since())::text"))

    asyncio.run(on_engine(empty_database_url, keep_for_a_while))
    upgrade(empty_database_url, "0003", keep_readings_days=0)
    assert asyncio.run(on_engine(empty_database_url, kept_days)).startswith("100 days")

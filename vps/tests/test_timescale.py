"""What only TimescaleDB does: buckets that are materialised, readings that come after that, compressed chunks."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import batched
from zoneinfo import ZoneInfo

import pytest
from brute_force import BruteForce, around, assert_right, house, rows
from sqlalchemy import text
from timescale_jobs import compress, held_up, run, run_jobs

from sungaze_vps.db import migrate, timescale
from sungaze_vps.db.session import make_engine, reading
from sungaze_vps.measurements import measurements
from sungaze_vps.services.ingestion import store
from sungaze_vps.services.latest import find_span, latest, newest_kind

pytestmark = pytest.mark.parametrize("database_url", ["timescaledb"], indirect=True)

BRUSSELS = ZoneInfo("Europe/Brussels")
BUCKETS = ("15m", "hour", "day", "week", "month", "year")
VIEWS = {"15min": "15m", "hourly": "hour", "daily": "day", "monthly": "month"}


async def assert_views_agree(engine, truth):
    """Compare the views of the specification, read as a stranger would, with the truth in UTC."""
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    for view, bucket in VIEWS.items():
        points, _ = truth.series(bucket, ZoneInfo("UTC"), start, end)
        found = await run(engine, f"SELECT * FROM sungrow_{view} WHERE device_id = 'home' ORDER BY bucket")
        assert [row["bucket"] for row in found] == [datetime.fromisoformat(local) for local in points]
        assert [row["sample_count"] for row in found] == [point["sample_count"] for point in points.values()]
        if view == "15min":
            continue
        for row, point in zip(found, points.values(), strict=True):
            for name in ("avg_pv_power_w", "avg_battery_soc_pct", "max_pv_power_w"):
                rounded = None if row[name] is None else round(row[name], 3)
                assert rounded == pytest.approx(point[name], abs=1.1e-3)


async def ask_for_all(series_api, truth):
    start = (series_api.now - timedelta(days=31)).isoformat()
    for bucket in BUCKETS:
        window = {"start": start} if bucket == "15m" else {"frame": "all"}
        window |= {"end": series_api.now.isoformat()} if bucket == "15m" else {}
        assert_right(await series_api.series(bucket=bucket, tz="Europe/Brussels", **window), truth)


@pytest.mark.slow
async def test_forty_days_that_come_thirty_five_days_late_are_right_before_and_after_the_jobs(series_api, sungrow):
    engine, rng = series_api.app.state.engine, random.Random(7)
    series_api.now = now = datetime.now(UTC).replace(microsecond=0)
    middle = now - timedelta(days=55)
    readings = house(8, [now - timedelta(days=100), *around(rng, middle, 20 * 24, 500), now - timedelta(days=3), now])
    late = readings[1:-2]
    early = [readings[0], *late[::50], *readings[-2:]]
    await store(engine, {sungrow: rows(sungrow, early)})
    neighbour = rows(sungrow, house(9, [now - timedelta(hours=n) for n in range(0, 2400, 5)]), "neighbour")
    await store(engine, {sungrow: neighbour})
    await timescale.refresh(engine, "sungrow")
    await compress(engine)
    arriving = rows(sungrow, late)
    rng.shuffle(arriving)
    stored = 0
    for batch in [*batched(arriving, 700), *batched(arriving[:900], 30), *batched(arriving, 1000)]:
        stored += await store(engine, {sungrow: list(batch)})
    assert stored == len(readings) - len(early)
    truth = BruteForce(readings)
    await ask_for_all(series_api, truth)
    await run_jobs(engine, "policy_refresh_continuous_aggregate")
    await ask_for_all(series_api, truth)
    assert await run(engine, "SELECT * FROM sungrow_late WHERE device_id = 'home'")
    await run_jobs(engine, "refresh_late_days")
    assert await run(engine, "SELECT * FROM sungrow_late") == []
    await ask_for_all(series_api, truth)
    await assert_views_agree(engine, truth)


async def test_late_days_alone_are_refreshed_without_the_policies(series_api, sungrow):
    engine, rng = series_api.app.state.engine, random.Random(10)
    series_api.now = now = datetime.now(UTC).replace(microsecond=0)
    readings = house(11, around(rng, now - timedelta(days=40), 15 * 24, 2000))
    await store(engine, {sungrow: rows(sungrow, readings[::7])})
    await timescale.refresh(engine, "sungrow")
    await store(engine, {sungrow: rows(sungrow, readings)})
    await run_jobs(engine, "refresh_late_days")
    assert await run(engine, "SELECT * FROM sungrow_late") == []
    await ask_for_all(series_api, BruteForce(readings))
    await assert_views_agree(engine, BruteForce(readings))


async def test_a_day_that_gets_readings_while_it_is_refreshed_stays_marked(series_api, sungrow):
    engine = series_api.app.state.engine
    series_api.now = now = datetime.now(UTC).replace(microsecond=0)
    times = [now - timedelta(days=9) + timedelta(seconds=20 * n) for n in range(900)]
    readings = house(12, times)
    await store(engine, {sungrow: rows(sungrow, readings[:1])})
    left = readings[1:]

    async def keep_storing():
        while left:
            await store(engine, {sungrow: rows(sungrow, [left.pop()])})

    storing = asyncio.create_task(keep_storing())
    while not storing.done():
        await run_jobs(engine, "refresh_late_days")
    await storing
    await ask_for_all(series_api, BruteForce(readings))
    await run_jobs(engine, "refresh_late_days")
    await ask_for_all(series_api, BruteForce(readings))
    await assert_views_agree(engine, BruteForce(readings))


async def test_the_running_hours_are_right_whatever_is_materialised_of_them(series_api, sungrow):
    engine, rng = series_api.app.state.engine, random.Random(13)
    series_api.now = now = datetime.now(UTC).replace(microsecond=0)
    readings = [reading for reading in house(14, around(rng, now, 40, 200)) if reading[0] <= now]
    await store(engine, {sungrow: rows(sungrow, readings[:-20])})
    await run_jobs(engine, "policy_refresh_continuous_aggregate")
    await run_jobs(engine, "refresh_late_days")
    await store(engine, {sungrow: rows(sungrow, readings)})
    truth = BruteForce(readings)
    for frame in ("day", "month", "year", "all"):
        assert_right(await series_api.series(frame=frame, tz="Europe/Brussels"), truth)
    await run_jobs(engine, "refresh_late_days")
    await assert_views_agree(engine, truth)


async def test_a_quarter_that_was_closed_before_a_reading_came_is_refreshed_with_its_day(series_api, sungrow):
    engine = series_api.app.state.engine
    series_api.now = now = datetime.now(UTC).replace(microsecond=0)
    readings = house(24, [now - timedelta(minutes=minute) for minute in range(180, 0, -1)])
    await store(engine, {sungrow: rows(sungrow, readings[::2])})
    await run_jobs(engine, "policy_refresh_continuous_aggregate")
    await store(engine, {sungrow: rows(sungrow, readings)})
    await run_jobs(engine, "refresh_late_days")
    assert await run(engine, "SELECT * FROM sungrow_late") == []
    assert_right(await series_api.series(bucket="15m", frame="all"), BruteForce(readings))


async def test_compression_waits_for_no_backup_and_lets_no_reader_wait(series_api, sungrow, database_url):
    for migration, revision in ((migrate.downgrade, "base"), (migrate.upgrade, "head")):  # a copy lacks its settings
        await asyncio.to_thread(migration, database_url, revision)
    engine, now = series_api.app.state.engine, datetime.now(UTC).replace(microsecond=0)
    readings = house(19, [now - timedelta(days=16, hours=n) for n in range(100)])
    await store(engine, {sungrow: rows(sungrow, readings)})
    async with engine.execution_options(isolation_level="REPEATABLE READ").connect() as backup:
        count = text("SELECT count(*) FROM sungrow_samples")
        assert await backup.scalar(count) == 100
        compression = asyncio.create_task(compress(engine))
        while not compression.done():
            assert (await latest(engine, {"sungrow": sungrow}, "home"))["device_id"] == "home"
            await asyncio.sleep(0.1)
        await compression
        late = house(20, [now - timedelta(days=17, seconds=7)])
        assert await store(engine, {sungrow: rows(sungrow, late)}) == 1
        assert await backup.scalar(count) == 100


async def test_a_mark_that_is_renewed_while_its_day_is_refreshed_stays(series_api, sungrow):
    engine, now = series_api.app.state.engine, datetime.now(UTC).replace(microsecond=0)
    series_api.now = now
    readings = house(25, [now - timedelta(days=9, seconds=n) for n in range(60)])
    await store(engine, {sungrow: rows(sungrow, readings[::2])})
    async with held_up(engine, sungrow, run_jobs(engine, "refresh_late_days")):
        await store(engine, {sungrow: rows(sungrow, readings)})
    assert await run(engine, "SELECT * FROM sungrow_late")
    await ask_for_all(series_api, BruteForce(readings))
    await run_jobs(engine, "refresh_late_days")
    assert await run(engine, "SELECT * FROM sungrow_late") == []
    await ask_for_all(series_api, BruteForce(readings))


async def test_summing_up_waits_for_a_job_that_is_at_it(series_api, sungrow, caplog):
    caplog.set_level("INFO")
    engine, now = series_api.app.state.engine, datetime.now(UTC).replace(microsecond=0)
    readings = house(24, [now - timedelta(days=3, hours=n) for n in range(100)])
    await store(engine, {sungrow: rows(sungrow, readings)})
    async with held_up(engine, sungrow, run_jobs(engine, "policy_refresh_continuous_aggregate", "sungrow_15min")):
        summing_up = asyncio.create_task(timescale.refresh(engine, "sungrow"))
        while "waiting" not in caplog.text and not summing_up.done():
            await asyncio.wait([summing_up], timeout=0.01)
    await summing_up
    assert caplog.text.count("waiting") == 1
    await assert_views_agree(engine, BruteForce(readings))


async def test_a_counter_that_was_silent_for_days_is_found_where_it_stood(series_api, sungrow):
    engine = series_api.app.state.engine
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    counted = {0: 100.0, 10: 190.0, 11: 191.5}
    readings = [(noon + timedelta(days=n), 1, {"pv_power_w": 1, "pv_total_kwh": counted.get(n)}) for n in range(12)]
    await store(engine, {sungrow: rows(sungrow, readings)})
    await timescale.refresh(engine, "sungrow")
    answer = await series_api.series(start="2026-06-09", end="2026-06-14", bucket="day")
    assert [point["pv_kwh"] for point in answer["series"]] == [None, None, 90, 1.5]


async def test_a_device_that_fell_silent_weeks_ago_is_known_before_and_after_its_days_are_rolled_up(
    series_api, sungrow
):
    engine, now = series_api.app.state.engine, datetime.now(UTC).replace(microsecond=0)
    first, last = now - timedelta(days=40), now - timedelta(days=30)
    await store(engine, {sungrow: rows(sungrow, house(3, [first, last]))})
    kinds = measurements()
    for _ in range(2):
        assert await newest_kind(engine, kinds, "home") == "sungrow"
        newest = await latest(engine, kinds, "home")
        assert newest["ts"] == last.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert await newest_kind(engine, kinds, "a stranger") is None
        assert await latest(engine, kinds, "a stranger") is None
        async with reading(engine) as connection:
            assert await find_span(connection, sungrow, "home") == (first, last)
            assert await find_span(connection, kinds["p1"], "home") is None
        await run_jobs(engine, "policy_refresh_continuous_aggregate")
        await run_jobs(engine, "refresh_late_days")
        assert await run(engine, "SELECT * FROM sungrow_late") == []


async def test_what_came_too_late_to_be_rolled_up_is_found_while_it_is_there(series_api, sungrow):
    engine, now = series_api.app.state.engine, datetime.now(UTC).replace(microsecond=0)
    await timescale.keep_readings(engine, "sungrow", 92)
    await store(engine, {sungrow: rows(sungrow, house(3, [now - timedelta(days=100)]))})
    async with reading(engine) as connection:
        assert await find_span(connection, sungrow, "home") is not None
    assert await newest_kind(engine, measurements(), "home") == "sungrow"


async def test_rollups_outlive_the_readings_they_were_made_from(series_api, sungrow):
    engine, rng = series_api.app.state.engine, random.Random(21)
    series_api.now = now = datetime.now(UTC).replace(microsecond=0)
    readings = house(22, around(rng, now - timedelta(days=150), 150 * 24 - 1, 40_000))
    await store(engine, {sungrow: rows(sungrow, readings)})
    await timescale.refresh(engine, "sungrow")
    queries = [{"frame": "all"}, {"frame": "all", "bucket": "week"}, {"frame": "year"}]
    before = [await series_api.series(**query) for query in queries]
    await timescale.keep_readings(engine, "sungrow", 100)
    await run_jobs(engine, "policy_retention")
    kept = (await run(engine, "SELECT min(ts) AS ts FROM sungrow_samples"))[0]["ts"]
    assert timedelta(days=100) <= now - kept <= timedelta(days=110)
    forgotten = house(23, [now - timedelta(days=200, seconds=3)])
    assert await store(engine, {sungrow: rows(sungrow, forgotten)}) == 1
    for process in ("policy_refresh_continuous_aggregate", "refresh_late_days"):
        assert [await series_api.series(**query) for query in queries] == before
        await run_jobs(engine, process)
    await timescale.refresh(engine, "sungrow")
    assert [await series_api.series(**query) for query in queries] == before
    for days in (120, 0):  # for longer again: what is gone does not come back
        await timescale.keep_readings(engine, "sungrow", days)
        await timescale.refresh(engine, "sungrow")
        await run_jobs(engine, "policy_refresh_continuous_aggregate")
        assert [await series_api.series(**query) for query in queries] == before
    assert await run(engine, "SELECT * FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'") == []


async def test_without_the_aggregates_the_readings_give_the_same_answer(series_api, sungrow, database_url):
    rng = random.Random(15)
    readings = house(16, around(rng, datetime(2026, 3, 29, 1, tzinfo=UTC), 60, 600))
    await store(series_api.app.state.engine, {sungrow: rows(sungrow, readings)})
    queries = [{"frame": frame} for frame in ("day", "month", "year", "all")]
    before = [await series_api.series(**query) for query in queries]
    await run(series_api.app.state.engine, "DROP MATERIALIZED VIEW sungrow_15min CASCADE")
    assert [await series_api.series(**query) for query in queries] == before


def test_a_filled_database_goes_back_to_plain_tables_and_forth_without_losing_a_digit(database_url, sungrow):
    rng = random.Random(17)
    readings = house(18, around(rng, datetime(2026, 3, 29, 1, tzinfo=UTC), 100, 300))

    async def with_engine(action):
        engine = make_engine(database_url)
        try:
            return await action(engine)
        finally:
            await engine.dispose()

    async def rollups(engine):
        tables = ("15min", "1day")
        return [await run(engine, f"SELECT * FROM sungrow_{name} ORDER BY device_id, bucket") for name in tables]

    batch = {sungrow: rows(sungrow, readings)}
    asyncio.run(with_engine(lambda engine: store(engine, batch)))
    asyncio.run(with_engine(lambda engine: timescale.refresh(engine, "sungrow")))
    migrate.downgrade(database_url, "0001")
    converted = asyncio.run(with_engine(rollups))
    asyncio.run(with_engine(lambda engine: run(engine, "TRUNCATE sungrow_samples, sungrow_15min, sungrow_1day")))
    heard = "(device_id text, kind text, quarter timestamptz, cells int, PRIMARY KEY (device_id, kind, quarter))"
    asyncio.run(with_engine(lambda engine: run(engine, f"CREATE TABLE heard {heard}")))  # who stores hears, too
    assert asyncio.run(with_engine(lambda engine: store(engine, batch))) == len(readings)
    assert converted == asyncio.run(with_engine(rollups))
    asyncio.run(with_engine(lambda engine: run(engine, "DROP TABLE heard")))
    migrate.upgrade(database_url)
    assert asyncio.run(with_engine(lambda engine: store(engine, batch))) == 0
    materialised = "SELECT count(*) AS n FROM sungrow_daily"
    assert asyncio.run(with_engine(lambda engine: run(engine, materialised)))[0]["n"] > 5

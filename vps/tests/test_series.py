"""Every answer of `/v1/series` is compared with a computation from the raw readings that shares nothing with it."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from brute_force import BruteForce, around, assert_right, house, rows, store_in_disorder
from sqlalchemy import text

from sungaze_vps.db import timescale
from sungaze_vps.services.ingestion import store

SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC)


async def test_every_frame_is_right_to_the_last_digit_across_both_changes_of_the_clocks(series_api, sungrow):
    rng = random.Random(1)
    sparse = [datetime(2024, 11, 30, 7, tzinfo=UTC) + timedelta(hours=61 * n) for n in range(330)]
    times = sorted({*sparse, *around(rng, SPRING, 30, 240), *around(rng, AUTUMN, 30, 240)})
    readings = house(2, times)
    await store_in_disorder(series_api.app.state.engine, sungrow, readings, rng)
    truth = BruteForce(readings)
    for now in (SPRING, AUTUMN):
        series_api.now = now + timedelta(hours=9)
        for frame in ("day", "month", "year", "all"):
            answer = await series_api.series(frame=frame, tz="Europe/Brussels")
            assert_right(answer, truth)
            assert answer["energy_source"]["pv_kwh"] == "counter"
            assert answer["energy_source"]["load_kwh"] == "power"
    hours = [point["bucket_local"] for point in (await series_api.series(frame="day"))["series"]]
    assert "2026-10-25T02:00:00+02:00" in hours
    assert "2026-10-25T02:00:00+01:00" in hours


@pytest.mark.parametrize(
    ("tz", "around_utc"),
    [
        ("Asia/Kathmandu", "2026-03-29T01:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00"),
        ("Australia/Lord_Howe", "2026-10-03T15:30"),
        ("America/St_Johns", "2026-11-01T04:30"),
        ("Africa/Cairo", "2026-04-23T22:00"),  # midnight does not exist
        ("America/Havana", "2026-11-01T05:00"),  # midnight happens twice
        ("UTC", "2026-12-31T23:30"),
    ],
)
async def test_zones_of_any_quarter_and_changes_at_midnight_are_right(series_api, sungrow, tz, around_utc):
    rng = random.Random(3)
    middle = datetime.fromisoformat(around_utc).replace(tzinfo=UTC)
    readings = house(4, around(rng, middle, 36, 400))
    await store_in_disorder(series_api.app.state.engine, sungrow, readings, rng)
    truth = BruteForce(readings)
    window = {"start": str(middle - timedelta(hours=30)), "end": str(middle + timedelta(hours=30))}
    for bucket in ("15m", "hour", "day", "week", "month", "year"):
        assert_right(await series_api.series(tz=tz, bucket=bucket, **window), truth)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # only it says so by a code of its own (42P01)
async def test_without_the_rollup_tables_the_raw_readings_give_the_same_answer(series_api, sungrow):
    engine = series_api.app.state.engine
    rng = random.Random(5)
    times = [*around(rng, SPRING - timedelta(days=40), 5, 300), *around(rng, SPRING, 20, 300)]
    readings = house(6, times)
    await store_in_disorder(engine, sungrow, readings, rng)
    queries = [{"frame": frame} for frame in ("day", "month", "year", "all")] + [{"bucket": "week", "frame": "year"}]
    before = [await series_api.series(**query) for query in queries]
    async with engine.begin() as connection:
        for view in ("hourly", "daily", "monthly"):
            await connection.execute(text(f"DROP VIEW sungrow_{view}"))
    assert [await series_api.series(**query) for query in queries] == before
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE sungrow_1day"))
        await connection.execute(text("DROP TABLE sungrow_15min"))
    assert [await series_api.series(**query) for query in queries] == before
    assert (await series_api.series(start="2020-01-01", end="2020-02-01"))["series"] == []


async def test_energy_of_the_running_quarter_grows_with_the_time_covered(series_api, sungrow):
    noon = datetime(2026, 6, 21, 12, tzinfo=UTC)
    readings = [(noon + timedelta(seconds=5 * n), 1, {"load_power_w": 1200}) for n in range(60)]
    await store(series_api.app.state.engine, {sungrow: rows(sungrow, readings)})
    series_api.now = noon
    assert [point["load_kwh"] for point in (await series_api.series(frame="day"))["series"]] == [0.1]


async def test_what_a_counter_gained_in_a_gap_belongs_to_the_first_reading_after_it(series_api, sungrow):
    noon = datetime(2026, 6, 21, 12, tzinfo=UTC)
    counted = [(noon, 100.0), (noon + timedelta(days=9), 190.0), (noon + timedelta(days=10), 7.0)]
    readings = [(ts, 1, {"pv_total_kwh": value}) for ts, value in counted]
    await store(series_api.app.state.engine, {sungrow: rows(sungrow, readings)})
    days = await series_api.series(start="2026-06-01", end="2026-07-10", bucket="day")
    assert [point["pv_kwh"] for point in days["series"]] == [0, 90, 0]


@pytest.mark.parametrize("database_url", ["timescaledb"], indirect=True)
async def test_what_came_a_moment_ago_counts_although_its_day_was_just_summed_up(series_api, sungrow):
    engine, now = series_api.app.state.engine, datetime.now(UTC).replace(microsecond=0)
    series_api.now = now
    early, late, last = ([(now - timedelta(seconds=age), 1, {"pv_power_w": 1})] for age in (10, 1200, 5))
    await store(engine, {sungrow: rows(sungrow, [*early, *late])})
    await timescale.refresh(engine, "sungrow")
    await store(engine, {sungrow: rows(sungrow, last)})
    assert sum(point["sample_count"] for point in (await series_api.series(frame="all"))["series"]) == 3

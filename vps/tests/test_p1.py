"""A grid meter's readings: what is stored, and what a series makes of meters that are swapped."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from brute_force import P1, BruteForce, around, assert_right, grid_meter, house, rows, store_in_disorder
from timescale_jobs import run_jobs

from sungaze_vps.db import timescale
from sungaze_vps.db.levels import forget_levels, rolled
from sungaze_vps.measurements import measurements
from sungaze_vps.services.ingestion import store

SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def p1():
    """Give the measurement of the kind `p1`."""
    return measurements()["p1"]


async def assert_all_right(series_api, readings):
    truth = BruteForce(readings, P1)
    for bucket in ("hour", "day", "week", "month", "year"):
        answer = await series_api.series(frame="all", bucket=bucket, tz="Europe/Brussels", kind="p1")
        assert_right(answer, truth)
        assert answer["energy_source"] == {"import_kwh": "counter", "export_kwh": "counter"}


async def test_energy_is_right_to_the_last_digit_across_swapped_meters_gaps_and_resets(series_api, p1):
    rng = random.Random(1)
    sparse = [datetime(2025, 12, 30, 7, tzinfo=UTC) + timedelta(hours=31 * n) for n in range(120)]
    readings = grid_meter(2, sorted({*sparse, *around(rng, SPRING, 30, 240)}))
    engine = series_api.app.state.engine
    await store_in_disorder(engine, p1, readings, rng)
    series_api.now = SPRING + timedelta(hours=40)
    await assert_all_right(series_api, readings)


@pytest.mark.parametrize("database_url", ["timescaledb"], indirect=True)
async def test_what_timescaledb_sums_up_of_swapped_meters_is_right_too(series_api, p1):
    rng = random.Random(3)
    now = datetime.now(UTC).replace(microsecond=0)
    readings = grid_meter(4, around(rng, now - timedelta(days=2), 60, 300))
    readings = [reading for reading in readings if reading[0] < now]
    engine, series_api.now = series_api.app.state.engine, now
    await store_in_disorder(engine, p1, readings, rng)
    await run_jobs(engine, "policy_refresh_continuous_aggregate", "p1%")
    await assert_all_right(series_api, readings)
    await run_jobs(engine, "refresh_late_days", "p1%")
    await assert_all_right(series_api, readings)


@pytest.mark.parametrize("database_url", ["postgresql", "timescaledb"], indirect=True)
async def test_without_rollups_the_readings_know_of_swapped_meters_too(series_api, p1):
    rng = random.Random(5)
    readings = grid_meter(6, around(rng, SPRING, 12, 300))
    engine = series_api.app.state.engine
    await store_in_disorder(engine, p1, readings, rng)
    async with engine.begin() as connection:
        aggregated = "SELECT to_regclass('p1_late') IS NOT NULL"
        if (await connection.exec_driver_sql(aggregated)).scalar():
            await connection.run_sync(timescale.remove_aggregates, rolled(p1))
        else:
            await connection.exec_driver_sql("DROP TABLE p1_15min, p1_1day CASCADE")
    forget_levels(engine)
    series_api.now = SPRING + timedelta(hours=30)
    await assert_all_right(series_api, readings)


async def test_a_late_reading_of_the_old_meter_moves_the_swap(series_api, p1):
    def reading(minutes, kwh, meter):
        values = {"power_w": 0, "energy_import_kwh": kwh, "meter_unique_id": meter}
        return NOON + timedelta(minutes=minutes), 1, values

    old, new = [reading(0, 100.0, "old"), reading(20, 101.5, "old")], [reading(40, 900.0, "new")]
    engine, series_api.now = series_api.app.state.engine, NOON + timedelta(hours=2)
    await store(engine, {p1: rows(p1, [old[0], *new])})
    (hour,) = (await series_api.series(bucket="hour", frame="day", kind="p1"))["series"]
    assert hour["import_kwh"] == 0
    await store(engine, {p1: rows(p1, [old[1]])})
    (hour,) = (await series_api.series(bucket="hour", frame="day", kind="p1"))["series"]
    assert hour["import_kwh"] == 1.5


async def test_a_device_of_two_kinds_shows_its_newest_reading_and_a_series_of_either(client, app, sungrow, p1):
    engine = app.state.engine
    inverter = house(7, [NOON - timedelta(hours=1)])
    meter = grid_meter(8, [NOON - timedelta(days=30), NOON - timedelta(days=9)])
    await store(engine, {p1: rows(p1, meter)})
    answer = (await client.get("/v1/realtime")).json()
    assert (answer["kind"], answer["ts"]) == ("p1", "2026-06-12T12:00:00.000Z")
    await store(engine, {sungrow: rows(sungrow, inverter)})
    answer = (await client.get("/v1/series", params={"frame": "all"})).json()
    assert answer["kind"] == "sungrow"
    answer = (await client.get("/v1/series", params={"frame": "all", "kind": "p1", "bucket": "week"})).json()
    assert [point["sample_count"] for point in answer["series"]] == [reading[1] for reading in meter]
    kinds = [device["kind"] for device in (await client.get("/v1/devices")).json()["devices"]]
    assert kinds == ["p1", "sungrow"]


async def test_every_value_comes_back_as_it_was_sent(client):
    sample = {
        "device_id": "home",
        "kind": "p1",
        "ts": "2026-06-21T10:00:05.412Z",
        "power_w": -543,
        "energy_import_kwh": 13779.338,
        "meter_unique_id": "4E47475955",
        "meter_ts": "2026-06-21T12:00:04+02:00",
        "monthly_power_peak_ts": "2026-06-04T08:15:00.123456Z",
        "tariff": 2,
    }
    assert (await client.post("/v1/ingest", json={"samples": [sample]})).json() == {"inserted": 1}
    answer = (await client.get("/v1/realtime")).json()
    times = {"meter_ts": "2026-06-21T10:00:04.000Z", "monthly_power_peak_ts": "2026-06-04T08:15:00.123Z"}
    assert {name: answer[name] for name in sample} == sample | times
    assert answer["gas_ts"] is None

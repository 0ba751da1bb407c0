from datetime import UTC, datetime, timedelta

import pytest
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from sungaze_vps.db import timescale
from sungaze_vps.services.ingestion import store
from sungaze_vps.services.latest import devices, latest

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


def row(measurement, ts, device_id="home", sample_count=1, **values):
    return (device_id, ts, sample_count, *(values.get(field.name) for field in measurement.fields))


async def test_what_was_stored_comes_back_as_the_flat_object_of_the_wire(engine, sungrow):
    ts = NOON + timedelta(milliseconds=123)
    assert await store(engine, {sungrow: [row(sungrow, ts, pv_power_w=2500.5, running_state="Running")]}) == 1
    sample = await latest(engine, {"sungrow": sungrow}, "home")
    assert sample["device_id"] == "home"
    assert sample["kind"] == "sungrow"
    assert sample["ts"] == "2026-06-21T12:00:00.123Z"
    assert sample["sample_count"] == 1
    assert sample["pv_power_w"] == 2500.5
    assert sample["running_state"] == "Running"
    assert sample["battery_soc_pct"] is None
    assert list(sample) == ["device_id", "kind", "ts", "sample_count", *(field.name for field in sungrow.fields)]


async def test_sending_twice_stores_once_and_overwrites_nothing(engine, sungrow):
    first = [row(sungrow, NOON, pv_power_w=1), row(sungrow, NOON, pv_power_w=2)]
    assert await store(engine, {sungrow: first}) == 1
    again = [row(sungrow, NOON, pv_power_w=3), row(sungrow, NOON + timedelta(seconds=5), pv_power_w=4)]
    assert await store(engine, {sungrow: again}) == 1
    assert await store(engine, {sungrow: again}) == 0
    assert (await latest(engine, {"sungrow": sungrow}, "home"))["pv_power_w"] == 4


async def test_devices_are_listed_with_when_they_were_seen(engine, sungrow):
    rows = [row(sungrow, NOON + timedelta(hours=hours), "home") for hours in range(3)]
    await store(engine, {sungrow: [*rows, row(sungrow, NOON, "neighbour")]})
    assert await devices(engine, {"sungrow": sungrow}, {"home", "unseen"}) == [
        {
            "device_id": "home",
            "kind": "sungrow",
            "first_seen": "2026-06-21T12:00:00.000Z",
            "last_seen": "2026-06-21T14:00:00.000Z",
        }
    ]
    assert await latest(engine, {"sungrow": sungrow}, "unseen") is None


@pytest.mark.parametrize("database_url", ["timescaledb"], indirect=True)
async def test_a_device_was_first_seen_when_its_oldest_reading_says_however_late_that_came(engine, sungrow):
    async def first_seen():
        return (await devices(engine, {"sungrow": sungrow}, {"home"}))[0]["first_seen"]

    await store(engine, {sungrow: [row(sungrow, NOON)]})
    await timescale.refresh(engine, "sungrow")
    assert await first_seen() == "2026-06-21T12:00:00.000Z"
    await store(engine, {sungrow: [row(sungrow, NOON - timedelta(days=40, hours=-9))]})
    assert await first_seen() == "2026-05-12T21:00:00.000Z"
    await timescale.refresh(engine, "sungrow")
    assert await first_seen() == "2026-05-12T21:00:00.000Z"


async def test_a_large_batch_with_doubles_is_stored_once(engine, sungrow):
    rows = [row(sungrow, NOON + timedelta(seconds=n % 700), pv_power_w=n) for n in range(1000)]
    assert await store(engine, {sungrow: rows}) == 700
    assert await store(engine, {sungrow: rows}) == 0
    assert (await latest(engine, {"sungrow": sungrow}, "home"))["pv_power_w"] == 699


@pytest.mark.parametrize("size", [3, 500])
async def test_a_batch_that_fails_leaves_nothing_behind(engine, sungrow, size):
    rows = [row(sungrow, NOON + timedelta(seconds=n)) for n in range(size)]
    with pytest.raises((DBAPIError, PostgresError)):
        await store(engine, {sungrow: [*rows, row(sungrow, NOON, sample_count=None, device_id="bad")]})
    assert await devices(engine, {"sungrow": sungrow}, {"home", "bad"}) == []
    assert await store(engine, {sungrow: rows}) == size


async def test_an_empty_batch_is_no_error(engine, sungrow):
    assert await store(engine, {sungrow: []}) == 0
    assert await store(engine, {}) == 0

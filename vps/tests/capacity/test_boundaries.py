"""What the trigger keeps is the least and the greatest of all readings, however they come, on every engine."""

import asyncio
import random

import pytest
from sqlalchemy import select, text
from true_meter import QUARTER_MS, Home, Meter, iso, millis, moment, utc

from sungaze_vps.db.boundaries import BOUNDARIES, HOST_CLOCK, METER_CLOCK
from sungaze_vps.db.session import WRITER

START = millis(utc("2026-03-31T21:30:00+02:00"))


def readings(seed, number=400):
    """Make readings by two clocks, of two meters, with and without counters and peaks."""
    rng = random.Random(seed)
    meter = Meter(Home([(START, 3000), (START + 3 * QUARTER_MS, 9000)]))
    for count in range(number):
        at = START + count * 20_000
        own = {"monthly_power_peak_w": rng.choice([None, 3000 + count // 90])}
        own |= {"monthly_power_peak_ts": rng.choice([None, iso(at // QUARTER_MS * QUARTER_MS)])}
        own |= {"energy_import_kwh": None} if rng.random() < 0.05 else {}
        serial = rng.choice([None, "meter-1", "meter-1"])
        clock = rng.random() < 0.8
        yield meter.sample(at // 60_000 * 60_000, meter_clock=clock, delay_ms=at % 60_000, **own) | {
            "meter_unique_id": serial
        }


def truth(samples):
    found = {}
    for sample in samples:
        if sample["energy_import_kwh"] is not None:
            at = utc(sample.get("meter_ts") or sample["ts"])
            quarter = moment(millis(at) // QUARTER_MS * QUARTER_MS)
            key = (sample["device_id"], quarter, sample["meter_unique_id"] or "")
            found.setdefault(key, []).append((at, sample))
    return [key + row(inside) for key, inside in sorted(found.items())]


def row(inside):
    stands = [(at, sample["energy_import_kwh"]) for at, sample in inside]
    clocks = {METER_CLOCK if "meter_ts" in sample else HOST_CLOCK for _, sample in inside}
    kwh = [value for _, value in stands]
    told = [(s["monthly_power_peak_ts"], s["monthly_power_peak_w"]) for _, s in inside]
    peak = max(((utc(ts), watts) for ts, watts in told if ts and watts), default=(None, None))
    return (*min(stands), *max(stands), min(kwh), max(kwh), sum(clocks), *peak)


async def kept(api):
    async with api.app.state.engine.connect() as connection:
        query = select(BOUNDARIES).order_by(*BOUNDARIES.primary_key)
        return [tuple(found) for found in await connection.execute(query)]


async def test_any_order_of_arrival_comes_to_the_same(api):
    samples = list(readings(1)) + [sample | {"device_id": "home1"} for sample in readings(2)]
    rng = random.Random(3)
    left = samples + rng.sample(samples, 100)
    rng.shuffle(left)
    for first in range(0, len(left), 90):
        await api.store(left[first : first + 90])
    assert await kept(api) == truth(samples)


@pytest.mark.parametrize("database_url", ["postgresql", "timescaledb"], indirect=True)
async def test_batches_that_meet_in_the_same_quarters_neither_deadlock_nor_forget(api):
    samples = list(readings(4)) + [sample | {"device_id": "home1"} for sample in readings(5)]
    rng = random.Random(6)
    batches = [rng.sample(samples, 150) for _ in range(12)] + [samples]
    await asyncio.gather(*(api.store(batch) for batch in batches))
    assert await kept(api) == truth(samples)


@pytest.mark.parametrize("database_url", ["timescaledb"], indirect=True)
async def test_readings_that_come_late_into_compressed_chunks_count(api):
    samples = list(readings(7))
    await api.store(samples[::2])
    compress = "SELECT compress_chunk(chunk) FROM show_chunks('p1_samples') AS chunk"
    async with api.app.state.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        assert (await connection.execute(text(compress))).all()
    await api.store(samples)
    assert await kept(api) == truth(samples)


async def test_what_is_kept_outlives_the_readings_it_came_from(api):
    samples = list(readings(8))
    await api.store(samples)
    before = await api.month("2026-03")
    async with api.app.state.engine.execution_options(**WRITER).begin() as connection:
        await connection.execute(text("DELETE FROM p1_samples"))
    assert await api.month("2026-03") == before


async def test_a_reading_that_is_refused_leaves_nothing(api):
    good, bad = Meter(Home([(START, 1)])).sample(START), {"device_id": "home", "kind": "p1", "ts": "yesterday"}
    response = await api.client.post("/v1/ingest", json={"samples": [good, bad]})
    assert response.status_code == 422
    assert await kept(api) == []

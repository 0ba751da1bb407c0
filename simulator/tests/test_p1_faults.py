import asyncio
from datetime import timedelta

import httpx
import pytest

from sungaze_sim.p1 import P1Meter


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("denied", 401, '{"error": "user:unauthorized"}'),
        ("error", 500, ""),
        ("no_telegram", 503, "telegram:no-telegram-received"),
    ],
)
async def test_errors_on_request(meter, client, fault, status, text):
    meter.faults.set(fault, times=1)
    answer = await client.get("/api/measurement")
    assert (answer.status_code, answer.text) == (status, text)
    assert (await client.get("/api/measurement")).status_code == 200


async def test_revoked_tokens_stay_dead(meter, client):
    meter.faults.set("revoked", times=1)
    assert [(await client.get("/api")).status_code for _ in range(2)] == [401, 401]


@pytest.mark.parametrize("fault", ["garbage", "truncated"])
async def test_a_body_can_be_no_json_and_is_no_reading_then(meter, client, fault):
    meter.faults.set(fault, times=1)
    with pytest.raises(ValueError):
        (await client.get("/api/measurement")).json()
    assert meter.record.readings == []


@pytest.mark.parametrize("fault", ["drop_before", "drop_mid", "silence", "half_open"])
async def test_an_answer_can_fail_to_come(meter, client, fault):
    assert (await client.get("/api")).status_code == 200
    meter.faults.set(fault, times=1)
    with pytest.raises(httpx.TransportError):
        await client.get("/api/measurement", timeout=0.3)
    assert meter.record.readings == []
    assert (await client.get("/api/measurement")).status_code == 200


async def test_a_reboot_drops_the_client_and_comes_back_on_the_same_port(meter, client):
    assert (await client.get("/api")).status_code == 200
    meter.faults.set("reboot", seconds=0.2)
    await asyncio.sleep(0.05)
    with pytest.raises(httpx.TransportError):
        await client.get("/api", timeout=0.1)
    async with asyncio.timeout(3):
        while True:
            try:
                assert (await client.get("/api")).status_code == 200
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_a_stale_meter_repeats_itself_with_200(clock, client_of):
    async with P1Meter(clock=clock) as meter, client_of(meter, meter.pair("local/test")) as client:
        first = (await client.get("/api/measurement")).json()
        meter.faults.set("stale")
        clock.seconds += 60
        assert (await client.get("/api/measurement")).json() == first
        meter.faults.clear()
        assert (await client.get("/api/measurement")).json()["timestamp"] != first["timestamp"]
        assert [reading.certain for reading in meter.record.readings] == [True, False, True]


async def test_fields_come_and_go(meter, client):
    async def body_under(fault):
        meter.faults.set(fault, times=1)
        return (await client.get("/api/measurement")).json()

    without_totals = await body_under("no_totals")
    assert "energy_import_t1_kwh" in without_totals
    assert "energy_import_kwh" not in without_totals
    with_nulls = await body_under("nulls")
    assert with_nulls["tariff"] is with_nulls["power_l1_w"] is None
    assert with_nulls["energy_import_t1_kwh"] is not None
    without_peaks = await body_under("no_peaks")
    assert not any("peak" in name or "average" in name for name in without_peaks)
    readings = meter.record.readings
    assert readings[0].truth["energy_import_kwh"] > 0
    assert [reading.faults for reading in readings] == [[], ["nulls"], []]
    assert readings[2].truth["monthly_power_peak_w"] is readings[2].truth["monthly_power_peak_ts"] is None


async def test_the_meter_can_be_swapped_and_its_clock_can_jump(clock, client_of):
    async with P1Meter(clock=clock) as meter, client_of(meter, meter.pair("local/test")) as client:
        first = (await client.get("/api/measurement")).json()
        meter.faults.set("swap")
        swapped = (await client.get("/api/measurement")).json()
        clock.seconds += 1
        later = (await client.get("/api/measurement")).json()
        assert first["unique_id"] != swapped["unique_id"] == later["unique_id"]
        meter.faults.set("clock_jump", value=7200)
        await client.get("/api/measurement")
        one, other = (reading.truth["meter_ts"] for reading in meter.record.readings[-2:])
        assert other[:10] == (clock.now() + timedelta(hours=2)).isoformat()[:10]
        assert int(other[11:13]) == (int(one[11:13]) + 2) % 24


async def test_the_record_holds_what_was_handed_out_and_whether_the_client_asked_on(meter, client):
    body = (await client.get("/api/measurement")).json()
    await client.get("/api")
    meter.faults.set("slow", value=0.05, times=1)
    await client.get("/api/measurement")
    first, second = meter.record.readings
    assert first.truth["power_w"] == body["power_w"]
    assert first.truth["meter_unique_id"] == body["unique_id"]
    assert (first.certain, first.confirmed, first.faults) == (True, True, [])
    assert (second.certain, second.confirmed) == (False, False)
    assert first.house_time is not None

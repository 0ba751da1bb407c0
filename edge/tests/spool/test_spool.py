"""The spool keeps every reading, in order, until it is acknowledged or refused."""

import asyncio
import json
import sqlite3

import pytest

from sungaze_edge.errors import SpoolError
from sungaze_edge.reading import Reading
from sungaze_edge.spool import Spool
from sungaze_edge.store import Store


async def test_readings_come_out_in_the_order_they_went_in_and_leave_by_ack(path, clock, numbers, fill):
    async with Spool(path) as spool:
        await fill(spool, 10)
        first = await spool.peek(4, clock.instant())
        assert numbers(first) == [0, 1, 2, 3]
        assert await spool.peek(4, clock.instant()) == first, "peek changes nothing"
        await spool.ack([row.id for row in first])
        assert numbers(await spool.peek(100, clock.instant())) == [4, 5, 6, 7, 8, 9]
        assert await spool.length() == 6


async def test_a_reading_is_on_the_wire_what_the_contract_says(path, reading, clock):
    async with Spool(path) as spool:
        await spool.enqueue(reading(pv_power_w=1.5, battery_soc_pct=None, running_state='Run "é"', load=float("nan")))
        (row,) = await spool.peek(1, clock.instant())
    assert json.loads(row.sample) == {
        "device_id": "home",
        "kind": "sungrow",
        "ts": "2026-06-21T12:00:05.000Z",
        "pv_power_w": 1.5,
        "battery_soc_pct": None,
        "running_state": 'Run "é"',
        "load": None,
    }


async def test_a_reading_without_values_is_still_a_reading(path, clock):
    async with Spool(path) as spool:
        await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        (row,) = await spool.peek(1, clock.instant())
    assert json.loads(row.sample)["ts"] == "2026-06-21T12:00:00.000Z"


async def test_two_readings_never_get_the_same_identity(path, hands, clock):
    async with Spool(path) as spool:
        for _ in range(3):
            await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        await spool.enqueue(Reading("shed", "toy", {}, clock.instant()))
        first = await spool.peek(10, clock.instant())
        await spool.ack([row.id for row in first])
        await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        rows = [json.loads(row.sample) for row in [*first, *await spool.peek(10, clock.instant())]]
    assert [(row["device_id"], row["ts"][-5:]) for row in rows] == [
        ("home", ".000Z"),
        ("home", ".001Z"),
        ("home", ".002Z"),
        ("shed", ".000Z"),
        ("home", ".003Z"),
    ]


async def test_a_clock_set_back_an_hour_gives_no_time_twice(path, hands, clock):
    async with Spool(path) as spool:
        for _ in range(20):
            hands.pass_s(5)
            await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        hands.wall_s -= 100
        for _ in range(20):
            hands.pass_s(5)
            await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        times = [json.loads(row.sample)["ts"] for row in await spool.peek(100, clock.instant())]
    assert len(set(times)) == 40


async def test_a_refused_reading_is_set_aside_listed_and_retried_at_its_old_place(path, clock, numbers, fill):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.quarantine({2: "pv_power_w: too big"}, clock.instant())
        assert numbers(await spool.peek(10, clock.instant())) == [0, 2]
        assert (await spool.status()).quarantined == 1
        other = Store(path)  # as `sungaze-edge spool` does beside the daemon
        (refused,) = other.quarantined()
        assert (refused.id, refused.reason) == (2, "pv_power_w: too big")
        assert other.retry([99]) == 0
        assert other.retry() == 1
        other.close()
        assert await spool.length() == 3, "the daemon notices"
        await fill(spool, 1, start=3)
        assert numbers(await spool.peek(10, clock.instant())) == [0, 1, 2, 3]


async def test_the_id_of_a_reading_is_never_used_again_while_an_ack_may_be_late(path, clock, numbers, fill):
    async with Spool(path) as spool:
        await fill(spool, 2)
        await spool.ack([1, 2])
        await fill(spool, 2, start=2)
        await spool.ack([1, 2])
        assert numbers(await spool.peek(10, clock.instant())) == [2, 3]


async def test_a_second_daemon_on_the_same_spool_is_refused(path):
    async with Spool(path):
        second = Spool(path)
        with pytest.raises(SpoolError, match="Another sungaze-edge is running"):
            await second.__aenter__()


async def test_a_spool_of_a_newer_version_is_refused_and_left_alone(path):
    async with Spool(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    before = path.read_bytes()
    newer = Spool(path)
    with pytest.raises(SpoolError, match="made by a newer sungaze-edge"):
        await newer.__aenter__()
    assert path.read_bytes() == before


@pytest.mark.parametrize(("place", "complaint"), [("missing/spool.db", "SPOOL_PATH"), (".", "cannot be")])
async def test_a_place_that_cannot_be_written_is_named_with_a_remedy(tmp_path, place, complaint):
    spool = Spool(tmp_path / place)
    with pytest.raises(SpoolError, match=complaint):
        await spool.__aenter__()


async def test_the_event_loop_never_waits_for_the_disk(path, clock, fill):
    async with Spool(path) as spool:
        beats = 0

        async def heart():
            nonlocal beats
            while True:
                await asyncio.sleep(0)
                beats += 1

        task = asyncio.create_task(heart())
        await fill(spool, 20)
        task.cancel()
    assert beats > 20

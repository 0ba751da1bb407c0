"""Readings that were taken before the time was known get their true time, durably, before anyone sees them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from sungaze_edge.spool import Spool

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


def times(waiting):
    return [datetime.fromisoformat(json.loads(row.sample)["ts"]) for row in waiting]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spool.db"


async def test_readings_wait_for_their_time_and_get_the_true_one(path, hands, clock, reading):
    hands.kernel, hands.wall_s = False, 0.0
    async with Spool(path) as spool:
        for number in range(3):
            await spool.enqueue(reading(n=number))
        assert await spool.peek(10, clock.instant()) == []
        assert (await spool.status()).rows_without_time == 3
        hands.kernel, hands.wall_s = True, NOON.timestamp()
        expected = [NOON - timedelta(seconds=seconds) for seconds in (10, 5, 0)]
        assert times(await spool.peek(10, clock.instant())) == expected
        assert (await spool.status()).rows_without_time == 0


async def test_a_time_that_was_shown_once_never_changes(path, hands, clock, reading):
    hands.kernel = False
    async with Spool(path) as spool:
        await spool.enqueue(reading())
        hands.kernel = True
        shown = await spool.peek(10, clock.instant())
        hands.wall_s += 7
    async with Spool(path) as spool:
        assert await spool.peek(10, clock.instant()) == shown


async def test_readings_behind_those_that_wait_are_not_held_up(path, hands, clock, reading):
    hands.kernel = False
    async with Spool(path) as spool:
        await spool.enqueue(reading(n=0))
        hands.kernel = True
        later = hands.clock()
        await spool.enqueue(reading(by=later, n=1))
        assert [json.loads(row.sample)["n"] for row in await spool.peek(10, later.instant())] == [0, 1]


async def test_another_process_of_the_same_boot_settles_them_too(path, hands, reading):
    hands.kernel = False
    async with Spool(path) as spool:
        await spool.enqueue(reading(by=hands.clock()))
    hands.kernel = True
    async with Spool(path) as spool:
        assert times(await spool.peek(10, hands.clock().instant())) == [NOON + timedelta(seconds=5)]


async def test_what_an_earlier_boot_learned_too_late_is_not_forgotten(path, hands, reading):
    hands.kernel, hands.wall_s = False, 0.0
    async with Spool(path) as spool:
        clock = hands.clock()
        await spool.enqueue(reading(by=clock, n=0))
        hands.kernel, hands.wall_s = True, NOON.timestamp()
        await spool.enqueue(reading(by=clock, n=1))  # no peek: the power fails now
    hands.reboot(wall_s=NOON.timestamp() + 600, boot="boot-2")
    async with Spool(path) as spool:
        assert times(await spool.peek(10, hands.clock().instant())) == [NOON, NOON + timedelta(seconds=5)]
        assert (await spool.status()).estimated_times == 0


async def boot_that_never_knew(path, hands, reading, *, wall_s, count=3):
    hands.reboot(wall_s=wall_s, boot="boot-lost")
    hands.kernel = False
    async with Spool(path) as spool:
        for number in range(count):
            await spool.enqueue(reading(by=hands.clock(), n=number))


async def next_boot(path, hands, *, uptime_s=60.0):
    hands.reboot(wall_s=(NOON + timedelta(hours=2)).timestamp(), boot="boot-after")
    hands.uptime_s, hands.kernel = uptime_s, True
    async with Spool(path) as spool:
        return times(await spool.peek(10, hands.clock().instant())), await spool.status()


async def test_a_boot_that_never_knew_the_time_is_placed_by_its_own_plausible_clock(path, hands, clock, reading):
    async with Spool(path) as spool:
        await spool.enqueue(reading())
    await boot_that_never_knew(path, hands, reading, wall_s=NOON.timestamp() + 3600)
    placed, status = await next_boot(path, hands)
    assert placed[1:] == [NOON + timedelta(hours=1, seconds=seconds) for seconds in (5, 10, 15)]
    assert status.estimated_times == 3


@pytest.mark.parametrize("wall_s", [0.0, NOON.timestamp() - 86_400, NOON.timestamp() + 10 * 86_400])
async def test_a_boot_with_an_impossible_clock_is_placed_between_its_neighbours(path, hands, clock, reading, wall_s):
    async with Spool(path) as spool:
        await spool.enqueue(reading())
    await boot_that_never_knew(path, hands, reading, wall_s=wall_s)
    placed, status = await next_boot(path, hands)
    assert placed == sorted(set(placed))
    assert placed[0] == NOON + timedelta(seconds=5)
    assert placed[-1] <= NOON + timedelta(hours=2) - timedelta(seconds=60)
    assert placed[3] - placed[1] == timedelta(seconds=10), "their distance is known, whatever the time was"
    assert status.estimated_times == 3


async def test_a_first_boot_without_any_time_ends_where_the_next_one_begins(path, hands, reading):
    await boot_that_never_knew(path, hands, reading, wall_s=0.0)
    placed, _ = await next_boot(path, hands)
    assert placed[-1] == NOON + timedelta(hours=2) - timedelta(seconds=60)


async def test_an_earlier_boot_waits_until_this_one_knows_the_time(path, hands, reading):
    await boot_that_never_knew(path, hands, reading, wall_s=0.0)
    hands.reboot(wall_s=0.0, boot="boot-3")
    async with Spool(path) as spool:
        assert await spool.peek(10, hands.clock().instant()) == []
        assert await spool.length() == 3

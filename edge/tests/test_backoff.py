"""Waiting: doubling, spread out, and ended by a stop signal."""

import asyncio

import pytest

from sungaze_edge.backoff import Backoff, time_limit, wait


def test_the_wait_doubles_to_its_limit_and_begins_anew():
    backoff = Backoff(1, 300, draw=lambda: 1.0)
    assert [backoff.next_s() for _ in range(11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    backoff.reset()
    assert backoff.next_s() == 1


def test_clients_spread_out_over_half_a_wait():
    waits = [Backoff(60, 300).next_s() for _ in range(100)]
    assert all(30 <= seconds <= 60 for seconds in waits)
    assert max(waits) - min(waits) > 10


def test_a_stop_signal_ends_a_wait(in_jumping_time):
    async def scene():
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.call_later(3, stop.set)
        assert not await wait(stop, 1)
        assert await wait(stop, 1000)
        return loop.time()

    assert in_jumping_time(scene()) == pytest.approx(3)


def test_a_stop_signal_shortens_a_time_limit(in_jumping_time):
    async def scene():
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.call_later(10, stop.set)
        with pytest.raises(TimeoutError):
            async with time_limit(60, stop, grace_s=5):
                await asyncio.sleep(1000)
        return loop.time()

    assert in_jumping_time(scene()) == pytest.approx(15)


def test_a_stop_signal_never_lengthens_a_time_limit(in_jumping_time):
    async def scene():
        stop = asyncio.Event()
        stop.set()
        with pytest.raises(TimeoutError):
            async with time_limit(2, stop, grace_s=5):
                await asyncio.sleep(1000)
        return asyncio.get_running_loop().time()

    assert in_jumping_time(scene()) == pytest.approx(2)

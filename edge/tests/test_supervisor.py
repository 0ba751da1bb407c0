"""A loop that breaks is started again; the others never notice."""

import asyncio

from sungaze_edge.supervisor import supervise


def test_a_broken_loop_is_told_once_and_started_again(in_jumping_time, caplog):
    runs = 0

    async def breaks_twice(stop):
        nonlocal runs
        runs += 1
        if runs < 3:
            raise ZeroDivisionError("oops")
        stop.set()

    in_jumping_time(supervise(breaks_twice, asyncio.Event()))
    assert runs == 3
    assert caplog.text.count("Traceback") == 1

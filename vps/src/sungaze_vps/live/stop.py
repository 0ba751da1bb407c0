"""Hearing of a stop in time: a server tells its application only when the last answer is given, and streams are one."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_of_a_stop(act: Callable[[], None]) -> Iterator[None]:
    """Have `act` called by the loop, besides what else is done, when a signal is to end this process.

    Does nothing where the signals are not handled by anybody, or are another thread's to handle.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    replaced = {}
    for number in _SIGNALS:
        before = signal.getsignal(number)
        if callable(before):
            replaced[number] = before
            signal.signal(number, _both(before, lambda: loop.call_soon_threadsafe(act)))
    try:
        yield
    finally:
        for number, before in replaced.items():
            signal.signal(number, before)


def _both(
    before: Callable[[int, FrameType | None], object], act: Callable[[], object]
) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        act()
        before(number, frame)

    return handle

"""Keeps a loop alive: a mistake of ours in one of them must not stop the others."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sungaze_edge.backoff import Backoff, wait

log = logging.getLogger(__name__)


async def supervise(loop: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    """Run a loop until `stop`; one that breaks is logged, once for each kind of error, and started again."""
    backoff = Backoff(1, 60)
    told: set[str] = set()
    while not stop.is_set():
        try:
            await loop(stop)
        except Exception as error:
            kind = f"{type(error).__name__} {error}"
            if kind not in told:
                log.exception("A mistake in Sungaze itself; it goes on. Please report this:")
            told.add(kind)
            await wait(stop, backoff.next_s())

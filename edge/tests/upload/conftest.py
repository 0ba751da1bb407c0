"""An uploader between a real spool and a real HTTPS server, and what became of the readings."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sungaze_edge.clock import Clock
from sungaze_edge.server import Server
from sungaze_edge.spool import Spool
from sungaze_edge.uploader import Uploader


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with Spool(tmp_path / "spool.db") as spool:
        yield spool


@pytest.fixture
def uploader(spool: Spool, cloud: Any, ca_file: Path, clock: Clock, token: str) -> Callable[..., Any]:
    """Make an uploader that never waits longer than a moment."""

    @asynccontextmanager
    async def make(
        url: str | None = None, ca: Path | None = ca_file, by: Clock = clock, **options: Any
    ) -> AsyncIterator[Uploader]:
        async with Server(url or cloud.url, token, ca, by) as server:
            fast = {"backoff_s": (0.01, 0.05), "denied_backoff_s": (0.05, 0.1), "interval_s": 0.02, "batch_size": 30}
            fast["drain_batch_size"] = 1000
            yield Uploader(spool, server, by, **{**fast, **options})

    return make


@pytest.fixture
def run_until() -> Callable[..., Awaitable[None]]:
    """Let an uploader work until something is so."""

    async def run(uploader: Uploader, done: Callable[[], bool], seconds: float = 5.0) -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(uploader.run(stop))
        try:
            async with asyncio.timeout(seconds):
                while not done():  # noqa: ASYNC110 - whatever state a test asks about has no event
                    await asyncio.sleep(0.002)
        finally:
            stop.set()
            await task

    return run


@pytest.fixture
def refusal(reply: type[Any]) -> Callable[..., Any]:
    """Refuse as our server does: with a problem (RFC 9457)."""

    def make(status: int, **members: Any) -> Any:
        return reply(status, {"type": "https://sungaze.example/problems/x", "status": status, **members})

    return make


@pytest.fixture
def stored() -> Callable[[Any], list[int]]:
    """Give the numbers that a server has."""
    return lambda cloud: sorted(sample["n"] for sample in cloud.stored.values())


@pytest.fixture
def kept() -> Callable[[Spool, Clock], Awaitable[list[int]]]:
    """Give the numbers that wait in a spool."""

    async def look(spool: Spool, clock: Clock) -> list[int]:
        return [json.loads(row.sample)["n"] for row in await spool.peek(10_000, clock.instant())]

    return look

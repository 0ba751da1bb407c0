"""Edges side by side in one run: a reading every 5 s, some quiet minutes, then an outage of where they deliver to.

At the end of the outage each is killed (kill -9), its destination comes back, and it is started again.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from edges import Edge, Ours, SungrowClient, VmAgent
from packages import NotInstallableError
from processes import cost

_WARM_UP_S = 15
_SETTLED_S = 2.0
_CATCH_UP_S = 45

type Figures = dict[str, float]


def compare(seconds: float, notes: dict[str, str]) -> Figures:
    """Watch all that can be had here, at the same time; note the versions, or why one cannot."""
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as name:
        edges: list[Edge] = []
        for make in (Ours, SungrowClient, VmAgent):
            folder = Path(name) / make.key
            folder.mkdir()
            try:
                edges.append(make(folder))
                notes[f"edge {make.key}"] = edges[-1].about
            except NotInstallableError as error:
                notes[f"edge {make.key}"] = str(error)
            print(f"  {make.key}: {notes[f'edge {make.key}']}")
        return asyncio.run(_compare(edges, seconds))


async def _compare(edges: Sequence[Edge], seconds: float) -> Figures:
    async with asyncio.TaskGroup() as group:
        lives = [group.create_task(_live(edge, seconds)) for edge in edges]
    return {name: value for life in lives for name, value in life.result().items()}


async def _live(edge: Edge, seconds: float) -> Figures:
    async with AsyncExitStack() as running:
        running.push_async_callback(edge.close)
        await edge.open()
        await edge.start()
        await asyncio.sleep(_WARM_UP_S)
        before, taken = cost(edge.pid), edge.taken()
        await asyncio.sleep(seconds)
        now, readings = cost(edge.pid), edge.taken() - taken
        outage_from = datetime.now(UTC)
        await edge.cut()
        await asyncio.sleep(seconds / 2)
        await _just_taken(edge)
        killed = datetime.now(UTC)
        await edge.kill()
        await edge.mend()
        await edge.start()
        await asyncio.sleep(_CATCH_UP_S)
        met, lost = await edge.lost(outage_from, killed)
    found = {
        "processor_percent": 100 * (now.processor_s - before.processor_s) / seconds,
        "peak_mb": now.peak_mb,
        "pss_mb": now.pss_mb,
        "written_kb": (now.written_bytes - before.written_bytes) / 1000 / max(1, readings),
        "in_outage": met,
        "lost": lost,
    }
    return {f"peers_edge_{edge.key}_{name}": value for name, value in found.items()}


async def _just_taken(edge: Edge) -> None:
    """Wait until a reading has been taken and had its time to be kept."""
    taken = edge.taken()
    async with asyncio.timeout(60):
        while edge.taken() == taken:  # noqa: ASYNC110 - another process takes it
            await asyncio.sleep(0.05)
    await asyncio.sleep(_SETTLED_S)

"""The victim of `faults/power_cuts.py`: fills a spool, delivers from it, and says what it did until the power is gone.

A line on standard output tells `+n` once reading n is stored, `-n` just before it is acknowledged.
"""

import asyncio
import json
import os
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sungaze_edge import ring
from sungaze_edge.clock import Instant
from sungaze_edge.errors import SpoolError
from sungaze_edge.reading import Reading, Waiting
from sungaze_edge.source import Value
from sungaze_edge.spool import Spool

BEGAN = datetime(2026, 6, 21, 12, tzinfo=UTC)
PLANTS = ("ring without O_DSYNC", "SQLite with synchronous=NORMAL")


def values(number: int) -> dict[str, Value]:
    """Make a reading's values from its number: most take a sector, some two, some are too large for the ring."""
    dice = random.Random(number)
    size = dice.choices((10, 300, 700, 3000), (90, 8, 1, 1))[0]
    return {"n": number, "pv_power_w": dice.random() * 5000, "noise": dice.randbytes(size).hex()}


def instant(number: int, boot: str, uptime_s: float, *, synced: bool = True) -> Instant:
    """Give the moment of a reading: they are a second apart."""
    return Instant(BEGAN + timedelta(seconds=number), uptime_s, boot, synced)


class Writer:
    """One run of an edge, from a start to a power cut."""

    def __init__(self, spool: Spool, first: int, seed: str) -> None:
        self._spool = spool
        self._first, self._boot = first, f"boot-{first}"
        self._dice = random.Random(seed)
        self._delivers = self._dice.random() < 0.6  # otherwise the server is away, and the ring gets full

    async def run(self) -> None:
        """Write until the disk fails."""
        number, synced = self._first, self._dice.random() < 0.9
        while True:
            now = instant(number, self._boot, float(number - self._first), synced=synced)
            await self._spool.enqueue(Reading("home", "toy", values(number), now))
            say(f"+{number}")
            if self._delivers and self._dice.random() < 0.1:
                await self._deliver(now)
            synced = synced or self._dice.random() < 0.05
            number += 1

    async def _deliver(self, now: Instant) -> None:
        batch = await self._spool.peek(self._dice.choice((1, 10, 100, 500)), now)
        if batch and self._dice.random() < 0.05:
            await self._spool.quarantine({batch.pop(0).id: "no"}, now)
        for row in batch:
            say(f"-{number_of(row)}")
        await self._spool.ack([row.id for row in batch])


def number_of(row: Waiting) -> int:
    """Give the number of a reading on its way."""
    return int(json.loads(row.sample)["n"])


def say(line: str) -> None:
    """Tell it at once."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


async def main(path: Path, first: int, seed: str, plant: str) -> None:
    """Run with a mistake planted, or with none."""
    if plant == PLANTS[0]:
        ring._open_direct = lambda path: os.open(path, os.O_RDWR)  # noqa: SLF001 - a mistake on purpose
    elif plant == PLANTS[1]:
        ring._open_direct = _refuse  # noqa: SLF001 - the same
    async with Spool(path, reserve_bytes=0) as spool:
        if plant == PLANTS[1]:
            assert spool._store is not None  # noqa: SLF001 - it is open
            spool._store._db.execute("PRAGMA synchronous=NORMAL")  # noqa: SLF001 - the same
        await Writer(spool, first, seed).run()


def _refuse(path: Path) -> int:
    raise OSError(f"{path} is not wanted")


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
    except SpoolError:
        os._exit(0)  # the power is gone

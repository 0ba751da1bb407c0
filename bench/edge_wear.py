"""Bytes that the edge's spool writes to its disk in a day (SD card wear), inverter every 5 s and P1 meter every 2 s.

The real Spool on an ext4 of its own (a loop device: root only), counted by the block device, so with
all that the file system adds. Time is compressed; what time does is done on schedule: ext4 writes changed times
of files every five seconds (its journal's default `commit=5`), the kernel writes old pages every thirty.

Beside it the least that a store could write which makes each reading durable by itself through the page cache: one
block of 4 KiB, overwritten in place, per reading. `python bench/edge_wear.py 120` measures 120 s by the real clock.
"""

import asyncio
import ctypes
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sungaze_edge.clock import Instant
from sungaze_edge.reading import Reading
from sungaze_edge.ring import ring_path
from sungaze_edge.sources import source_types
from sungaze_edge.spool import Spool
from sungaze_sim import disk
from sungaze_vps.measurements import measurements

CASES = Path(__file__).parent.parent / "edge/src/sungaze_edge/sources"
DAY_S, WARM_UP_S = 86_400, 7200
TARGET_MB = 350
BEGAN_S = datetime(2026, 6, 21, 12, tzinfo=UTC).timestamp()

type Step = Callable[[], Awaitable[None]]


class Wear:
    """Counts what is written to a disk, part by part."""

    def __init__(self, on: disk.Disk) -> None:
        self.disk = on
        self.parts: Counter[str] = Counter()
        self._c = ctypes.CDLL(None)

    @contextmanager
    def counting(self, part: str, checkpoint_of: Path | None = None) -> Iterator[None]:
        """Count for `part`; for "SQLite" where that file, or its log, was written meanwhile."""
        before, changed = self.disk.written(), _changed(checkpoint_of)
        yield
        self.parts["SQLite" if _changed(checkpoint_of) != changed else part] += self.disk.written() - before

    def journal(self, file: Path) -> None:
        """Do what ext4 does every five seconds for a file whose time has changed; compressed time may hide a change."""
        os.utime(file)
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def write_back(self) -> None:
        descriptor = os.open(self.disk.folder, os.O_RDONLY)
        self._c.syncfs(descriptor)
        os.close(descriptor)


def _changed(file: Path | None) -> tuple[int, ...]:
    files = [file, file.with_name(f"{file.name}-wal")] if file else []
    return tuple(one.stat().st_mtime_ns for one in files if one.exists())


def recorded(kind: str, case: str) -> dict[str, float | int | str | None]:
    """Give a recorded reading as the edge sends it."""
    (source,) = (one for one in source_types() if one.kind == kind)
    (capture,) = CASES.glob(f"*/cases/{case}/capture.json")
    decoded = source.decode(json.loads(capture.read_text()))
    return {field.name: decoded.get(field.name) for field in measurements()[kind].fields}


class Edge:
    """What the daemon does to its disk, by a clock that this moves."""

    def __init__(self, spool: Spool, on: Wear) -> None:
        self.spool, self.wear = spool, on
        self.second = 0
        self.file = on.disk.folder / "spool.db"
        self.readings = {
            "inverter": Reading(
                "inverter", "sungrow", recorded("sungrow", "charging_2024-01-23_0e99622_winets_modbus"), self.now()
            ),
            "meter": Reading("meter", "p1", recorded("p1", "v1_be_three_phases_gas_peaks"), self.now()),
        }

    def now(self) -> Instant:
        wall = datetime.fromtimestamp(BEGAN_S + self.second, UTC)
        return Instant(wall, float(self.second), "bench", synced=True)

    async def live(self, seconds: int) -> None:
        for second in range(self.second, self.second + seconds):
            self.second = second
            await self.at_this_second()
            with self.wear.counting("file system"):
                if second % 5 == 4:
                    self.wear.journal(ring_path(self.file))
                if second % 30 == 29:
                    self.wear.write_back()

    async def at_this_second(self) -> None:
        for device, every in (("inverter", 5), ("meter", 2)):
            if self.second % every == 0:
                await self.take(device)
        if self.second % 10 == 3:
            await self.upload()

    async def take(self, device: str) -> None:
        one = self.readings[device]
        with self.wear.counting("readings", self.file):
            await self.spool.enqueue(Reading(one.device_id, one.kind, one.values, self.now()))

    async def upload(self) -> None:
        with self.wear.counting("deliveries", self.file):
            await self.spool.ack([row.id for row in await self.spool.peek(30, self.now())])


def least(on: Wear, seconds: int) -> None:
    """Write a block in place and force it to the disk, as often as there are readings."""
    file = on.disk.folder / "least"
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT)
    os.pwrite(descriptor, bytes(64 * disk.BLOCK_BYTES), 0)
    os.fsync(descriptor)
    for second in range(seconds):
        with on.counting("readings"):
            for number in range((second % 5 == 0) + (second % 2 == 0)):
                os.pwrite(descriptor, os.urandom(disk.BLOCK_BYTES), (2 * second + number) % 64 * disk.BLOCK_BYTES)
                os.fdatasync(descriptor)
        with on.counting("file system"):
            if second % 5 == 4:
                on.journal(file)
    os.close(descriptor)


async def measure(seconds: int) -> Counter[str]:
    """Let the edge live; give bytes by part, once its log has been overwritten for the first time."""
    with disk.made() as made:
        on = Wear(made)
        async with Spool(made.folder / "spool.db", reserve_bytes=0) as spool:
            edge = Edge(spool, on)
            await edge.live(WARM_UP_S)
            on.write_back()
            on.parts.clear()
            await edge.live(seconds)
        return on.parts


async def measure_really(seconds: int) -> Counter[str]:
    """The same by the real clock, where ext4 and the kernel do their part themselves."""
    with disk.made() as made:
        on = Wear(made)
        async with Spool(made.folder / "spool.db", reserve_bytes=0) as spool:
            edge = Edge(spool, on)
            await edge.take("meter")
            began = asyncio.get_running_loop().time()
            with on.counting("all"):
                for edge.second in range(seconds):
                    await asyncio.sleep(began + edge.second - asyncio.get_running_loop().time())
                    await edge.at_this_second()
        return Counter(all=on.parts["all"])


def _mb_a_day(parts: Counter[str], seconds: int) -> dict[str, float]:
    return {part: count / seconds * DAY_S / 1e6 for part, count in parts.items()}


def _tell(what: str, parts: dict[str, float]) -> None:
    print(
        f"  {what}: {sum(parts.values()):.0f} MB a day; " + ", ".join(f"{part} {mb:.0f}" for part, mb in parts.items())
    )


def main(hours: float) -> dict[str, float]:
    """Measure, print, and give the figures."""
    seconds = round(hours * 3600)
    print(f"edge wear: {hours:g} hours of an inverter every 5 s and a P1 meter every 2 s, delivered every 10 s")
    try:
        spool = _mb_a_day(asyncio.run(measure(seconds)), seconds)
        with disk.made() as made:
            least(on := Wear(made), seconds)
            floor = _mb_a_day(on.parts, seconds)
    except OSError as error:
        print(f"  not measured: {error}")
        return {}
    _tell("the spool", spool)
    _tell("one block of 4 KiB a reading, in place", floor)
    print(f"  that is {sum(spool.values()) / sum(floor.values()):.2f} x (target {TARGET_MB} MB a day)")
    return {"wear_mb_a_day": sum(spool.values()), "least_wear_mb_a_day": sum(floor.values())}


if __name__ == "__main__":
    if sys.argv[1:]:
        real_s = int(sys.argv[1])
        _tell(f"the spool in {real_s} real seconds", _mb_a_day(asyncio.run(measure_really(real_s)), real_s))
    else:
        main(1)

"""Bytes that the edge's spool writes to its disk in a day (SD card wear), inverter every 5 s and P1 meter every 2 s.

The real Spool on an ext4 of its own (a loop device: root only), counted by the block device, so with
all that the file system adds. Time is compressed; what time does is done on schedule: ext4 writes changed times
of files every five seconds (its journal's default `commit=5`), the kernel writes old pages every thirty.

Beside it the least that any store could write which makes each reading durable by itself: one block of 4 KiB,
overwritten in place, per reading.
"""

import asyncio
import ctypes
import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sungaze_edge.clock import Instant
from sungaze_edge.reading import Reading
from sungaze_edge.sources import source_types
from sungaze_edge.spool import Spool
from sungaze_vps.measurements import measurements

CASES = Path(__file__).parent.parent / "edge/src/sungaze_edge/sources"
BLOCK = 4096
DAY_S, WARM_UP_S = 86_400, 7200
TARGET_MB = 350
BEGAN_S = datetime(2026, 6, 21, 12, tzinfo=UTC).timestamp()

type Step = Callable[[], Awaitable[None]]


class Disk:
    """A mounted ext4 that counts what is written to it, part by part."""

    def __init__(self, folder: Path, device: str) -> None:
        self.folder = folder
        self.parts: Counter[str] = Counter()
        self._statistics = Path("/sys/block") / device / "stat"
        self._c = ctypes.CDLL(None)

    def written(self) -> int:
        return int(self._statistics.read_text().split()[6]) * 512

    @contextmanager
    def counting(self, part: str, checkpoint_of: Path | None = None) -> Iterator[None]:
        """Count for `part`; for "checkpoint" where that file was written meanwhile."""
        before, changed = self.written(), _changed(checkpoint_of)
        yield
        self.parts["checkpoint" if _changed(checkpoint_of) != changed else part] += self.written() - before

    def journal(self, file: Path) -> None:
        """Do what ext4 does every five seconds for a file whose time has changed; compressed time may hide a change."""
        os.utime(file)
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def write_back(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        self._c.syncfs(descriptor)
        os.close(descriptor)


@contextmanager
def disk(options: str = "noatime") -> Iterator[Disk]:
    """Mount a new ext4 with blocks as on any SD card.

    Raises:
        OSError: this may not be done here.
    """
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as name:
        image, folder = Path(name) / "image", Path(name) / "disk"
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(2**29)
        for command in (
            ["mkfs.ext4", "-q", "-b", str(BLOCK), str(image)],
            ["mount", "-o", f"loop,{options}", str(image), str(folder)],
        ):
            if subprocess.run(command, check=False, capture_output=True).returncode:
                raise OSError(f"{' '.join(command)} failed: that needs root and loop devices")
        try:
            found = subprocess.run(
                ["findmnt", "-no", "SOURCE", str(folder)], check=True, capture_output=True, text=True
            )
            yield Disk(folder, Path(found.stdout.strip()).name)
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def _changed(file: Path | None) -> int:
    return file.stat().st_mtime_ns if file else 0


def recorded(kind: str, case: str) -> dict[str, float | int | str | None]:
    """Give a recorded reading as the edge sends it."""
    (source,) = (one for one in source_types() if one.kind == kind)
    (capture,) = CASES.glob(f"*/cases/{case}/capture.json")
    decoded = source.decode(json.loads(capture.read_text()))
    return {field.name: decoded.get(field.name) for field in measurements()[kind].fields}


class Edge:
    """What the daemon does to its disk, by a clock that this moves."""

    def __init__(self, spool: Spool, on: Disk) -> None:
        self.spool, self.disk = spool, on
        self.second = 0
        self.file, self.log = on.folder / "spool.db", on.folder / "spool.db-wal"
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
            for device, every in (("inverter", 5), ("meter", 2)):
                if second % every == 0:
                    await self.take(device)
            if second % 10 == 3:
                await self.upload()
            with self.disk.counting("file system"):
                if second % 5 == 4:
                    self.disk.journal(self.log)
                if second % 30 == 29:
                    self.disk.write_back()

    async def take(self, device: str) -> None:
        one = self.readings[device]
        with self.disk.counting("readings", self.file):
            await self.spool.enqueue(Reading(one.device_id, one.kind, one.values, self.now()))

    async def upload(self) -> None:
        with self.disk.counting("deliveries", self.file):
            await self.spool.ack([row.id for row in await self.spool.peek(30, self.now())])


def least(on: Disk, seconds: int) -> None:
    """Write a block in place and force it to the disk, as often as there are readings."""
    file = on.folder / "least"
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT)
    os.pwrite(descriptor, bytes(64 * BLOCK), 0)
    os.fsync(descriptor)
    for second in range(seconds):
        with on.counting("readings"):
            for number in range((second % 5 == 0) + (second % 2 == 0)):
                os.pwrite(descriptor, os.urandom(BLOCK), (2 * second + number) % 64 * BLOCK)
                os.fdatasync(descriptor)
        with on.counting("file system"):
            if second % 5 == 4:
                on.journal(file)
    os.close(descriptor)


async def measure(seconds: int) -> Counter[str]:
    """Let the edge live; give bytes by part, once its log has been overwritten for the first time."""
    with disk() as on:
        async with Spool(on.folder / "spool.db", reserve_bytes=0) as spool:
            edge = Edge(spool, on)
            await edge.live(WARM_UP_S)
            on.write_back()
            on.parts.clear()
            await edge.live(seconds)
        return on.parts


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
        with disk() as on:
            least(on, seconds)
            floor = _mb_a_day(on.parts, seconds)
    except OSError as error:
        print(f"  not measured: {error}")
        return {}
    _tell("the spool", spool)
    _tell("the least possible, one block a reading", floor)
    print(f"  that is {sum(spool.values()) / sum(floor.values()):.2f} x (target {TARGET_MB} MB a day)")
    return {"wear_mb_a_day": sum(spool.values()), "least_wear_mb_a_day": sum(floor.values())}


if __name__ == "__main__":
    main(1)

"""The spool's recovery: its files as a failing card, a copy or a restored backup leaves them.

Whole pages and files are zeroed, cut, dropped or taken from another time of the same spool, and bytes of the ring
changed; then nothing that comes back may be anything but what was enqueued once. Where single bytes change in SQLite's
files, it cannot tell: the server judges.
"""

import json
import random
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fuzz import loop
from fuzz.choices import Choices
from sungaze_edge.clock import Instant
from sungaze_edge.errors import SpoolError
from sungaze_edge.reading import Reading, render_ts
from sungaze_edge.spool import Spool

type Files = Mapping[str, bytes]
"""Name -> content: a spool as it lies on the disk at some time."""

_NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
_PAGE = 1024
_RING = "spool.db-ring"
_SLOT_HEAD = 48
"""Checksum, numbers and time of a slot; behind them zlib has a checksum of its own."""
_COUNT, _ACKED = 60, 10
_UNSYNCED = range(20, 30)
_BIG = {15, 16, 45}
"""Too large for a slot of the ring, and on pages of their own in SQLite."""
_LONGEST_S = 10.0  # of processor time; a look through a spool may take two
_NEW = 9999


def spool(data: bytes) -> None:
    """Opens after any damage, keeps the damaged file, gives back only what was enqueued once, and works on."""
    choices = Choices(data)
    times = loop.run(_history())
    files, is_whole, is_damaged = _damaged(choices, times)
    with tempfile.TemporaryDirectory(prefix="sungaze-fuzz-") as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        before = time.process_time()
        found = loop.run(_open(folder / "spool.db"))
        assert time.process_time() - before < _LONGEST_S, "slow to open"
        if found is None:
            return
        assert found[-1][0] == _NEW, "what was enqueued last is not what comes last"
        numbers = [number for number, _ in found[:-1]]
        if is_whole:
            assert set(numbers) <= set(range(_COUNT)), "a reading that never was"
            assert all(ts == _ts(number) for number, ts in found[:-1] if number not in _UNSYNCED), "another time"
            # One that comes twice, from two times, has the same time twice, and the server stores it once.
            assert len(dict(found)) == len({ts for _, ts in found}), "two readings of one time: the server keeps one"
        if not is_damaged:
            assert set(range(_ACKED, _COUNT)) <= set(numbers), "lost without damage"
        kept = b"".join(path.read_bytes() for path in folder.iterdir() if ".corrupt-" in path.name)
        original = files.get("spool.db", b"")
        assert not _is_replaced(folder) or original[-_PAGE:] in kept, "the damaged file is not kept"


async def _open(path: Path) -> list[tuple[int, str]] | None:
    """Open, enqueue one more, take all; None where a header says that a newer version made the file."""
    try:
        async with Spool(path, reserve_bytes=0) as opened:
            now = Instant(_NOON + timedelta(hours=5), 20_000.0, "boot-9", synced=True)
            await opened.enqueue(Reading("home", "toy", {"n": _NEW}, now))
            found: list[tuple[int, str]] = []
            while batch := await opened.peek(500, now):
                found += [_identity(row.sample) for row in batch]
                await opened.ack([row.id for row in batch])
            return found
    except SpoolError as error:
        assert "newer sungaze-edge" in str(error), error
        return None


def _identity(sample: str) -> tuple[int, str]:
    """Give number and time of a reading."""
    try:
        document = json.loads(sample)
        return int(document["n"]), str(document["ts"])
    except (ValueError, KeyError, TypeError):  # a flipped bit; the server judges it
        return -1, ""


def _ts(number: int) -> str:
    return render_ts(_NOON + timedelta(seconds=5 * number))


def _is_replaced(folder: Path) -> bool:
    return any(".corrupt-" in path.name for path in folder.iterdir())


def _damaged(choices: Choices, times: list[Files]) -> tuple[Files, bool, bool]:
    """Give files, whether the damage is by whole pages or files, and whether there is any."""
    files = dict(times[-1])
    is_whole, rots = True, choices.flag()
    if rots:
        files[_RING] = _flipped(choices, files[_RING], _SLOT_HEAD)
    steps = choices.number(0, 4)
    for _ in range(steps):
        name = choices.pick(sorted(files) or ["spool.db"])
        content, kind = files.get(name, b""), choices.number(0, 7)
        if kind == 0:
            files.pop(name, None)
        elif kind <= 5:
            files[name] = _without_pages(choices, kind, content, choices.pick(times).get(name, content))
        elif content:
            is_whole &= name == _RING  # its slots have checksums
            files[name] = _flipped(choices, content, _PAGE)
    return files, is_whole, rots or steps > 0


def _without_pages(choices: Choices, kind: int, content: bytes, other: bytes) -> bytes:
    """Cut, zero or replace from a page on; `other` is the file as it was at another time."""
    at = choices.number(0, len(content) // _PAGE) * _PAGE
    before, page, behind = content[:at], content[at : at + _PAGE], content[at + _PAGE :]
    results = {
        1: before,
        2: before + bytes(len(page)) + behind,
        3: before + other[at : at + _PAGE].ljust(len(page), b"\0") + behind,
        4: other,
    }
    return results.get(kind, b"")


def _flipped(choices: Choices, content: bytes, depth: int) -> bytes:
    """Change bytes among the first `depth` of pages."""
    changed = bytearray(content)
    for _ in range(choices.number(1, 20)):
        at = choices.number(0, 63) * _PAGE + choices.number(0, depth - 1)
        changed[at % len(changed)] ^= choices.number(1, 255)
    return bytes(changed)


async def _history() -> list[Files]:
    """Give the files of one spool at several times of its life, each taken while it was in use."""
    if not _TIMES:
        with tempfile.TemporaryDirectory(prefix="sungaze-fuzz-") as name:
            folder = Path(name)
            async with Spool(folder / "spool.db", reserve_bytes=0) as opened:
                for number in range(_COUNT):
                    if number % 20 == 0:
                        _TIMES.append(_files(folder))
                    wall = _NOON + timedelta(seconds=5 * number)
                    taken = Instant(wall, 10.0 + 5 * number, "boot-1", synced=number not in _UNSYNCED)
                    text = random.Random(number).randbytes(2000 if number in _BIG else 50).hex()
                    await opened.enqueue(Reading("home", "toy", {"text": text, "n": number}, taken))
                await opened.ack([row.id for row in await opened.peek(_ACKED, taken)])
                _TIMES.append(_files(folder))
    return _TIMES


_TIMES: list[Files] = []


def _files(folder: Path) -> Files:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(".lock")}

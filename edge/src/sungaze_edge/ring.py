"""The ring: a small file in front of SQLite that makes a reading durable by writing one sector of the disk.

A commit of SQLite writes 10 KiB for a reading, which wears an SD card out. Here a reading is written in place, past the
page cache and through to the disk, and in quiet times nothing else is ever written for it (docs/adr/0009):

- The file is 512 slots; the reading with the number `id` has slot `id % 512`. One too large for a slot is SQLite's.
- A slot says up to where all is *settled*: delivered, or in SQLite. So a delivery writes nothing; after a power cut the
  few readings that were delivered since the last write are sent again, which the server ignores.
- A slot whose reading still waits is never written over: the host (`store.py`) moves everything to SQLite first.
- A slot that was torn, or rotted, fails its checksum and is no slot.
- When the disk fails here, this says so once, and all readings go to SQLite from then on.
"""

import logging
import mmap
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sungaze_edge.folders import sync_folder
from sungaze_edge.places import private
from sungaze_edge.slot import SECTOR_BYTES, SLOT_BYTES, Row, Slot, decoded, encoded

log = logging.getLogger(__name__)

SLOTS = 512
_FILE_BYTES = SLOTS * SLOT_BYTES


def ring_path(spool: Path) -> Path:
    """Give the place of a spool's ring."""
    return spool.with_name(f"{spool.name}-ring")


class Ring:
    """An open ring and the readings that wait in it. One thread uses it, one daemon may write it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Read what there is; unless `read_only`, make the file good for writing. Trouble is logged, never raised."""
        self._path = path
        self.is_ours = not read_only
        """Whether what waits here may be moved; otherwise somebody else does that."""
        slots, unread, damaged = _read(path)
        slots.sort(key=lambda slot: slot.number)
        settled = max((slot.settled for slot in slots), default=0)
        self.newest = max((slot.number for slot in slots), default=0)
        self.times = [(slot.row[1], slot.row[3]) for slot in slots if slot.row]
        """Device and time of all that is still to be read here, oldest first: no reading may get one of these again."""
        self.waiting: dict[int, Row] = {slot.number: slot.row for slot in slots if slot.row and slot.number >= settled}
        """Oldest first."""
        self._is_behind = False
        self._memory = mmap.mmap(-1, SLOT_BYTES)  # as aligned as O_DIRECT wants it
        self._file: int | None = None
        if not read_only:
            self._tell(unread, damaged)
            # A place that was not read may have a newer mark than those that were, and one day be read again: what was
            # written meanwhile would seem to be settled.
            self._file = None if unread else self._opened()

    @property
    def file_bytes(self) -> int:
        """How much of the disk it takes."""
        return self._path.stat().st_size if self._path.exists() else 0

    def is_full(self, number: int) -> bool:
        """Whether the next reading, `number`, could hit the slot of one that waits."""
        return number - next(iter(self.waiting), number) >= SLOTS

    def put(self, row: Row) -> bool:
        """Make a reading durable; give whether that was done. If not, it is SQLite's."""
        is_done = not self.is_full(row[0]) and self._write(row[0], row)
        if is_done:
            self.waiting[row[0]] = row
        return is_done

    def forget(self, numbers: Iterable[int]) -> int:
        """Let readings go; give how many were here. The disk learns of it with the next write."""
        gone = sum(self.waiting.pop(number, None) is not None for number in numbers)
        self._is_behind |= gone > 0
        return gone

    def settle(self, number: int) -> bool:
        """Where nothing waits here, let the disk know that; give whether that took `number` for itself."""
        return not self.waiting and self._is_behind and self._write(number, None)

    def close(self) -> None:
        """Close the file as it is."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, number: int, row: Row | None) -> bool:
        if self._file is None or (content := encoded(Slot(number, next(iter(self.waiting), number), row))) is None:
            return False
        self._memory[: len(content)] = content
        try:
            with memoryview(self._memory) as memory, memory[: len(content)] as sectors:
                _write_through(self._file, sectors, number % SLOTS * SLOT_BYTES)
        except OSError as error:
            self._complain(f"cannot be written ({error}); nothing is lost")
            self.close()
            return False
        self._is_behind = False
        return True

    def _opened(self) -> int | None:
        try:
            _make_whole(self._path)
            return _open_direct(self._path)
        except OSError as error:
            self._complain(f"cannot be written ({error}); nothing is lost")
            return None

    def _tell(self, unread: OSError | None, damaged: int) -> None:
        if unread is not None:
            self._complain(f"cannot be read everywhere ({unread}), and what waits there comes when it can")
        if damaged:
            log.warning(
                f"{damaged} of {SLOTS} places in {self._path} are damaged; a reading that waited there is lost. One "
                "after a power cut is a reading that was just being written. More are a failing SD card: replace it "
                "soon."
            )

    def _complain(self, what: str) -> None:
        log.error(
            f"{self._path} {what}: until the next start every reading goes to the spool's main file, "
            "which wears an SD card more than three times as fast; look after the disk."
        )


def _read(path: Path) -> tuple[list[Slot], OSError | None, int]:
    """Give every slot that can be read, why some cannot, and how many are damaged."""
    slots: list[Slot] = []
    unread, damaged = None, 0
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return slots, None, 0
    except OSError as error:
        return slots, error, 0
    try:
        for place in range(0, min(os.fstat(file).st_size, _FILE_BYTES), SLOT_BYTES):
            try:
                raw = os.pread(file, SLOT_BYTES, place)
            except OSError as error:
                unread = error
                continue
            slot = decoded(raw)
            if slot is not None:
                slots.append(slot)
            damaged += slot is None and any(raw)
    finally:
        os.close(file)
    return slots, unread, damaged


def _write_through(file: int, sectors: memoryview, place: int) -> None:
    if os.pwritev(file, [sectors], place) != len(sectors):
        raise OSError("a part was not written")


def _make_whole(path: Path) -> None:
    """Allocate every block of the file, so that no later write has to, be the disk ever so full."""
    with open(path, "ab", buffering=0, opener=private) as file:
        size = file.seek(0, os.SEEK_END)
        if size == _FILE_BYTES:
            return
        if size:
            log.error(f"{path} had {size} bytes instead of {_FILE_BYTES}; what it still held is kept.")
        try:
            while (end := file.seek(0, os.SEEK_END)) < _FILE_BYTES:
                file.write(bytes(_FILE_BYTES - end))  # on a disk that gets full, the next one fails
            file.truncate(_FILE_BYTES)
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)  # half a ring would only take the room that SQLite needs
            raise
    sync_folder(path.parent)


def _open_direct(path: Path) -> int:
    """Open for writing single sectors; where the disk has none so small, or no such way, its blocks have to do."""
    flags = os.O_RDWR | os.O_DSYNC
    with suppress(OSError):
        file = os.open(path, flags | getattr(os, "O_DIRECT", 0))
        try:
            with mmap.mmap(-1, SECTOR_BYTES) as probe:
                os.preadv(file, [probe], SECTOR_BYTES)
        except OSError:
            os.close(file)
            raise
        return file
    return os.open(path, flags)

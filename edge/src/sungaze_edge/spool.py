"""The memory of the edge: a reading is here before anything else happens to it, until the server says it has it.

    enqueue  writes through to the disk before it returns: to the ring (`ring.py`), or to SQLite (WAL, synchronous=FULL)
    peek     looks at the oldest readings whose time is known; changes nothing else
    ack      lets go what the server has: it is not shown again, and deleted with the next write
    quarantine  sets aside what the server refuses on its own; kept, listed, retried by hand

Rules:

- One thread owns the SQLite connection, so the event loop never waits for a disk. One daemon owns the file (a lock).
- Nothing expires and nothing is dropped. Ids only grow, so that a late ack can never hit a younger reading.
- A reading taken while the clock was not known to be right has no `ts` yet; it is settled, durably, before it is first
  shown to peek (`timestamps.py`). What was shown once keeps its identity `(device_id, ts)` for ever.
- A file that turns out corrupt, at the start or later, is moved aside with its WAL, never deleted; what can still be
  read from it goes into a new file, and the work goes on (`salvage.py`).
- The ring spares the SD card: SQLite is written only when the ring gets full, for a reading whose time is not known or
  that has no place there, for what is refused, for a mark every ten minutes, and at the end, when all is moved there.
- A write of its own for each delivery would wear the card, too: a power cut before the next write only brings back
  readings that are then sent again, which the server ignores.
- The last megabytes of a disk are left free. A spool that filled it up completely could not even delete.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, Self

from sungaze_edge import salvage
from sungaze_edge.clock import Instant
from sungaze_edge.errors import SpoolError
from sungaze_edge.log import sentence
from sungaze_edge.places import lock_spool
from sungaze_edge.reading import Backlog, Reading, Waiting
from sungaze_edge.ring import Ring, ring_path
from sungaze_edge.spool_file import FILE_ERRORS, is_corruption
from sungaze_edge.store import SpoolStatus, Store

log = logging.getLogger(__name__)


class Spool:
    """The spool as the daemon uses it: `async with Spool(path) as spool`.

    Every method raises SpoolError when the disk fails; nothing has changed then, and trying again is safe.
    """

    def __init__(self, path: Path, *, reserve_bytes: int = 16 * 2**20) -> None:
        """Name the file; `reserve_bytes` of its disk are left free by `enqueue`."""
        self._path = path
        self._reserve_bytes = reserve_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._store: Store | None = None
        self._next_id = 1

    async def __aenter__(self) -> Self:
        """Open the file, make it if need be, and lock it against a second daemon.

        Raises:
            SpoolError: it cannot be used; the text says why and what to do.
        """
        try:
            await self._in_thread(self._open)
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._in_thread(self._close)
        self._thread.shutdown()

    async def enqueue(self, reading: Reading) -> None:
        """Store a reading; it is on the disk when this returns."""
        await self._in_thread(self._use, Store.enqueue, reading, self._reserve_bytes)

    async def peek(self, limit: int, now: Instant, without: Collection[str] = ()) -> list[Waiting]:
        """Give up to `limit` readings, oldest first, those of the devices `without` left out.

        Settles their times first where `now` makes that possible.
        """
        return await self._in_thread(self._use, Store.peek, limit, now, without)

    async def ack(self, ids: Sequence[int]) -> None:
        """Let readings go that the server has."""
        await self._in_thread(self._use, Store.ack, ids)

    async def quarantine(self, reasons: Mapping[int, str], now: Instant) -> None:
        """Set readings aside, each id with the server's reason."""
        await self._in_thread(self._use, Store.quarantine, reasons, now)

    async def length(self) -> int:
        """Count the readings that wait, those without a time included."""
        return await self._in_thread(self._use, Store.length)

    async def backlog(self) -> Backlog:
        """Count the readings that wait, as `length` does, and those in quarantine; looks at none of them."""
        return await self._in_thread(self._use, lambda store: Backlog(store.length(), store.set_aside))

    async def status(self) -> SpoolStatus:
        """Tell how full the spool is."""
        return await self._in_thread(self._use, Store.status)

    async def _in_thread[**P, T](self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(*args, **kwargs))

    def _open(self) -> None:
        self._lock = lock_spool(self._path)
        self._ring = Ring(ring_path(self._path))
        try:
            self._store = self._open_store()
        except BaseException:
            self._ring.close()
            self._lock.close()
            raise

    def _open_store(self) -> Store:
        try:
            return Store(self._path, self._ring, next_id=self._next_id)
        except FILE_ERRORS as error:
            if not is_corruption(error):
                raise SpoolError(f"The spool {self._path} cannot be opened: {sentence(str(error))}") from error
            return self._replaced(error)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
        self._ring.close()
        self._lock.close()

    def _use[**P, T](self, operation: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._store is None:  # it could not be replaced the last time
            self._store = self._open_store()
        try:
            return operation(self._store, *args, **kwargs)
        except FILE_ERRORS as error:
            if not is_corruption(error):
                raise SpoolError(f"The spool {self._path} cannot be used: {error}") from error
            self._next_id = self._store.next_id  # an ack on its way must not hit a reading of the new spool
            self._store.abandon()
            self._store = None
            self._store = self._replaced(error)
        try:
            return operation(self._store, *args, **kwargs)
        except FILE_ERRORS as error:
            raise SpoolError(f"The new spool {self._path} fails, too: {error}") from error

    def _replaced(self, error: BaseException) -> Store:
        """Put a new store in the place of a corrupt one, with all that can still be read."""
        try:
            aside = salvage.move_aside(self._path)
            store = Store(self._path, self._ring, next_id=self._next_id)
        except FILE_ERRORS as problem:
            raise SpoolError(f"The spool {self._path} is corrupt and cannot be replaced: {problem}") from problem
        log.critical(
            f"The spool was corrupt ({error}); it is kept as {aside}. {_rescue(aside, store)} "
            "A failing SD card is the usual cause: replace it soon."
        )
        return store


def _rescue(aside: Path, store: Store) -> str:
    """Take over what can be read; new readings must be stored even if that fails, on a full disk for instance."""
    try:
        return f"{salvage.rescue(aside, store)} readings could be read from it and wait in a new one."
    except FILE_ERRORS as problem:
        return f"Its readings could not be taken over into a new one ({problem})."

"""The spool's statements. Called from one thread only; `spool.py` is the host and says what the rules are."""

import json
import shutil
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from pathlib import Path

from sungaze_edge.clock import Instant
from sungaze_edge.reading import Reading, Refused, Waiting, moment, payload, wire_text
from sungaze_edge.ring import Ring, ring_path
from sungaze_edge.slot import Row
from sungaze_edge.spool_file import corruption, open_spool_file
from sungaze_edge.timestamps import Timestamps

_BYTES_KEPT_FREE = 2**20
_BYTES_RELEASED_AT_ONCE = 2**20
_DELIVERED_KEPT = 100  # so many more may be sent again after a power cut, which the server ignores


@dataclass(frozen=True, slots=True)
class SpoolStatus:
    """How full the spool is."""

    rows: int
    rows_without_time: int
    oldest: datetime | None
    quarantined: int
    estimated_times: int
    file_bytes: int
    disk_free_bytes: int
    corrupt_files: tuple[str, ...]


class Store:
    """An open spool: SQLite and the ring before it. No method changes anything when it raises."""

    def __init__(self, path: Path, ring: Ring | None = None, *, next_id: int = 1) -> None:
        """Open or make the file; raises what `open_spool_file` raises. No reading gets an id below `next_id`.

        Without a `ring` of one's own, another's is only looked at.
        """
        self._path = path
        self._ring = ring or Ring(ring_path(path), read_only=True)
        self._db = open_spool_file(path)
        self.next_id = max(next_id, self._ring.newest + 1)
        self._delivered: set[int] = set()
        """Rows that the next transaction deletes: a write of their own would wear the SD card for nothing."""
        try:
            self._count()
            self._timestamps = self._all_times()  # before the ring gives away what it has: the file may prove broken
            self._adopt()
        except BaseException:
            self.abandon()
            raise

    def close(self) -> None:
        """Leave everything in the one file, for whoever opens it; SQLite folds the WAL in."""
        with suppress(sqlite3.Error):
            self._delete_delivered()
            self._empty_ring()
        self.abandon()

    def abandon(self) -> None:
        """Close the file as it is."""
        with suppress(sqlite3.Error):
            self._db.close()

    def enqueue(self, reading: Reading, reserve_bytes: int = 0) -> None:
        """Keep one reading, durably: in the ring, unless something else is to be written beside it.

        Raises:
            OSError: the ring is full, and fewer than `reserve_bytes` of the disk would be left.
        """
        ts_ms = self._timestamps.own_time(reading.device_id, reading.taken.wall_ms) if reading.taken.synced else None
        has_room = shutil.disk_usage(self._path.parent).free >= reserve_bytes
        if has_room and self._ring.is_full(self.next_id):
            self._empty_ring()
        is_kept = False
        if ts_ms is not None and not (has_room and self._timestamps.may_learn(reading.taken)):
            row = (self.next_id, reading.device_id, reading.kind, ts_ms, payload(reading.values))
            is_kept = self._ring.put(row)
        if not is_kept:
            if not has_room:
                raise OSError("the disk is full but for a reserve; free some space")
            self._insert(reading, ts_ms)
        self._timestamps.remember(reading.device_id, ts_ms)
        self.next_id += 1

    def _insert(self, reading: Reading, ts_ms: int | None) -> None:
        taken = reading.taken
        guess = (None, None, None) if taken.synced else (taken.wall_ms, taken.monotonic_ms, taken.boot_id)
        row = (self.next_id, reading.device_id, reading.kind, ts_ms, *guess, payload(reading.values))
        with self._transaction():
            self._timestamps.learn(taken)
            self._db.execute("INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._rows += 1

    def peek(self, limit: int, now: Instant, without: Collection[str] = ()) -> list[Waiting]:
        """Give the oldest readings whose time is known, those of the devices `without` left out.

        Where there is nothing to give there is time to delete what was delivered.
        """
        if self._timestamps.may_settle():
            with _sense(), self._transaction():
                self._timestamps.settle(now, limit)
        query = (
            "SELECT id, device_id, kind, ts_ms, payload FROM reading WHERE ts_ms IS NOT NULL "
            "AND device_id NOT IN (SELECT value FROM json_each(?)) "
            "AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?"
        )
        rows = self._db.execute(query, (_json(without), _json(self._delivered), limit))
        ring = (row for row in self._ring.waiting.values() if row[1] not in without)
        with _sense():
            oldest = islice(merge(rows, ring, key=itemgetter(0)), limit)
            waiting = [Waiting(row[0], row[1], wire_text(*row[1:])) for row in oldest]
        if not waiting:
            self._delete_delivered()
            self._settle_ring()
        return waiting

    def ack(self, ids: Sequence[int]) -> None:
        """Let readings go: few with the next write, many at once; and give the disk back what an outage took."""
        query = "SELECT id FROM reading WHERE id IN (SELECT value FROM json_each(?))"
        self._ring.forget(ids)
        there = {row[0] for row in self._db.execute(query, (_json(ids),))} - self._delivered
        self._delivered |= there
        self._rows -= len(there)
        if len(self._delivered) > _DELIVERED_KEPT:
            self._delete_delivered()
        page_bytes = self._pragma("page_size")
        if self._pragma("freelist_count") * page_bytes > _BYTES_KEPT_FREE + _BYTES_RELEASED_AT_ONCE:
            self._db.execute(f"PRAGMA incremental_vacuum({_BYTES_RELEASED_AT_ONCE // page_bytes})").fetchall()

    def quarantine(self, reasons: Mapping[int, str], now: Instant) -> None:
        """Move readings out of the queue."""
        self._empty_ring()
        with self._transaction():
            self._db.executemany(
                "INSERT INTO quarantine SELECT id, device_id, kind, ts_ms, payload, ?, ? FROM reading WHERE id = ?",
                [(reason, now.wall_ms, number) for number, reason in reasons.items()],
            )
            deleted = self._delete(list(reasons))
        self._rows -= deleted
        self.set_aside += deleted

    def quarantined(self) -> list[Refused]:
        """List what was refused, oldest first."""
        query = "SELECT id, device_id, kind, ts_ms, payload, reason, refused_ms FROM quarantine ORDER BY id"
        rows = self._db.execute(query)
        return [Refused(row[0], wire_text(*row[1:5]), row[5], moment(row[6])) for row in rows]

    def retry(self, ids: Sequence[int] | None = None) -> int:
        """Put refused readings, or all of them, back into the queue at their old place; give how many."""
        with self._transaction():
            everyone = [row[0] for row in self._db.execute("SELECT id FROM quarantine")]
            chosen = [(number,) for number in everyone if ids is None or number in ids]
            self._db.executemany(
                "INSERT INTO reading (id, device_id, kind, ts_ms, payload) "
                "SELECT id, device_id, kind, ts_ms, payload FROM quarantine WHERE id = ?",
                chosen,
            )
            self._db.executemany("DELETE FROM quarantine WHERE id = ?", chosen)
        self._count()
        return len(chosen)

    @contextmanager
    def restoring(self) -> Iterator[sqlite3.Connection]:
        """Let `salvage.py` fill the new file in one transaction, and take stock afterwards."""
        with self._transaction():
            yield self._db
        self._count()
        self._timestamps = self._all_times()

    def length(self) -> int:
        """Count the readings that wait."""
        if self._pragma("data_version") != self._data_version:  # another process put something back
            self._count()
        return self._rows + len(self._ring.waiting)

    def status(self) -> SpoolStatus:
        """Tell how full the spool is."""
        query = (
            "SELECT id, coalesce(ts_ms, wall_ms) FROM reading "
            "WHERE id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT 1"
        )
        oldest = self._db.execute(query, (_json(self._delivered),)).fetchall()
        oldest += [(row[0], row[3]) for row in islice(self._ring.waiting.values(), 1)]
        return SpoolStatus(
            rows=self.length(),
            rows_without_time=self._one("SELECT count(*) FROM reading WHERE ts_ms IS NULL") or 0,
            oldest=moment(min(oldest)[1]) if oldest else None,
            quarantined=self.set_aside,
            estimated_times=self._one("SELECT sum(estimated) FROM boot") or 0,
            file_bytes=self._path.stat().st_size + self._ring.file_bytes,
            disk_free_bytes=shutil.disk_usage(self._path.parent).free,
            corrupt_files=tuple(sorted(file.name for file in self._path.parent.glob(f"{self._path.name}.corrupt-*Z"))),
        )

    def _adopt(self) -> None:
        """Take over what a crash left in the ring, except what had come here before it."""
        waiting = self._ring.waiting
        if not waiting:
            return
        between = "SELECT id, device_id, ts_ms FROM {} WHERE id BETWEEN ? AND ?"
        ends = (min(waiting), max(waiting))
        here = [row for table in ("reading", "quarantine") for row in self._db.execute(between.format(table), ends)]
        known, taken = {row[1:] for row in here}, {row[0] for row in here}
        self._ring.forget([row[0] for row in waiting.values() if (row[1], row[3]) in known])
        try:
            self._empty_ring(taken)
        except sqlite3.OperationalError:  # a full disk: they wait as well in the ring, and delivering makes room
            if taken.intersection(waiting):
                raise

    def _empty_ring(self, taken: Collection[int] = ()) -> None:
        """Move all that waits in the ring; an id that is taken, by an older version's reading, becomes a new one."""
        if not self._ring.is_ours:
            return
        waiting = self._ring.waiting.values()
        rows: list[Row] = [(self._new_id(), *row[1:]) if row[0] in taken else row for row in waiting]
        if rows:
            with self._transaction():
                self._db.executemany(
                    "INSERT INTO reading (id, device_id, kind, ts_ms, payload) VALUES (?, ?, ?, ?, ?)", rows
                )
            self._rows += len(rows)
            self._ring.forget(list(self._ring.waiting))
        self._settle_ring()

    def _settle_ring(self) -> None:
        if self._ring.settle(self.next_id):
            self.next_id += 1

    def _new_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def _all_times(self) -> Timestamps:
        with _sense():
            timestamps = Timestamps(self._db)
        for device_id, ts_ms in self._ring.times:
            timestamps.remember(device_id, ts_ms)
        return timestamps

    def _count(self) -> None:
        """Count by looking at every row; done at the start and when another process changed something."""
        self._data_version = self._pragma("data_version")
        self._rows = (self._one("SELECT count(*) FROM reading") or 0) - len(self._delivered)
        self.set_aside = self._one("SELECT count(*) FROM quarantine") or 0
        newest = max(self._one(f"SELECT max(id) FROM {table}") or 0 for table in ("reading", "quarantine"))  # noqa: S608 - our names
        self.next_id = max(self.next_id, newest + 1)

    def _delete(self, ids: Collection[int]) -> int:
        return self._db.executemany("DELETE FROM reading WHERE id = ?", [(number,) for number in ids]).rowcount

    def _delete_delivered(self) -> None:
        if self._delivered:
            with self._transaction():
                pass  # every transaction does it

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._delete(self._delivered)
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        self._delivered.clear()

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _one(self, query: str, *values: str) -> int | None:
        row: tuple[int | None] | None = self._db.execute(query, values).fetchone()
        return row[0] if row else None


def _json(values: Collection[str] | Collection[int]) -> str:
    return json.dumps(list(values))


@contextmanager
def _sense() -> Iterator[None]:
    """Take a row that cannot be understood for what it is: a broken file."""
    try:
        yield
    except (ValueError, TypeError, OverflowError) as error:
        raise corruption(f"a row that makes no sense: {error}") from error

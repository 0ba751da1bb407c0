"""Times for readings that were taken before the time was known, and no time twice for one device (docs/adr/0003)."""

import sqlite3
from array import array

from sungaze_edge.clock import RELEASED_S, Instant

_REMEMBERED = 20_000  # readings of a device: more than a day, as far as a clock may reasonably be set back
_MARK_EVERY_MS = 600_000  # a mark costs a write, and only has to place a few minutes of a next boot


class Timestamps:
    """Keeps the `ts_ms` of a spool's readings true and unique; its host provides the transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Remember what waits already."""
        self._db = db
        self._given: dict[str, array[int]] = {}
        self._latest: dict[str, int] = {}
        self._marked_ms = 0
        recent = "SELECT device_id, ts_ms FROM reading WHERE ts_ms IS NOT NULL ORDER BY id DESC LIMIT ?"
        for device_id, ts_ms in db.execute(recent, (_REMEMBERED,)):  # row by row: all at once would take megabytes
            self.remember(device_id, ts_ms)
        for given in self._given.values():
            given.reverse()
        self._unsettled = db.execute("SELECT 1 FROM reading WHERE ts_ms IS NULL LIMIT 1").fetchone() is not None

    def own_time(self, device_id: str, ts_ms: int) -> int:
        """Give `ts_ms`, or the next millisecond that no reading of this device has."""
        if ts_ms <= self._latest.get(device_id, 0):
            while ts_ms in self._given[device_id]:
                ts_ms += 1
        return ts_ms

    def remember(self, device_id: str, ts_ms: int | None) -> None:
        """Note a time as given; None notes a reading that waits for its time."""
        if ts_ms is None:
            self._unsettled = True
            return
        given = self._given.setdefault(device_id, array("q"))
        given.append(ts_ms)
        self._latest[device_id] = max(ts_ms, self._latest.get(device_id, ts_ms))
        if len(given) > 2 * _REMEMBERED:
            del given[:_REMEMBERED]

    def may_settle(self) -> bool:
        """Whether readings without a time wait."""
        return self._unsettled

    def may_learn(self, now: Instant) -> bool:
        """Whether `learn` has something to write."""
        return now.synced and (self._unsettled or now.wall_ms >= self._marked_ms + _MARK_EVERY_MS)

    def learn(self, now: Instant) -> None:
        """Note this boot's true offset where later boots may need it."""
        if self.may_learn(now):
            self._db.execute(
                "INSERT INTO boot (boot_id, offset_ms, last_ms) VALUES (?, ?, ?) "
                "ON CONFLICT (boot_id) DO UPDATE SET offset_ms = excluded.offset_ms, last_ms = excluded.last_ms",
                (now.boot_id, now.wall_ms - now.monotonic_ms, now.wall_ms),
            )
            self._marked_ms = now.wall_ms

    def settle(self, now: Instant, limit: int) -> None:
        """Give up to `limit` of the oldest readings without a time theirs, as far as it can be known by now."""
        self.learn(now)
        pending = self._db.execute(
            "SELECT id, device_id, monotonic_ms, boot_id FROM reading WHERE ts_ms IS NULL ORDER BY id LIMIT ?", (limit,)
        ).fetchall()
        offsets = {boot: self._offset_ms(boot, now) for boot in dict.fromkeys(row[3] for row in pending)}
        for number, device_id, monotonic_ms, boot in pending:
            offset_ms = offsets[boot]
            if offset_ms is not None:
                self._give(number, device_id, self.own_time(device_id, monotonic_ms + offset_ms))
        self._unsettled = bool(pending)

    def _give(self, number: int, device_id: str, ts_ms: int) -> None:
        update = "UPDATE reading SET ts_ms = ?, wall_ms = NULL, monotonic_ms = NULL, boot_id = NULL WHERE id = ?"
        self._db.execute(
            update,
            (ts_ms, number),
        )
        self.remember(device_id, ts_ms)

    def _offset_ms(self, boot_id: str, now: Instant) -> int | None:
        known = self._db.execute("SELECT offset_ms FROM boot WHERE boot_id = ?", (boot_id,)).fetchone()
        if known and known[0] is not None:
            return int(known[0])
        return self._estimate_ms(boot_id, now) if now.synced else None

    def _estimate_ms(self, boot_id: str, now: Instant) -> int:
        """Place a boot that never knew the time: by its own clock, yet after what came before and before this one."""
        unsettled = "FROM reading WHERE boot_id = ? AND ts_ms IS NULL"
        count, first_ms, last_ms = self._db.execute(
            f"SELECT count(*), min(monotonic_ms), max(monotonic_ms) {unsettled}",
            (boot_id,),
        ).fetchone()
        (own_ms,) = self._db.execute(
            f"SELECT wall_ms - monotonic_ms {unsettled} ORDER BY id DESC LIMIT 1",
            (boot_id,),
        ).fetchone()
        this_boot_ms = now.wall_ms - now.monotonic_ms
        (before_ms,) = self._db.execute(
            "SELECT max(last_ms) FROM boot WHERE boot_id <> ? AND last_ms < ?", (now.boot_id, this_boot_ms)
        ).fetchone()
        latest_ms = this_boot_ms - last_ms
        if before_ms is not None:
            offset_ms = max(min(own_ms, latest_ms), before_ms + 1 - first_ms)
        else:
            offset_ms = latest_ms if own_ms + first_ms < RELEASED_S * 1000 else min(own_ms, latest_ms)
        self._db.execute(
            "INSERT INTO boot (boot_id, offset_ms, last_ms, estimated) VALUES (?, ?, ?, ?)",
            (boot_id, offset_ms, last_ms + offset_ms, count),
        )
        return int(offset_ms)

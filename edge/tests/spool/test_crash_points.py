"""A crash, or a disk error, at every single write of the spool: before it and after it, one after the other."""

import errno
import json
import os
import random
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from sungaze_edge import ring as ring_module
from sungaze_edge.clock import Instant
from sungaze_edge.reading import Reading
from sungaze_edge.ring import Ring, ring_path
from sungaze_edge.slot import SLOT_BYTES
from sungaze_edge.store import Store

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
FAILURES = (OSError, sqlite3.Error)


class Crash(BaseException):
    """The process is gone."""


class Faulty:
    """Counts what is written, and lets the write with a certain number fail."""

    def __init__(self, monkeypatch, at, error, *, after):
        self.at, self.error, self.after = at, error, after
        self.count = 0
        self._write = ring_module._write_through
        monkeypatch.setattr(ring_module, "_write_through", self.write)

    def write(self, *arguments):
        self.around(lambda: self._write(*arguments), OSError(errno.EIO, "no"))

    def around(self, act, disk_error):
        self.count += 1
        fails = self.count == self.at
        if fails and not self.after:
            raise self.error or disk_error
        result = act()
        if fails:
            raise self.error or disk_error
        return result


class Connection:
    """A connection whose transactions begin and end with a counted write."""

    def __init__(self, db, faulty):
        self._db, self._faulty = db, faulty

    def __getattr__(self, name):
        return getattr(self._db, name)

    def execute(self, statement, *arguments):
        is_write = statement == "COMMIT" if self._faulty.after else statement.startswith(("BEGIN", "COMMIT"))
        if not is_write or (self._faulty.after and self._faulty.error is None):  # a failed commit is none, for SQLite
            return self._db.execute(statement, *arguments)
        return self._faulty.around(lambda: self._db.execute(statement), sqlite3.OperationalError("disk I/O error"))


class Life:
    """What a daemon does with its spool, and what of it was promised."""

    def __init__(self, path, faulty):
        self.path, self.faulty = path, faulty
        self.stored, self.maybe, self.acked = set(), set(), set()
        self.identities = {}
        self.open()

    def open(self):
        self.ring = Ring(ring_path(self.path))
        self.store = Store(self.path, self.ring)
        self.store._db.execute("PRAGMA synchronous=OFF")  # this process crashes, not the machine
        self.store._db = Connection(self.store._db, self.faulty)

    def leave(self):
        self.store.abandon()
        self.ring.close()

    def again(self, act):
        """Try as the daemon does, whose disk may fail once."""
        with suppress(*FAILURES):
            return act()
        return act()

    def live(self):
        for number in range(24):
            noise = random.Random(number).randbytes(3000 if number == 9 else 5).hex()
            taken = self.now(number, synced=number not in (4, 15))
            one = Reading("shed" if number % 3 else "home", "toy", {"n": number, "noise": noise}, taken)
            self.maybe.add(number)
            self.again(lambda one=one: self.store.enqueue(one))
            self.stored.add(number)
            if number in (6, 8, 16, 20):
                self.deliver(number, 3)
            if number in (7, 20):
                (row, *_) = self.peek(number, 5)
                self.again(lambda row=row, number=number: self.store.quarantine({row.id: "no"}, self.now(number)))
        while self.peek(30, 100):
            self.deliver(30, 7)
        self.store.close()

    def now(self, number, *, synced=True):
        return Instant(NOON + timedelta(seconds=number), float(number), "boot", synced)

    def peek(self, number, limit):
        rows = self.again(lambda: self.store.peek(limit, self.now(number)))
        self.check(rows)
        return rows

    def deliver(self, number, limit):
        rows = self.peek(number, limit)
        self.acked |= {json.loads(row.sample)["n"] for row in rows}
        self.again(lambda: self.store.ack([row.id for row in rows]))

    def check(self, rows):
        for row in rows:
            sample = json.loads(row.sample)
            identity = (sample["device_id"], sample["ts"])
            assert self.identities.setdefault(sample["n"], identity) == identity
        assert len(set(self.identities.values())) == len(self.identities)

    def look(self):
        """Judge what is there after the end."""
        rows = self.store.peek(1000, self.now(40))
        self.check(rows)
        numbers = [json.loads(row.sample)["n"] for row in rows]
        refused = [json.loads(one.sample)["n"] for one in self.store.quarantined()]
        assert self.stored - self.acked <= {*numbers, *refused}, "lost"
        assert {*numbers, *refused} <= self.maybe
        assert len(set(numbers + refused)) == len(numbers + refused), "twice"
        assert numbers == sorted(numbers)
        assert self.store.length() == len(numbers)


@pytest.fixture(autouse=True)
def _few_slots(monkeypatch):
    monkeypatch.setattr(ring_module, "SLOTS", 4)
    monkeypatch.setattr(ring_module, "_FILE_BYTES", 4 * SLOT_BYTES)
    monkeypatch.setattr(ring_module, "_open_direct", lambda path: os.open(path, os.O_RDWR))


def all_points(tmp_path, monkeypatch, error, *, after):
    """Live a life for each write that there is; give it and whether it came to its end."""
    at, reached = 0, True
    while reached:
        at += 1
        with monkeypatch.context() as patch:
            faulty = Faulty(patch, at, error, after=after)
            life = Life(tmp_path / f"spool-{at}.db", faulty)
            try:
                life.live()
            except Crash:
                pass
            finally:
                life.leave()
            reached = faulty.count >= at
        yield at, life


@pytest.mark.parametrize("after", [False, True])
def test_hc001_a_crash_at_any_write_loses_and_doubles_nothing(tmp_path, monkeypatch, after):
    points = 0
    for _, life in all_points(tmp_path, monkeypatch, Crash(), after=after):
        points += 1
        for _ in range(2):  # and one more crash, right after the start
            life.open()
            life.look()
            life.leave()
    assert points > 30, "there are so many writes"


@pytest.mark.parametrize("after", [False, True])
def test_hc001_a_disk_that_fails_once_at_any_write_loses_and_doubles_nothing(tmp_path, monkeypatch, after, caplog):
    for _, life in all_points(tmp_path, monkeypatch, None, after=after):
        assert life.stored == set(range(24))
        life.open()
        life.look()
        life.leave()

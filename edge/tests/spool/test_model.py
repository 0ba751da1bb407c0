"""The spool against a plain model of it, through every sequence of operations that hypothesis thinks of."""

import json
import random
import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sungaze_edge import ring as ring_module
from sungaze_edge.clock import Instant
from sungaze_edge.reading import Reading, moment
from sungaze_edge.ring import Ring, ring_path
from sungaze_edge.slot import SLOT_BYTES
from sungaze_edge.store import Store

NOON_MS = 1_782_043_200_000


class SpoolMachine(RuleBasedStateMachine):
    """What waits, what was refused, and what time it is, beside a real spool."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.small = patch.multiple(ring_module, SLOTS=4, _FILE_BYTES=4 * SLOT_BYTES)
        self.small.start()
        self.waiting, self.refused, self.delivered = [], [], []
        self.open()
        self.uptime_ms, self.drift_ms, self.boot, self.synced, self.number = 10_000, 0, 1, True, 0
        self.shown = {}

    def open(self):
        self.ring = Ring(ring_path(self.folder / "spool.db"))
        self.store = Store(self.folder / "spool.db", self.ring)

    def now(self):
        guess_ms = NOON_MS + self.boot * 10_000_000 + self.uptime_ms + (0 if self.synced else self.drift_ms)
        return Instant(moment(guess_ms), self.uptime_ms / 1000, f"boot-{self.boot}", self.synced)

    @rule(
        later_ms=st.integers(0, 60_000),
        device=st.sampled_from(["home", "shed"]),
        size=st.sampled_from([0, 0, 0, 300, 2000]),
    )
    def enqueue(self, later_ms, device, size):
        self.uptime_ms += later_ms
        values = {"n": self.number, "noise": random.Random(self.number).randbytes(size).hex()}
        self.store.enqueue(Reading(device, "toy", values, self.now()))
        self.waiting.append(self.number)
        self.number += 1

    @rule(how_many=st.integers(4, 10))
    def enqueue_many(self, how_many):
        for _ in range(how_many):
            self.enqueue(5_000, "home", 0)

    @rule(limit=st.integers(1, 20), how_many=st.integers(0, 20))
    def deliver(self, limit, how_many):
        batch = self.store.peek(limit, self.now())
        for row in batch:
            sample = json.loads(row.sample)
            identity = (sample["device_id"], sample["ts"])
            assert self.shown.setdefault(identity, sample["n"]) == sample["n"], "one identity, one reading"
            assert list(self.shown.values()).count(sample["n"]) == 1, "one reading, one identity"
            assert sample["n"] in self.waiting
        self.store.ack([row.id for row in batch[:how_many]])
        for row in batch[:how_many]:
            self.waiting.remove(json.loads(row.sample)["n"])
            self.delivered.append(json.loads(row.sample)["n"])

    @rule(limit=st.integers(1, 5))
    def refuse(self, limit):
        batch = self.store.peek(limit, self.now())
        self.store.quarantine({row.id: "no" for row in batch}, self.now())
        for row in batch:
            number = json.loads(row.sample)["n"]
            self.waiting.remove(number)
            self.refused.append(number)

    @rule()
    def retry(self):
        assert self.store.retry() == len(self.refused)
        self.waiting = sorted(self.waiting + self.refused)
        self.refused = []

    @rule()
    def restart(self):
        self.store.close()
        self.ring.close()
        self.uptime_ms += 1_000
        self.open()
        assert self.there() == sorted(self.waiting), "an orderly stop forgets nothing, and what was delivered is gone"

    @rule()
    def crash(self):
        """What was delivered since the last write may come again, and nothing else changes."""
        self.store.abandon()
        self.ring.close()
        self.uptime_ms += 1_000
        self.open()
        there = self.there()
        assert set(self.waiting) <= set(there) <= {*self.waiting, *self.delivered}
        assert len(set(there)) == len(there)
        self.delivered = [number for number in self.delivered if number not in there]
        self.waiting = there

    def there(self):
        texts = [row[0] for row in self.store._db.execute("SELECT payload FROM reading")]
        return sorted(json.loads(text)["n"] for text in [*texts, *(row[4] for row in self.ring.waiting.values())])

    @rule(drift_ms=st.integers(-10_000_000, 10_000_000))
    def reboot_without_a_clock(self, drift_ms):
        self.boot += 1
        self.uptime_ms, self.drift_ms, self.synced = 1_000, drift_ms, False
        self.restart()

    @rule()
    def synchronise(self):
        self.synced = True

    @invariant()
    def nothing_is_lost(self):
        if not hasattr(self, "store"):
            return
        assert self.store.length() == len(self.waiting)
        assert self.store.status().quarantined == len(self.refused)

    def teardown(self):
        if not hasattr(self, "store"):
            return
        self.synced = True
        everything = [json.loads(row.sample)["n"] for row in self.all_that_waits()]
        assert everything == sorted(self.waiting), "all is delivered in order once the time is known"
        self.store.close()
        self.ring.close()
        self.small.stop()
        shutil.rmtree(self.folder)

    def all_that_waits(self):
        self.store.peek(1000, self.now())
        return self.store.peek(1000, self.now())


TestSpool = SpoolMachine.TestCase
TestSpool.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)

"""How much one caller may ask: token buckets, kept in this process, forgotten with it.

Each worker counts for itself, so that `n` workers grant up to `n` times the rate. Sharing the counts would put Redis,
which may hang, in front of every request; a limit has to keep one caller from taking all, not to count to the unit.
"""

import math
import time
from collections.abc import Callable, Hashable

from sungaze_vps.errors import ProblemError
from sungaze_vps.metrics import RATE_LIMITED

BURST_S = 10
"""A caller that was quiet may ask at once for what the rate grants in this time: the first page of a dashboard."""
MAX_KEYS = 4096
"""So many callers are remembered; the one heard of least recently is forgotten first, and then has a full bucket."""


class Limit:
    """One bucket per caller that fills with `rate_per_s` and holds `BURST_S` seconds of it."""

    def __init__(self, name: str, rate_per_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the name that metrics know it by and the rate; a rate of 0 limits nobody."""
        self._name = name
        self._rate_per_s = rate_per_s
        self._size = rate_per_s * BURST_S
        self._monotonic = monotonic
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, caller: Hashable, cost: float = 1) -> None:
        """Take `cost` out of the caller's bucket.

        Raises:
            ProblemError: 429 with `Retry-After`, in whole seconds; the bucket is left as it is.
        """
        if not self._rate_per_s:
            return
        level, now = self._level(caller)
        short = min(cost, self._size) - level  # a cost above the size waits for a full bucket, not for ever
        if short > 0:
            RATE_LIMITED.labels(self._name).inc()
            wait_s = max(1, math.ceil(short / self._rate_per_s))
            detail = f"This is more than is granted to one caller; try again in {wait_s} s."
            raise ProblemError("too-many-requests", detail, headers={"Retry-After": str(wait_s)})
        self._put(caller, level - cost, now)

    def charge(self, caller: Hashable, cost: float) -> None:
        """Take what turned out to have been used, even below zero; what is negative is given back."""
        if self._rate_per_s and cost:
            level, now = self._level(caller)
            self._put(caller, level - cost, now)

    def _level(self, caller: Hashable) -> tuple[float, float]:
        now = self._monotonic()
        level, at = self._buckets.get(caller, (self._size, now))
        return min(self._size, level + (now - at) * self._rate_per_s), now

    def _put(self, caller: Hashable, level: float, now: float) -> None:
        self._buckets.pop(caller, None)
        if len(self._buckets) >= MAX_KEYS:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[caller] = (level, now)

"""Who wants to hear of which devices in this process, and what each has not been told yet.

Of a device a subscriber has one sample waiting at most, the newest: however slow it reads, it takes no more memory.
"""

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, KeysView
from contextlib import contextmanager, suppress

from sungaze_vps.errors import ProblemError
from sungaze_vps.metrics import RATE_LIMITED, STREAMS_OPEN

MOST_PER_OWNER = 100
"""A hundred dashboards on one token: what the limit on reading grants, too."""
MOST = 500
"""Each takes a file descriptor, of which a process has 1024 by default, and some ten kB."""
_RETRY_AFTER_S = 30


class Subscription:
    """What one reader still has to be told."""

    def __init__(self) -> None:
        """Wait for everything."""
        self._waiting: dict[str, bytes] = {}
        self._newest: dict[str, str] = {}
        self._woken = asyncio.Event()
        self.ended = False

    def offer(self, device_id: str, ts: str, sample: bytes) -> None:
        """Take a sample, unless it is not newer than the last one taken; `ts` is as the wire writes it."""
        if ts > self._newest.get(device_id, ""):
            self._newest[device_id] = ts
            self._waiting[device_id] = sample
            self._woken.set()

    def end(self) -> None:
        """Let the reader go; it finds `ended` set."""
        self.ended = True
        self._woken.set()

    async def news(self, patience_s: float) -> list[bytes]:
        """Give the newest sample of each device that has a new one; empty when none came in time, or at the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._woken.wait()
        self._woken.clear()
        told, self._waiting = self._waiting, {}
        return list(told.values())


class Hub:
    """The subscriptions of one process."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_device: dict[str, set[Subscription]] = {}
        self._owners: Counter[Hashable] = Counter()
        self._closed = False
        self.occupied = asyncio.Event()
        """Set as long as anybody is subscribed."""

    @property
    def devices(self) -> KeysView[str]:
        """Those that somebody wants to hear of."""
        return self._by_device.keys()

    @contextmanager
    def subscribe(self, owner: Hashable, device_ids: Iterable[str]) -> Iterator[Subscription]:
        """Hear of devices inside the block.

        Raises:
            ProblemError: 429 when the owner, or all together, have as many as there may be; 503 at the end.
        """
        self._require_room(owner)
        subscription = Subscription()
        self._enter(owner, device_ids := frozenset(device_ids), subscription)
        try:
            yield subscription
        finally:
            self._leave(owner, device_ids, subscription)

    def offer(self, device_id: str, ts: str, sample: bytes) -> None:
        """Offer a sample to all who want to hear of its device."""
        for subscription in self._by_device.get(device_id, ()):
            subscription.offer(device_id, ts, sample)

    def close(self) -> None:
        """End all subscriptions and take no more."""
        self._closed = True
        for subscription in set[Subscription]().union(*self._by_device.values()):
            subscription.end()

    def _require_room(self, owner: Hashable) -> None:
        if self._closed:
            raise ProblemError("unavailable", "The server is stopping; try again.", headers={"Retry-After": "1"})
        if self._owners[owner] >= MOST_PER_OWNER or self._owners.total() >= MOST:
            RATE_LIMITED.labels("stream").inc()
            detail = f"There are as many open streams as there may be; try again in {_RETRY_AFTER_S} s."
            raise ProblemError("too-many-requests", detail, headers={"Retry-After": str(_RETRY_AFTER_S)})

    def _enter(self, owner: Hashable, device_ids: Iterable[str], subscription: Subscription) -> None:
        self._owners[owner] += 1
        for device_id in device_ids:
            self._by_device.setdefault(device_id, set()).add(subscription)
        self.occupied.set()
        STREAMS_OPEN.inc()

    def _leave(self, owner: Hashable, device_ids: Iterable[str], subscription: Subscription) -> None:
        STREAMS_OPEN.dec()
        self._owners[owner] -= 1
        self._owners += Counter()  # forgets who has none
        for device_id in device_ids:
            self._by_device[device_id].remove(subscription)
            if not self._by_device[device_id]:
                del self._by_device[device_id]
        if not self._by_device:
            self.occupied.clear()

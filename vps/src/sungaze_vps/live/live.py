"""Live push: what is stored is noted by device, the newest is read from the database and told to whoever listens.

An announcement says where to look, never what is there. So a stream tells what the database says and nothing else,
whether a reading came late, twice or through another worker; and an ingest pays for a name in a set.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from sungaze_vps.db.faults import DATABASE_ERRORS, is_passing, reason
from sungaze_vps.live.channel import PACE_S, Channel
from sungaze_vps.live.hub import Hub
from sungaze_vps.log import Outage

RETRY_S = 1.0
_LOGGER = logging.getLogger(__name__)

type Read = Callable[[str], Awaitable[Mapping[str, Any] | None]]
"""Gives the newest sample of a device, as the wire has it; raises one of `DATABASE_ERRORS`."""


class Live:
    """The live push of one process; it does its work inside `running`."""

    def __init__(self, read: Read, channel: Channel | None, database_outage: Outage) -> None:
        """Take how to read the newest sample, and the way to the other workers if there may be any."""
        self.hub = Hub()
        self._read = read
        self._channel = channel
        self._outage = database_outage
        self._due: set[str] = set()
        self._woken = asyncio.Event()

    def announce(self, device_ids: Collection[str]) -> None:
        """Note that something was stored of these devices; costs next to nothing."""
        self.look_at(device_ids)
        if self._channel is not None:
            self._channel.tell(device_ids)

    def look_at(self, device_ids: Collection[str] | None) -> None:
        """Have the newest of these devices read soon, of all where it is None, as far as anybody wants to hear it."""
        due = self.hub.devices if device_ids is None else self.hub.devices & set(device_ids)
        if due:
            self._due |= due
            self._woken.set()

    async def refresh(self, device_ids: Collection[str]) -> None:
        """Read the newest of these devices and offer it to whoever listens.

        Raises:
            DATABASE_ERRORS: as the driver has them.
        """
        for device_id in device_ids:
            sample = await self._read(device_id)
            if sample is not None:
                self.hub.offer(device_id, sample["ts"], msgspec.json.encode(sample))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work in the background inside the block; at its end all who listen are let go."""
        works: list[Callable[[], Awaitable[None]]] = [self._follow]
        if (channel := self._channel) is not None:
            works += [channel.speak, lambda: channel.listen(self.hub.occupied, self.look_at)]
        tasks = [asyncio.create_task(_keep(work)) for work in works]
        try:
            yield
        finally:
            self.hub.close()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            if channel is not None:
                await channel.close()

    async def _follow(self) -> None:
        """Read what is to be read, for ever, at most every `PACE_S`."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            due, self._due = self._due, set()
            try:
                await self.refresh(due & self.hub.devices)
            except DATABASE_ERRORS as error:
                self.look_at(due)
                if not is_passing(error):
                    raise
                self._outage.failed(reason(error))
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(PACE_S)


async def _keep(work: Callable[[], Awaitable[None]]) -> None:
    """Do a work that has no end, again if it ends by a mistake."""
    while True:
        try:
            await work()
        except Exception:
            _LOGGER.exception("the live push made a mistake and goes on")
            await asyncio.sleep(RETRY_S)

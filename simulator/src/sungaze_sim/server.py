"""A WiNet-S on a TCP port: listens, counts its clients, and goes away when a fault says so."""

import asyncio
import logging
from contextlib import suppress

from sungaze_sim.clock import Clock, SystemClock
from sungaze_sim.connection import Connection
from sungaze_sim.device import Device
from sungaze_sim.faults import Faults
from sungaze_sim.record import Record
from sungaze_sim.world import World

_WATCH_S = 0.02
_log = logging.getLogger(__name__)


class WinetServer:
    """A simulated dongle.

    server = WinetServer(HouseWorld(house, profile), record=Record(path))
    await server.start()
    server.faults.set("silence", seconds=5)
    ...
    await server.stop()
    """

    def __init__(
        self,
        world: World,
        *,
        record: Record | None = None,
        faults: Faults | None = None,
        unit_id: int = 1,
        live: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """Prepare a server; nothing listens yet."""
        clock = clock or SystemClock()
        self._device = Device(world, record or Record(), faults or Faults(clock=clock), unit_id, live, clock)
        self._listener: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._accepted = 0
        self._watcher: asyncio.Task[None] | None = None
        self._host = ""
        self.port = 0
        """The port in use once started; the same one after an outage."""

    @property
    def world(self) -> World:
        """What stands behind the dongle; assign another one and the next poll sees it."""
        return self._device.world

    @world.setter
    def world(self, world: World) -> None:
        self._device.world = world

    @property
    def faults(self) -> Faults:
        """The schedule of misbehaviour, to be changed at any time."""
        return self._device.faults

    @property
    def record(self) -> Record:
        """What was handed out."""
        return self._device.record

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one, see `port`.

        Raises:
            OSError: the address cannot be listened on.
        """
        self._host, self.port = host, port
        await self._listen()
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        if self._watcher:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
        self._close_listener()
        self.drop_connections()
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop_connections(self) -> None:
        """Reset every connection; clients may come back at once."""
        for connection in self._connections.values():
            connection.reset()

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._accept, self._host, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    def _close_listener(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None

    async def _watch(self) -> None:
        """Open and close the listening socket as the faults come and go."""
        while True:
            rebooting = self.faults.on("reboot")
            if rebooting:
                self.drop_connections()
            if rebooting or self.faults.on("offline"):
                if self._listener:
                    _log.info(f"No longer listening on {self._host}:{self.port}")
                self._close_listener()
            elif self._listener is None:
                with suppress(OSError):  # somebody else took the port; try again until it is free
                    await self._listen()
                    _log.info(f"Listening on {self._host}:{self.port} again")
            await asyncio.sleep(_WATCH_S)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        connection = Connection(self._device, self._accepted, reader, writer)
        if self._connections and self.faults.take("one_client"):
            connection.reset()
            return
        task = asyncio.create_task(connection.serve())
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)

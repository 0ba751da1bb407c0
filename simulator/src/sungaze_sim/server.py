"""A WiNet-S on a TCP port."""

import asyncio

from sungaze_sim.clock import Clock, SystemClock
from sungaze_sim.connection import Connection
from sungaze_sim.device import Device
from sungaze_sim.faults import Faults
from sungaze_sim.listener import Listener
from sungaze_sim.record import Record
from sungaze_sim.world import World


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
        self._listener = Listener(self._device.faults, self._welcome)

    @property
    def port(self) -> int:
        """The port in use once started; the same one after an outage."""
        return self._listener.port

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
        return self._listener.connections

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one, see `port`.

        Raises:
            OSError: the address cannot be listened on.
        """
        await self._listener.start(host, port)

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        await self._listener.stop()

    def drop_connections(self) -> None:
        """Reset every connection; clients may come back at once."""
        self._listener.drop_connections()

    def _welcome(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Connection:
        return Connection(self._device, number, reader, writer)

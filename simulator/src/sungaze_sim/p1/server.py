"""A P1 meter on two TCP ports: the API v2 over TLS, and the API v1 without."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from sungaze_sim.clock import Clock, SystemClock
from sungaze_sim.faults import Faults
from sungaze_sim.house import House, HouseSpec
from sungaze_sim.listener import Listener
from sungaze_sim.p1.api_v1 import ApiV1
from sungaze_sim.p1.api_v2 import ApiV2
from sungaze_sim.p1.authority import Certificate, authority_pem, server_context
from sungaze_sim.p1.connection import Connection
from sungaze_sim.p1.device import Dongle
from sungaze_sim.p1.faults import P1_FAULTS
from sungaze_sim.p1.grid_meter import GridMeter
from sungaze_sim.p1.users import Users
from sungaze_sim.record import Record
from sungaze_sim.watcher import Watcher

SERIAL = "5c2fafa1b2c3"


class P1Meter:
    """A simulated P1 meter; the package's first page shows how to use it."""

    def __init__(
        self,
        meter: GridMeter | None = None,
        *,
        serial: str = SERIAL,
        certificate: Certificate | None = None,
        record: Record | None = None,
        faults: Faults | None = None,
        clock: Clock | None = None,
        v1_enabled: bool = False,
        button_held: bool = False,
        press_after_s: float | None = None,
        ca_file: Path | None = None,
    ) -> None:
        """Prepare a meter; nothing listens yet. Without `ca_file` the authority is kept in a temporary folder."""
        clock = clock or SystemClock()
        self._dongle = Dongle(
            meter or GridMeter(Watcher(_night_house(), clock=clock)),
            serial,
            record or Record(),
            faults or Faults(clock=clock, known=P1_FAULTS),
            Users(clock, button_held=button_held, press_after_s=press_after_s),
            clock,
            v1_enabled,
            began=clock.monotonic(),
        )
        tls = server_context(certificate or Certificate(), serial)
        self._v2 = Listener(self._dongle.faults, self._welcome_v2, tls)
        self._v1 = Listener(self._dongle.faults, self._welcome_v1)
        self._answer_v2, self._answer_v1 = ApiV2(self._dongle).answer, ApiV1(self._dongle).answer
        self._folder = None if ca_file else TemporaryDirectory(prefix="sungaze-sim-")
        self.ca_file = ca_file or Path(self._folder.name if self._folder else "") / "ca.pem"
        """The authority to trust."""
        self.ca_file.write_bytes(authority_pem())

    async def __aenter__(self) -> Self:
        """Listen on free ports of the loopback."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    @property
    def serial(self) -> str:
        """The dongle's serial number."""
        return self._dongle.serial

    @property
    def port(self) -> int:
        """The port of the API v2."""
        return self._v2.port

    @property
    def v1_port(self) -> int:
        """The port of the API v1."""
        return self._v1.port

    @property
    def v1_enabled(self) -> bool:
        """Whether the owner has allowed the API v1."""
        return self._dongle.v1_enabled

    @v1_enabled.setter
    def v1_enabled(self, enabled: bool) -> None:
        self._dongle.v1_enabled = enabled

    @property
    def grid_meter(self) -> GridMeter:
        """What hangs behind the dongle."""
        return self._dongle.meter

    @property
    def faults(self) -> Faults:
        """The schedule of misbehaviour, to be changed at any time."""
        return self._dongle.faults

    @property
    def record(self) -> Record:
        """What was handed out."""
        return self._dongle.record

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return self._v2.connections + self._v1.connections

    def press_button(self) -> None:
        """Let a new user in for 30 seconds."""
        self._dongle.users.press_button()

    def pair(self, name: str) -> str:
        """Make a user without the button and give its token."""
        return self._dongle.users.admit(name)

    def revoke_all(self) -> None:
        """Forget every user; their tokens are dead."""
        self._dongle.users.clear()

    async def start(self, host: str = "127.0.0.1", port: int = 0, v1_port: int = 0) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            OSError: an address cannot be listened on.
        """
        await self._v2.start(host, port)
        await self._v1.start(host, v1_port)

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        await self._v2.stop()
        await self._v1.stop()
        if self._folder:
            self._folder.cleanup()

    def _welcome_v2(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Connection:
        return Connection(self._dongle, self._answer_v2, number, reader, writer)

    def _welcome_v1(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Connection:
        return Connection(self._dongle, self._answer_v1, number, reader, writer)


def _night_house() -> House:
    """Build a house without a battery at its midnight: quick to make, and it takes some power from the grid."""
    return House(datetime(2026, 3, 9, 23, tzinfo=UTC), spec=HouseSpec(battery_capacity_kwh=0))

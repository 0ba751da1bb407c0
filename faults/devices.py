"""The house: an inverter and a grid meter that watch it, each with a record of what it handed out."""

from datetime import UTC, datetime
from pathlib import Path

from sungaze_sim.faults import Faults
from sungaze_sim.house import House
from sungaze_sim.p1 import GridMeter, P1Meter
from sungaze_sim.p1.faults import P1_FAULTS
from sungaze_sim.profile import Profile
from sungaze_sim.record import Record
from sungaze_sim.server import WinetServer
from sungaze_sim.world import HouseWorld

SPEED = 1440
"""A day in the house takes a minute."""
_BEGINS = datetime(2026, 3, 28, 23, tzinfo=UTC)
_EDGE = "local/faults"


class Devices:
    """Both devices, in this process."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Build the house; nothing listens yet."""
        house = House(_BEGINS, seed=seed, spec=Profile().house_spec())
        world = HouseWorld(house, Profile(), speed=SPEED)
        self.inverter = WinetServer(world, record=Record(folder / "inverter.jsonl"), faults=Faults())
        self.meter = P1Meter(
            GridMeter(world.watcher.beside()),
            record=Record(folder / "meter.jsonl"),
            faults=Faults(known=P1_FAULTS),
            ca_file=folder / "meter.pem",
        )
        self.token = self.meter.pair(_EDGE)
        """What the meter knows the edge by."""

    async def start(self) -> None:
        """Listen."""
        await self.inverter.start("127.0.0.1", 0)
        await self.meter.start()

    def handed_out(self) -> int:
        """Count what both have handed out so far."""
        return len(self.inverter.record.readings) + len(self.meter.record.readings)

    def revoke(self) -> None:
        """Let the meter forget the edge, as after a reset of the dongle."""
        self.meter.revoke_all()

    def pair_again(self) -> None:
        """Make a new token for the edge."""
        self.token = self.meter.pair(_EDGE)

    def clear(self) -> None:
        """End every fault of both."""
        self.inverter.faults.clear()
        self.meter.faults.clear()

    def take_away(self) -> None:
        """Let nobody reach them any more."""
        for faults in (self.inverter.faults, self.meter.faults):
            faults.set("offline")

    async def stop(self) -> None:
        """Stop both and close their records."""
        await self.inverter.stop()
        await self.meter.stop()
        for device in (self.inverter, self.meter):
            device.record.close()

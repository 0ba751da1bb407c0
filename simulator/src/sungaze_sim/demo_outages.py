"""The plot of the demo: a recorded inverter wakes up in a house, and each of the three ends goes away for a while."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sungaze_sim.demo_house import HOUSE_SPEED
from sungaze_sim.faults import Faults
from sungaze_sim.server import WinetServer
from sungaze_sim.stack import Stack
from sungaze_sim.world import World

ROUND_S = 90
_OUTAGES = {
    "offline": "the inverter left the network",
    "no_telegram": "somebody pulled the grid meter's cable",
}


@dataclass(slots=True)
class Outages:
    """What happens when: the recording, the house, an outage of each of the three, and again."""

    stack: Stack
    server: WinetServer
    house: World
    faults: Faults
    meter_faults: Faults
    tell: Callable[[str], None]
    counted: dict[str, int] = field(default_factory=lambda: {"server": 0, "inverter": 0, "meter": 0})
    rounds: int = 0
    """How often all of them have happened."""

    async def play(self, length_s: float) -> None:
        """Play for ever; the first round takes `length_s`."""
        self.tell("playing registers recorded from a real inverter; a grid meter watches a living house")
        await asyncio.sleep(0.3 * length_s)
        self.server.world = self.house
        self.tell(f"now the inverter is in that house, too: a spring day, {HOUSE_SPEED} times as fast as ours")
        while True:
            await asyncio.sleep(0.08 * length_s)
            await self._server_outage(0.22 * length_s)
            await asyncio.sleep(0.05 * length_s)
            await self._outage("inverter", self.faults, "offline", 0.15 * length_s)
            await asyncio.sleep(0.02 * length_s)
            await self._outage("meter", self.meter_faults, "no_telegram", 0.1 * length_s)
            self.rounds += 1
            await asyncio.sleep(0.1 * length_s)

    async def _server_outage(self, seconds: float) -> None:
        assert self.stack.api is not None  # noqa: S101 - started before the plot
        self.stack.api.kill()
        await self.stack.api.wait()
        self.counted["server"] += 1
        self.tell("OUTAGE: the server was killed (kill -9); readings wait in the spool")
        await asyncio.sleep(seconds)
        await self.stack.start_api()
        self.tell("the server is back; the spool drains")

    async def _outage(self, device: str, faults: Faults, fault: str, seconds: float) -> None:
        self.counted[device] += 1
        faults.set(fault, seconds=seconds)
        self.tell(f"OUTAGE: {_OUTAGES[fault]}; the edge waits for the {device} and reads the other one")
        await asyncio.sleep(seconds)
        self.tell(f"the {device} is back; the edge finds it by itself")

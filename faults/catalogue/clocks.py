"""The clock of the machine under the edge: stepped, and not known at a start. Its readings keep the true time."""

import asyncio
import time
from collections.abc import Callable
from random import Random

from faults.edge_clock import Wall
from faults.fault import Deed, Fault, Lane, between
from faults.trial import Trial

_HOUR_S = 3600.0


def _stepped(direction: int) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        """Step it, and with that the kernel knows that it is not synchronised any more; and back."""
        Wall(direction * between(dice, _HOUR_S, 10 * _HOUR_S), synced=False).write(trial.clock_file)
        await asyncio.sleep(between(dice, 1, 2.5))
        Wall().write(trial.clock_file)

    return deed


def _started_without(offset_s: Callable[[Random], float]) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        """Start the edge with a wrong clock and no server to ask, until NTP sets the clock right."""
        await trial.edge.stop()
        trial.links["edge-caddy"].refuse()
        Wall(offset_s(dice), synced=False).write(trial.clock_file)
        try:
            await trial.restart_edge()
            await asyncio.sleep(between(dice, 1.5, 2.5))
        finally:
            Wall().write(trial.clock_file)
            await asyncio.sleep(0.3)
            trial.links["edge-caddy"].accept_again()

    return deed


def _since_1970(_: Random) -> float:
    return -time.time()


def _hours(dice: Random) -> float:
    return dice.choice([-1, 1]) * between(dice, _HOUR_S, 10 * _HOUR_S)


FAULTS = [
    Fault("clock: hours ahead", Lane.EDGE, _stepped(1), 1.8),
    Fault("clock: hours behind", Lane.EDGE, _stepped(-1), 1.8),
    Fault("clock: starts in 1970", Lane.EDGE, _started_without(_since_1970), 3),
    Fault("clock: starts hours off", Lane.EDGE, _started_without(_hours), 3),
]

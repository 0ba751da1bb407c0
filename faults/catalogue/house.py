"""What the devices themselves do wrong: everything that their simulators can."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from faults.fault import Deed, Fault, Lane, between
from faults.trial import Trial
from sungaze_sim.faults import FAULTS as INVERTER_FAULTS
from sungaze_sim.faults import Faults
from sungaze_sim.p1.faults import P1_FAULTS

_NOT_BY_THE_WAY = {"revoked": "needs a new token: a fault of the edge's lane"}
_VALUES = {"slow": (0.3, 1.2), "clock_jump": (60.0, 7200.0)}
_ONCE = ("drop_after", "drop_before", "drop_mid", "late", "wrong_transaction", "stray", "truncated", "garbage")
"""Those that strike single answers; the others hold for a while."""


def _fault(name: str, faults_of: Callable[[Trial], Faults]) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        seconds = between(dice, 0.6, 1.4)
        value = between(dice, *_VALUES[name]) if name in _VALUES else None
        times = dice.randint(1, 4) if name in _ONCE else None
        faults_of(trial).set(name, seconds=seconds, value=value, times=times)
        await asyncio.sleep(seconds + 0.2)

    return deed


def _inverter(trial: Trial) -> Faults:
    return trial.devices.inverter.faults


def _meter(trial: Trial) -> Faults:
    return trial.devices.meter.faults


async def _revoked(trial: Trial, dice: Random) -> None:
    began = datetime.now(UTC)
    trial.devices.revoke()
    await asyncio.sleep(between(dice, 0.5, 1.5))
    trial.devices.pair_again()
    await trial.edge.stop()
    await trial.restart_edge()
    await asyncio.sleep(0.5)
    trial.doubt(began, "token revoked")


FAULTS = [
    *(Fault(f"inverter: {name}", Lane.DEVICES, _fault(name, _inverter), 1.2) for name in INVERTER_FAULTS),
    *(
        Fault(f"meter: {name}", Lane.DEVICES, _fault(name, _meter), 1.2)
        for name in P1_FAULTS
        if name not in _NOT_BY_THE_WAY
    ),
    Fault("meter: token revoked", Lane.EDGE, _revoked, 2.5),
]

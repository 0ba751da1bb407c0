"""Each process killed, ended, paused, and paused and then killed."""

import asyncio
import signal
from datetime import UTC, datetime
from random import Random

from faults.fault import Deed, Fault, Lane, between
from faults.trial import Trial

_COMMIT_S = 1.0
"""A reading handed out so shortly before a kill may not have had the time to reach the disk."""
_LANES = {"edge": Lane.EDGE, "api": Lane.SERVER, "postgresql": Lane.SERVER, "redis": Lane.SERVER, "caddy": Lane.WAY}


async def _start_again(trial: Trial, name: str) -> None:
    if name == "edge":
        await trial.restart_edge()
        await trial.next_reading()
    else:
        await trial.programs[name].start()


def _killed(name: str) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        began = datetime.now(UTC)
        await trial.programs[name].kill()
        if name == "edge":
            trial.doubt(began, "killed", before_s=_COMMIT_S)
        await asyncio.sleep(between(dice, 0, 0.8))
        await _start_again(trial, name)

    return deed


def _ended(name: str) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        await trial.programs[name].stop()
        await asyncio.sleep(between(dice, 0, 0.8))
        await _start_again(trial, name)

    return deed


def _paused(name: str, *, and_killed: bool = False) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        program, began = trial.programs[name], datetime.now(UTC)
        program.signal(signal.SIGSTOP)
        await asyncio.sleep(between(dice, 0.2, 3))
        if and_killed:
            await program.kill()
        else:
            program.signal(signal.SIGCONT)
        if name == "edge":  # after a pause as long as its patience it may give up a read that was answered meanwhile
            trial.doubt(began, "paused", before_s=_COMMIT_S)
        if and_killed:
            await _start_again(trial, name)

    return deed


FAULTS = [
    fault
    for name, lane in _LANES.items()
    for fault in (
        Fault(f"{name}: killed (-9)" if name != "postgresql" else f"{name}: immediate shutdown", lane, _killed(name)),
        Fault(f"{name}: ended and started", lane, _ended(name)),
        Fault(f"{name}: paused", lane, _paused(name), 1.8),
        Fault(f"{name}: paused and killed", lane, _paused(name, and_killed=True), 3),
    )
]

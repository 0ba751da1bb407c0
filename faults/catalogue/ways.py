"""What the network does, on every way."""

import asyncio
from datetime import UTC, datetime
from random import Random

from faults.fast_edge import READ_PATIENCE_S
from faults.fault import Deed, Fault, Lane, between
from faults.link import Link, Mode, Trouble
from faults.trial import Trial

_LANES = {
    "edge-caddy": Lane.WAY,
    "caddy-api": Lane.WAY,
    "api-postgresql": Lane.SERVER,
    "api-redis": Lane.SERVER,
    "edge-inverter": Lane.DEVICES,
    "edge-meter": Lane.DEVICES,
}
_CUTS = {
    "cut before a request": Mode.CUT_BEFORE,
    "cut in a request": Mode.CUT_IN_REQUEST,
    "cut, the reply lost": Mode.LOSE_REPLY,
    "cut in a reply": Mode.CUT_IN_REPLY,
}
_STRIKES_WITHIN_S = 6.0
_PATIENCE_S = READ_PATIENCE_S
"""How long a device is waited for: a reading may be handed out that the edge has just given up."""


def _is_of_device(name: str) -> bool:
    return _LANES[name] is Lane.DEVICES


def _doubt(trial: Trial, name: str, began: datetime) -> None:
    if _is_of_device(name):
        trial.doubt(began, f"{name} disturbed", before_s=_PATIENCE_S)


async def until_struck(link: Link, before: int, within_s: float = _STRIKES_WITHIN_S) -> None:
    """Wait until a trouble has met somebody since the count was `before`, or for so long."""
    end = asyncio.get_running_loop().time() + within_s
    while link.struck == before and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - clients come by chance
        await asyncio.sleep(0.02)


def _cut(name: str, mode: Mode) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        link, began = trial.links[name], datetime.now(UTC)
        before, times = link.struck, dice.randint(1, 3)
        link.begin(Trouble(mode, times))
        await until_struck(link, before)
        await asyncio.sleep(0.6)
        link.end()
        _doubt(trial, name, began)

    return deed


def _lasting(name: str, mode: Mode, *, shortest_s: float = 0.8, longest_s: float = 2.5) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        link, began = trial.links[name], datetime.now(UTC)
        link.begin(_trouble(mode, dice))
        before = link.struck
        await until_struck(link, before)
        await asyncio.sleep(between(dice, shortest_s, longest_s))
        link.end()
        if mode is Mode.HALF_OPEN and name == "api-postgresql":
            link.reset_all()  # the API waits longer for a silent database than a trial lasts
        _doubt(trial, name, began)

    return deed


def _trouble(mode: Mode, dice: Random) -> Trouble:
    if mode is Mode.LATENCY:
        return Trouble(mode, delay_s=between(dice, 0.05, 0.5), dice=dice)
    return Trouble(mode, delay_s=between(dice, 0.0005, 0.003), piece=dice.randint(5, 60), dice=dice)


def _refused(name: str) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        link, began = trial.links[name], datetime.now(UTC)
        link.refuse()
        await asyncio.sleep(between(dice, 0.5, 2.5))
        link.accept_again()
        _doubt(trial, name, began)

    return deed


def _of(name: str) -> list[Fault]:
    lane = _LANES[name]
    return [
        *(Fault(f"{name}: {about}", lane, _cut(name, mode), 1.3, link=name) for about, mode in _CUTS.items()),
        Fault(f"{name}: all replies lost", lane, _lasting(name, Mode.LOSE_REPLY), 2.3, link=name),
        Fault(f"{name}: half-open", lane, _lasting(name, Mode.HALF_OPEN), 2.3, link=name),
        Fault(f"{name}: refused", lane, _refused(name), 1.5, link=name),
        Fault(f"{name}: latency", lane, _lasting(name, Mode.LATENCY), 2.0, link=name),
        Fault(f"{name}: trickle", lane, _lasting(name, Mode.TRICKLE), 2.0, link=name),
    ]


FAULTS = [fault for name in _LANES for fault in _of(name)]

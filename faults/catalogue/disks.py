"""What the disk under the edge does, on an ext4 of its own: it fills up, turns read-only, loses its power."""

import asyncio
from datetime import UTC, datetime
from random import Random

from faults.edge_clock import Wall
from faults.fault import Fault, Lane, between
from faults.trial import Trial
from sungaze_sim.disk import Disk


def _disk(trial: Trial) -> Disk:
    if trial.disk is None:
        raise LookupError("this trial has no disk of its own")
    return trial.disk


async def _full(trial: Trial, dice: Random) -> None:
    """Fill it while deliveries are held up, so that readings pile up."""
    trial.links["edge-caddy"].refuse()
    began = datetime.now(UTC)
    _disk(trial).fill(dice.choice([0, 0, 2**20]))
    await asyncio.sleep(between(dice, 1, 2.5))
    _disk(trial).make_room()
    trial.links["edge-caddy"].accept_again()
    await _until_stored(trial, began)


async def _full_without_time(trial: Trial, dice: Random) -> None:
    """Fill it under an edge that does not know the time: its readings need SQLite, and polling waits for room."""
    trial.links["edge-caddy"].refuse()
    await trial.edge.stop()
    Wall(-between(dice, 3600, 36000), synced=False).write(trial.clock_file)
    await trial.restart_edge()
    await trial.next_reading()
    began = datetime.now(UTC)
    _disk(trial).fill()
    await asyncio.sleep(between(dice, 1, 2))
    _disk(trial).make_room()
    Wall().write(trial.clock_file)
    await _until_stored(trial, began)
    trial.links["edge-caddy"].accept_again()


async def _until_stored(trial: Trial, began: datetime) -> None:
    """Wait for what the edge holds in its memory while there is no room; until then a kill would cost it."""
    if not await trial.both_go_on():
        trial.doubt(began, "no room on the disk")


async def _power_cut(trial: Trial, dice: Random) -> None:
    """Take the power away under the running edge; what was not forced to the disk is forgotten."""
    trial.links["edge-caddy"].refuse()
    await asyncio.sleep(between(dice, 0.5, 1.5))
    began = datetime.now(UTC)
    _disk(trial).lose_power()
    await trial.edge.kill()
    trial.doubt(began, "power cut", before_s=1)
    await asyncio.to_thread(_disk(trial).restart)
    trial.links["edge-caddy"].accept_again()
    await trial.restart_edge()
    await trial.next_reading()


FAULTS = [
    Fault("disk: full, and room again", Lane.EDGE, _full, 2.5, needs_disk=True),
    Fault("disk: full while the time is not known", Lane.EDGE, _full_without_time, 4.5, needs_disk=True),
    Fault("disk: power cut", Lane.EDGE, _power_cut, 3, needs_disk=True),
]

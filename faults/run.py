"""One trial from its start to its verdict: the schedule carried out, everything set right again, and judged."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from faults import servers, verdict
from faults.fault import Fault, Lane
from faults.schedule import BUSY, Event, plan
from faults.trial import Trial
from faults.watch import Limit, Watch
from sungaze_sim.stack import DEVICE_ID, P1_DEVICE_ID

LIMITS = {
    "edge": Limit(memory_mb=60, growth_mb=6, growth_descriptors=4),
    "api": Limit(memory_mb=200, growth_mb=30, growth_descriptors=20),  # its pools fill up when it is in trouble
    "caddy": Limit(memory_mb=200, growth_mb=40, growth_descriptors=40),
    "redis": Limit(memory_mb=60, growth_mb=10, growth_descriptors=10),
}
_LOOK_EVERY_S = 2.0
_DRAIN_S = 60.0
_FRESH_WITHIN_S = 10.0
_AGE_S = 3.0
_SIGNS = (
    "Traceback (most recent call last)",
    "A mistake in Sungaze itself",
    "A mistake in the source",
    "panic:",
    "PANIC:",
)


@dataclass(frozen=True, slots=True)
class Happened:
    """A fault that was carried out."""

    fault: Fault
    began: datetime
    ended: datetime
    met: bool
    """Whether anybody was there to meet it; only a fault of a way may miss everybody."""


type Tell = Callable[[str], None]
type Alongside = Callable[[Trial], Coroutine[None, None, None]]
"""Looks on while the faults happen; it is cancelled when they are over."""


@dataclass(frozen=True, slots=True)
class _Course:
    """What the lanes share."""

    began: float
    seconds: float
    happened: list[Happened]
    tell: Tell

    def passed_s(self) -> float:
        """Say how long it has been."""
        return time.monotonic() - self.began


@dataclass(slots=True)
class Outcome:
    """A trial's end."""

    seed: int
    engine: str
    happened: list[Happened]
    verdict: verdict.Verdict
    watch: Watch
    skipped: Mapping[str, str]
    folder: Path


async def run(
    catalogue: Sequence[Fault],
    *,
    seed: int,
    seconds: float,
    folder: Path,
    tell: Tell,
    commands: Mapping[str, Sequence[str]] | None = None,
    limits: Mapping[str, Limit] = LIMITS,
    busy: float = BUSY,
    alongside: Alongside | None = None,
) -> Outcome:
    """Carry out a trial; what it started has ended when this returns or raises."""
    trial = Trial(folder, seed, commands=commands)
    watch = Watch(limits)
    looking = [lambda trial: _look(trial, watch), *([alongside] if alongside else [])]
    try:
        await trial.start()
        engine = await servers.engine(trial.programs["postgresql"].port or 0)
        skipped = {fault.name: trial.no_disk for fault in catalogue if fault.needs_disk and not trial.disk}
        happened = await _live(trial, plan(catalogue, seed, seconds, busy), seconds, looking, tell)
        await _finish(trial, tell)
        judged = await verdict.reach(trial)
    finally:
        await trial.close()
    judged.complaints += [*watch.complaints(), *_bad_ends(trial), *_log_complaints(trial)]
    return Outcome(seed, engine, happened, judged, watch, skipped, folder)


async def _live(
    trial: Trial, lanes: Mapping[Lane, Sequence[Event]], seconds: float, looking: Sequence[Alongside], tell: Tell
) -> list[Happened]:
    """Let the lanes' faults happen at their moments; one that is late follows at once."""
    happened: list[Happened] = []
    began = time.monotonic()
    lookers = [asyncio.create_task(look(trial)) for look in looking]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(seconds))
            for events in lanes.values():
                due = [event for event in events if trial.disk or not event.fault.needs_disk]
                group.create_task(_lane(trial, due, _Course(began, seconds, happened, tell)))
    finally:
        for looker in lookers:
            looker.cancel()
            with suppress(asyncio.CancelledError):
                await looker
    return happened


async def _lane(trial: Trial, events: Sequence[Event], course: _Course) -> None:
    for event in events:
        if event.is_extra and course.passed_s() > course.seconds:
            continue
        await asyncio.sleep(event.at_s - course.passed_s())
        since, before = datetime.now(UTC), _struck(trial, event.fault)
        course.tell(f"{course.passed_s():6.1f} s  {event.fault.name}")
        try:
            await event.fault.deed(trial, event.dice())
        except Exception as error:
            error.add_note(f"during the fault {event.fault.name!r}")
            raise
        course.happened.append(Happened(event.fault, since, datetime.now(UTC), _struck(trial, event.fault) != before))


def _struck(trial: Trial, fault: Fault) -> float:
    return trial.links[fault.link].struck if fault.link else time.monotonic()


async def _look(trial: Trial, watch: Watch) -> None:
    while True:
        for name in watch.limits:
            if pid := trial.programs[name].pid:
                watch.look(name, pid)
        await asyncio.sleep(_LOOK_EVERY_S)


async def _finish(trial: Trial, tell: Tell) -> None:
    """End every fault, see that readings are served again, take the devices away, drain, stop the edge."""
    trial.devices.clear()
    for link in trial.links.values():
        link.end()
    tell("the faults are over")
    await _require_fresh(trial)
    trial.devices.take_away()
    tell(f"the devices are off; {trial.spooled()} readings wait in the spool")
    try:
        async with asyncio.timeout(_DRAIN_S):
            while trial.spooled():  # noqa: ASYNC110 - another process brings it about
                await asyncio.sleep(0.2)
    except TimeoutError:
        trial.complaints.append(f"{trial.spooled()} readings still wait after {_DRAIN_S:.0f} s")
    await trial.edge.stop()
    if (refused := trial.quarantined()) != 0:
        trial.complaints.append(f"{refused} readings are in quarantine")


async def _require_fresh(trial: Trial) -> None:
    deadline = time.monotonic() + _FRESH_WITHIN_S
    async with trial.reader() as client:
        for device in (DEVICE_ID, P1_DEVICE_ID):
            while not await _is_fresh(client, device):
                if time.monotonic() > deadline:
                    trial.complaints.append(f"/v1/realtime of {device} is not fresh {_FRESH_WITHIN_S:.0f} s after all")
                    break
                await asyncio.sleep(0.2)


async def _is_fresh(client: httpx.AsyncClient, device: str) -> bool:
    try:
        answer = await client.get("/v1/realtime", params={"device_id": device})
        at = datetime.fromisoformat(answer.json()["ts"])
    except (httpx.TransportError, ValueError, KeyError):
        return False
    return datetime.now(UTC) - at < timedelta(seconds=_AGE_S)


def _bad_ends(trial: Trial) -> list[str]:
    return [end for program in trial.programs.values() for end in program.bad_ends]


def _log_complaints(trial: Trial) -> list[str]:
    return [
        f'{program.log_file.name} has "{sign}"'
        for program in trial.programs.values()
        for sign in _SIGNS
        if program.log_file.exists() and sign in program.log_file.read_text(errors="replace")
    ]

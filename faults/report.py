"""What a trial found, as a table for people and as JSON for machines."""

import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from faults.run import Happened, Outcome
from sungaze_sim.judge import summaries
from sungaze_sim.machine import machine

NONE = "(between faults)"


@dataclass(slots=True)
class Line:
    """A fault's line of the table."""

    times: int = 0
    missed: int = 0
    """How often it met nobody; not among the times."""
    readings: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    in_hand: int = 0
    destroyed: int = 0
    """By a broken spool file."""


def environment() -> str:
    """Name the machine and the Python."""
    return f"{machine()}, Python {platform.python_version()}"


def table(outcome: Outcome) -> dict[str, Line]:
    """Count for each fault what happened while it did; a reading counts for every fault that held at its time."""
    lines: dict[str, Line] = {NONE: Line()}
    for each in outcome.happened:
        line = lines.setdefault(each.fault.name, Line())
        line.times += each.met
        line.missed += not each.met
    found = outcome.verdict
    for device, judged in found.devices.items():
        moments = {
            "readings": [reading.first_request_at for reading in found.readings[device]],
            "lost": [reading.first_request_at for reading in judged.lost],
            "in_hand": [reading.first_request_at for reading in judged.in_hand],
            "doubled": [row.ts for row in judged.doubled],
            "wrong": [datetime.fromisoformat(text.split(" ", 1)[0]) for text in judged.wrong],
            "destroyed": [lost.broken_at for lost in found.destroyed[device]],
        }
        for column, times in moments.items():
            for moment in times:
                for name in _names_at(outcome.happened, moment):
                    setattr(lines[name], column, getattr(lines[name], column) + 1)
    return dict(sorted(lines.items()))


def _names_at(happened: Iterable[Happened], moment: datetime) -> set[str]:
    return {each.fault.name for each in happened if each.began <= moment <= each.ended} or {NONE}


def merged(tables: Iterable[Mapping[str, Line]]) -> dict[str, Line]:
    """Add up the tables of several trials."""
    total: dict[str, Line] = {}
    for lines in tables:
        for name, line in lines.items():
            so_far = total.setdefault(name, Line())
            for column, count in asdict(line).items():
                setattr(so_far, column, getattr(so_far, column) + count)
    return dict(sorted(total.items()))


def markdown(lines: Mapping[str, Line]) -> str:
    """Render the table."""
    head = (
        "| fault | times | missed | readings meanwhile | lost | doubled | wrong | in hand | destroyed with the file |"
    )
    rows = [f"| {name} | {' | '.join(str(count) for count in asdict(line).values())} |" for name, line in lines.items()]
    return "\n".join([head, "| --- |" + " ---: |" * 8, *rows])


def summary(outcome: Outcome) -> dict[str, Any]:
    """Count a whole trial."""
    return {
        "seed": outcome.seed,
        "engine": outcome.engine,
        "faultless": outcome.verdict.faultless,
        "faults": len(outcome.happened),
        **summaries(outcome.verdict.devices),
        "at_stake": outcome.verdict.at_stake,
        "destroyed": sum(map(len, outcome.verdict.destroyed.values())),
        "complaints": outcome.verdict.complaints,
        "peak_mb": {name: round(outcome.watch.peak_mb(name), 1) for name in outcome.watch.limits},
        "skipped": dict(outcome.skipped),
    }


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Give everything for a machine to read."""
    lines = merged(map(table, outcomes))
    return {
        "machine": environment(),
        "trials": [summary(outcome) for outcome in outcomes],
        "faults": {name: asdict(line) for name, line in lines.items()},
    }


def tell(line: str) -> None:
    """Show what happens now: on one line of a terminal, or line by line."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{line}", end="", flush=True)
    else:
        print(line, flush=True)


def complaints(outcome: Outcome) -> list[str]:
    """Say what went wrong in a trial."""
    found = list(outcome.verdict.complaints)
    for device, judged in outcome.verdict.devices.items():
        found += [f"{device}: lost {reading.first_request_at.isoformat()}" for reading in judged.lost[:5]]
        found += [f"{device}: nobody handed out the row of {row.ts.isoformat()}" for row in judged.doubled[:5]]
        found += [f"{device}: {text}" for text in judged.wrong[:5]]
    return found

"""A fault as the catalogue has it, and how it finds its place in a schedule."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from faults.trial import Trial

type Deed = Callable[[Trial, Random], Awaitable[None]]


class Lane(StrEnum):
    """Whom a fault concerns. Faults of one lane come one after the other; those of several lanes meet."""

    DEVICES = "devices"
    EDGE = "edge"
    WAY = "way"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong for a while; `deed` does it and sees to its end."""

    name: str
    lane: Lane
    deed: Deed
    lasts_s: float = 1.5
    """About; the schedule plans with it."""
    needs_disk: bool = False
    """It can only be done to a disk of its own."""
    once: bool = False
    """It costs readings of other faults, and happens once in a trial."""
    link: str = ""
    """The way on which it waits for somebody to meet."""


def between(dice: Random, shortest_s: float, longest_s: float) -> float:
    """Draw a duration."""
    return round(dice.uniform(shortest_s, longest_s), 3)

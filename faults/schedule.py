"""Which fault comes when: decided before anything starts, by the seed alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from faults.fault import Fault, Lane

_CALM_S = 2.0
"""At the beginning, so that there is something to disturb."""
BUSY = 0.7
"""How much of a lane's time faults may fill; the rest is for things to get well."""


@dataclass(frozen=True, slots=True)
class Event:
    """A fault at a moment, with dice of its own for its parameters."""

    at_s: float
    fault: Fault
    dice_seed: str
    is_extra: bool
    """It happens only while there is time; the first of its kind always does."""

    def dice(self) -> Random:
        """Give the dice; always the same numbers."""
        return Random(self.dice_seed)


def plan(catalogue: Sequence[Fault], seed: int, seconds: float, busy: float = BUSY) -> dict[Lane, list[Event]]:
    """Place every fault once, shuffled, then more of them by chance until a lane is `busy` for this share of its time.

    A lane whose faults take longer than `seconds` altogether gets as long as they take.
    """
    lanes = {lane: [fault for fault in catalogue if fault.lane is lane] for lane in Lane}
    return {lane: _lane(faults, f"{seed}/{lane}", seconds, busy) for lane, faults in lanes.items() if faults}


def _lane(faults: Sequence[Fault], seed: str, seconds: float, busy: float) -> list[Event]:
    dice = Random(seed)
    chosen = dice.sample(list(faults), len(faults))
    busy_s = sum(fault.lasts_s for fault in chosen)
    again = [fault for fault in faults if not fault.once]
    while again and busy_s + (extra := dice.choice(again)).lasts_s <= busy * (seconds - _CALM_S):
        chosen.append(extra)
        busy_s += extra.lasts_s
    rest_s = max(seconds - _CALM_S - busy_s, 0.0)
    pauses = sorted(dice.uniform(0, rest_s) for _ in chosen)
    events, used_s = [], _CALM_S
    for number, (fault, pause_s) in enumerate(zip(chosen, pauses, strict=True)):
        events.append(Event(round(used_s + pause_s, 3), fault, f"{seed}/{number}/{fault.name}", number >= len(faults)))
        used_s += fault.lasts_s
    return events

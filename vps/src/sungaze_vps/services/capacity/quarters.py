"""From where the import register stood around each quarter of an hour to what was drawn in it; pure arithmetic.

Energies are whole mWh (millionths of a kWh), times milliseconds since 1970. The register counts whole Wh and never
falls, so two readings bound the energy of what lies between them; that makes a quarter known where readings stand close
to both of its ends, and bounded where they stand further off.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, overload

import msgspec

QUARTER_MS = 900_000
WH = 1000
"""The resolution of the register, in mWh."""
EXACT_WITHIN = 4 * WH
_BRACKET_MS = QUARTER_MS
MWH_PER_W = 250
"""Energy of a quarter of an hour at one watt."""
_MOST_W = 200_000
"""More than any low-voltage connection gives: a register that rises faster is another register."""


class Row(NamedTuple):
    """What is kept of the readings of one meter in one quarter."""

    quarter: int
    """When it begins."""
    meter: str
    first_at: int
    first: int
    last_at: int
    last: int
    fell: bool
    """Whether the register fell between the first reading and the last."""
    clocks: int
    peak_at: int | None
    peak_w: float | None


type Stand = tuple[int, str, int, int, int, int, bool, int, int | None, float | None]
"""A `Row` as a plain tuple: a month has three thousand, and the garbage collector lets these alone."""


class Quarter(msgspec.Struct, frozen=True, gc=False):
    """What was drawn in a quarter that readings stand on both sides of."""

    start: int
    energy: int
    lower: int
    upper: int
    exact: bool
    """The readings around its ends leave 4 Wh open at most."""


type Edge = tuple[int, int, int]
"""What the register said in the reading before a time, at that time, and in the reading after it."""


def measure(rows: Sequence[Stand]) -> list[Quarter]:
    """Give the quarters that are known, from rows in order of time.

    A quarter is known when, at each of its ends, a reading lies on the end or two readings at most 15 minutes apart
    lie around it, and nothing broke the register's rise from the first of these readings to the last.
    """
    found = []
    start: Edge | None = None
    for row, following in pairwise(rows):
        quarter, meter, first_at, first, last_at, last, fell, _, _, _ = row
        next_quarter, next_meter, next_at, rising, _, _, _, _, _, _ = following
        if start is None and first_at == quarter:
            start = first, first, first
        end: Edge | None = None
        if next_quarter == quarter + QUARTER_MS and meter == next_meter:
            end = _edge(next_quarter, last_at, last, next_at, rising)
        if start and end and not fell and is_plausible(last - first, last_at - first_at):
            least, most = end[0] - start[2], end[2] - start[0]
            lower = least - WH if least > WH else 0
            found.append(Quarter(quarter, end[1] - start[1], lower, most + WH, most - least <= EXACT_WITHIN))
        start = end
    return found


def is_whole(row: Row) -> bool:
    """Say whether one register rose plausibly from the first reading of a row to its last."""
    return not row.fell and is_plausible(row.last - row.first, row.last_at - row.first_at)


def is_joined(row: Row, following: Row) -> bool:
    """Say whether one register rose plausibly from the last reading of a row to the first of the next."""
    return row.meter == following.meter and is_plausible(following.first - row.last, following.first_at - row.last_at)


def is_plausible(rise: int, duration_ms: int) -> bool:
    """Say whether one register can have risen so far in so long."""
    return 0 <= rise <= _MOST_W * duration_ms // 3600 + 2 * WH


@overload
def power_w(energy: int) -> float: ...
@overload
def power_w(energy: int | None) -> float | None: ...
def power_w(energy: int | None) -> float | None:
    """Give the mean power of a quarter in which an energy in mWh was drawn."""
    return None if energy is None else energy / MWH_PER_W


def interpolate(at: int, before_at: int, before: int, after_at: int, after: int) -> int:
    """Give the register at a time between two readings, as if it had risen evenly from one to the other."""
    return before + (after - before) * (at - before_at) // (after_at - before_at) if after_at > before_at else before


def is_bracketed(before_at: int, after_at: int) -> bool:
    """Say whether two readings are close enough to tell what the register said between them."""
    return after_at - before_at <= _BRACKET_MS


def _edge(at: int, before_at: int, before: int, after_at: int, after: int) -> Edge | None:
    """Give what is known at a time of a register that was read before it, and at it or after it."""
    rise, apart = after - before, after_at - before_at
    if not is_plausible(rise, apart):
        return None
    if after_at == at:
        return after, after, after
    if not is_bracketed(before_at, after_at):
        return None
    return before, interpolate(at, before_at, before, after_at, after), after

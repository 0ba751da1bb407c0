"""From where the import register stood around each quarter of an hour to what was drawn in it; pure arithmetic.

Energies are whole mWh (millionths of a kWh), times milliseconds since 1970. The register counts whole Wh and never
falls, so two readings bound the energy of what lies between them; that makes a quarter known where readings stand close
to both of its ends, and bounded where they stand further off.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, overload

QUARTER_MS = 900_000
WH = 1000
"""The resolution of the register, in mWh."""
EXACT_WITHIN = 4 * WH
_BRACKET_MS = QUARTER_MS
_MWH_PER_W = 250
_MOST_W = 200_000
"""More than any low-voltage connection gives: a register that rises faster is another register."""


class Row(NamedTuple):
    """The readings of one meter in one quarter: the first, the last, and whether it fell between them."""

    meter: str
    quarter: int
    first_at: int
    first: int
    last_at: int
    last: int
    fell: bool


class Quarter(NamedTuple):
    """What was drawn in a quarter that readings stand on both sides of."""

    start: int
    energy: int
    lower: int
    upper: int
    exact: bool
    """The readings around its ends leave 4 Wh open at most."""


class Edge(NamedTuple):
    """What the register said at the edge of a quarter, and in the readings just before and after it."""

    before: int
    value: int
    after: int


def measure(rows: Sequence[Row]) -> Iterator[Quarter]:
    """Give the quarters that are known, from rows in order of time.

    A quarter is known when, at each of its ends, a reading lies on the end or two readings at most 15 minutes apart
    lie around it, and nothing broke the register's rise from the first of these readings to the last.
    """
    start = None
    for row, following in pairwise([None, *rows, None]):
        end = _edge_between(row, following) if row and following else None
        if row and start and end and is_whole(row):
            yield _quarter(row.quarter, start, end)
        start = end or (_edge_on_first(following) if following else None)


def is_whole(row: Row) -> bool:
    """Say whether one register rose plausibly from the first reading of a row to its last."""
    return not row.fell and row.last - row.first <= _most(row.last_at - row.first_at)


def is_joined(row: Row, following: Row) -> bool:
    """Say whether one register rose plausibly from the last reading of a row to the first of the next."""
    rise = following.first - row.last
    return row.meter == following.meter and 0 <= rise <= _most(following.first_at - row.last_at)


@overload
def power_w(energy: int) -> float: ...
@overload
def power_w(energy: int | None) -> float | None: ...
def power_w(energy: int | None) -> float | None:
    """Give the mean power of a quarter in which an energy in mWh was drawn."""
    return None if energy is None else energy / _MWH_PER_W


def interpolate(at: int, before_at: int, before: int, after_at: int, after: int) -> int:
    """Give the register at a time between two readings, as if it had risen evenly from one to the other."""
    return before + (after - before) * (at - before_at) // (after_at - before_at) if after_at > before_at else before


def is_bracketed(before_at: int, after_at: int) -> bool:
    """Say whether two readings are close enough to tell what the register said between them."""
    return after_at - before_at <= _BRACKET_MS


def _edge_between(row: Row, following: Row) -> Edge | None:
    at = row.quarter + QUARTER_MS
    if following.quarter != at or not is_joined(row, following):
        return None
    if following.first_at == at:
        return _edge_on_first(following)
    if not is_bracketed(row.last_at, following.first_at):
        return None
    value = interpolate(at, row.last_at, row.last, following.first_at, following.first)
    return Edge(row.last, value, following.first)


def _edge_on_first(row: Row) -> Edge | None:
    return Edge(row.first, row.first, row.first) if row.first_at == row.quarter else None


def _quarter(start_ms: int, start: Edge, end: Edge) -> Quarter:
    least, most = end.before - start.after, end.after - start.before
    return Quarter(start_ms, end.value - start.value, max(0, least - WH), most + WH, most - least <= EXACT_WITHIN)


def _most(duration_ms: int) -> int:
    return _MOST_W * duration_ms // 3600 + 2 * WH

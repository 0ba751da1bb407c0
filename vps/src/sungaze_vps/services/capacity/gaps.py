"""What can be said of quarters of an hour that are not known: never a value, only what bounds them."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from sungaze_vps.services.capacity.quarters import (
    QUARTER_MS,
    WH,
    Edge,
    Row,
    Stand,
    interpolate,
    is_bracketed,
    is_joined,
    is_whole,
)


class Gap(NamedTuple):
    """Neighbouring quarters of which none is known; energies in mWh."""

    start: int
    end: int
    energy: int | None
    """What was drawn in all of them; None where readings do not enclose them closely."""
    highest_at_least: int
    """The highest of them drew so much at least."""
    each_at_most: int | None
    """None where nothing bounds one of them."""

    @property
    def quarters(self) -> int:
        """How many there are."""
        return (self.end - self.start) // QUARTER_MS


class Readings:
    """The first and last readings of rows, with the register they are of: another number after each break."""

    def __init__(self, rows: Sequence[Stand]) -> None:
        """Take rows in order of time."""
        self._at: list[int] = []
        self._value: list[int] = []
        self._register: list[int] = []
        register = 0
        for row, following in pairwise([*map(Row._make, rows), None]):
            if row is None:
                continue
            self._add(row.first_at, row.first, register)
            register += not is_whole(row)
            if (row.last_at, row.last) != (row.first_at, row.first):
                self._add(row.last_at, row.last, register)
            register += following is not None and not is_joined(row, following)

    def _add(self, at: int, value: int, register: int) -> None:
        self._at.append(at)
        self._value.append(value)
        self._register.append(register)

    def edge(self, at: int) -> Edge | None:
        """Give what is known of the register at a time, from readings at most 15 minutes apart."""
        before, after = self._around(at)
        if before < 0 or after >= len(self._at) or self._register[before] != self._register[after]:
            return None
        if not is_bracketed(self._at[before], self._at[after]):
            return None
        left, right = self._value[before], self._value[after]
        return left, interpolate(at, self._at[before], left, self._at[after], right), right

    def bounds(self, start: int, end: int) -> tuple[int, int | None]:
        """Give the least and the most energy that can have been drawn between two times; None without a limit."""
        (before, first), (last, after) = self._around(start), self._around(end)
        register = self._register
        inside = first <= last and register[first] == register[last]
        least = max(0, self._value[last] - self._value[first] - WH) if inside else 0
        if before < 0 or after >= len(register) or register[before] != register[after]:
            return least, None
        return least, self._value[after] - self._value[before] + WH

    def energy(self, start: int, end: int) -> int | None:
        """Give what was drawn between two times at which one register is known."""
        opening, closing = self.edge(start), self.edge(end)
        if opening is None or closing is None or self.bounds(start, end)[1] is None:
            return None
        return closing[1] - opening[1]

    def highest_at_least(self, start: int, end: int) -> int:
        """Give what the highest quarter between two times drew at least: no less than the mean of a stretch."""
        found = self.bounds(start, end)[0] * QUARTER_MS // (end - start)
        for number in range(bisect_left(self._at, start), bisect_right(self._at, end) - 1):
            first, last = self._at[number], self._at[number + 1]
            touched = -(-last // QUARTER_MS) - first // QUARTER_MS
            if self._register[number] == self._register[number + 1] and touched:
                found = max(found, (self._value[number + 1] - self._value[number] - WH) // touched)
        return found

    def _around(self, at: int) -> tuple[int, int]:
        """Give the numbers of the last reading at or before a time and of the first at or after it."""
        before, after = bisect_left(self._at, at), bisect_right(self._at, at)
        return (before, after - 1) if before < after else (before - 1, after)


def find_gaps(readings: Readings, start: int, end: int, known: Collection[int]) -> Iterator[Gap]:
    """Give the stretches of unknown quarters between two times, divided where the register is known.

    Args:
        readings: those around the time.
        start: of a quarter.
        end: of a quarter.
        known: where the quarters begin that are known.
    """
    begin = None
    for quarter in range(start, end, QUARTER_MS):
        if begin is not None and (quarter in known or readings.edge(quarter) is not None):
            yield _gap(readings, begin, quarter)
            begin = None
        if begin is None and quarter not in known:
            begin = quarter
    if begin is not None:
        yield _gap(readings, begin, end)


def _gap(readings: Readings, start: int, end: int) -> Gap:
    bounds = [readings.bounds(quarter, quarter + QUARTER_MS) for quarter in range(start, end, QUARTER_MS)]
    limits = [most for _, most in bounds if most is not None]
    highest_at_least = max(readings.highest_at_least(start, end), *(least for least, _ in bounds))
    each_at_most = max(limits) if len(limits) == len(bounds) else None
    return Gap(start, end, readings.energy(start, end), highest_at_least, each_at_most)

"""Finds where there may be a gap from which half minutes have readings; arithmetic and nothing else.

Half minutes ("cells") are numbered from 1970 on. Let a and b be successive readings. Every cell between theirs is
empty, and theirs are not: so between them lies exactly one run of empty cells, as long as it can be, or none. With n
cells in it they are more than n x 30 s and less than (n + 2) x 30 s apart. Two readings that are a minute or more apart
have at least one empty cell between them. So each gap of a minute or more is one of these runs, however often the
device is read; and only runs of which (n + 2) x 30 s is more than the gap asked for have to be looked at.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from sungaze_vps.db.heard import CELL_S, CELLS

type HeardQuarter = tuple[int, int | None, int]
"""First cell of a quarter, that of the quarter heard before it if there is one, and the bits of its cells."""
_NEAR = 60
"""Cells: to look through half an hour of readings takes no longer than to ask once more."""

type Range = tuple[int, int]
"""First cell, and the one behind the last."""


class Silence(NamedTuple):
    """A run of empty cells between readings."""

    begins: int
    """Its first cell; there is a reading in the one before."""
    ends: int
    """The cell of the next reading."""

    @property
    def least_s(self) -> int:
        """The readings beside it are further apart than this, by less than two cells."""
        return (self.ends - self.begins) * CELL_S

    @property
    def looked_at(self) -> Range:
        """The run, and the cells beside it."""
        return self.begins - 1, self.ends + 1


def find_silences(heard: Iterable[HeardQuarter], least_s: float) -> Iterator[Silence]:
    """Give each run of empty cells whose readings may be so far apart, between the first reading and the last.

    Args:
        heard: quarters in order of time; full ones may be left out if the ones before them were heard, too.
        least_s: a minute or more.
    """
    fewest = int(least_s) // CELL_S - 1  # with one less they are less far apart
    upto: int | None = None
    known: int | None = None
    for quarter, before, cells in heard:
        if before is not None and before != known:
            upto = before + CELLS  # it was left out, being full
        begins, silences, ends = _shape(cells, fewest)
        if upto is not None and quarter + begins - upto >= fewest:
            yield Silence(upto, quarter + begins)
        for silence_begins, silence_ends in silences:
            yield Silence(quarter + silence_begins, quarter + silence_ends)
        upto = quarter + ends
        known = quarter


def last_cell(quarter: HeardQuarter) -> int:
    """Give the last cell of a quarter that has a reading."""
    return quarter[0] + quarter[2].bit_length() - 1


@lru_cache(4096)
def _shape(cells: int, fewest: int) -> tuple[int, list[Range], int]:
    """Give the first cell of a quarter with a reading, the runs of `fewest` empty ones or more, and the end."""
    heard = [number for number in range(CELLS) if cells >> number & 1]
    silences = [(left + 1, right) for left, right in pairwise(heard) if right - left > fewest]
    return heard[0], silences, heard[-1] + 1


def together(silences: Iterable[Silence]) -> list[Range]:
    """Give what has to be looked at for silences in order of time, nothing of it twice."""
    ranges: list[Range] = []
    for silence in silences:
        begins, ends = silence.looked_at
        if ranges and begins < ranges[-1][1] + _NEAR:
            ranges[-1] = (ranges[-1][0], ends)
        else:
            ranges.append((begins, ends))
    return ranges

"""Divides time among what is materialised for a device and what has to be computed from its readings.

Times are whole seconds since 1970: a year of quarters is divided in a moment, and so is a reader's wait.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RAW = -1
"""Instead of the position of a level: the readings themselves."""
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a device's rollups go."""

    lengths: Sequence[int]
    """Lengths of the buckets of each level, the longest first; each is a multiple of the next."""
    ends: Sequence[int]
    """Where the last bucket of each level ends."""
    late: Sequence[int]
    """UTC days that have readings which are not in the rollups yet, ascending."""

    def divide(self, start: int, end: int, longest: int = 0) -> Iterator[tuple[int, int, int]]:
        """Cover [start, end), on quarters of an hour, with the fewest and longest buckets there are.

        Args:
            start: in seconds.
            end: in seconds.
            longest: position of the level of the longest buckets that may be used.

        Yields:
            `(level, start, end)`: position among the lengths, or `RAW`; one or more whole buckets of that length.
        """
        while start < end:
            level, upto = self._next(start, end, longest)
            yield level, start, upto
            start = upto

    def _next(self, start: int, end: int, longest: int) -> tuple[int, int]:
        position = bisect_left(self.late, start - start % _DAY)
        late = self.late[position] if position < len(self.late) else end
        if late <= start:
            return RAW, min(end, late + _DAY)
        limit = min(end, late)
        for level in range(longest, len(self.lengths)):
            length = self.lengths[level]
            last = min(limit, self.ends[level])
            upto = last - last % length
            if start % length == 0 and start < upto:
                return level, self._until_longer(level, start, upto, limit, longest)
        return RAW, limit

    def _until_longer(self, level: int, start: int, upto: int, limit: int, longest: int) -> int:
        """End before `upto` where a whole bucket of a longer level begins."""
        for longer in range(level - 1, longest - 1, -1):
            length = self.lengths[longer]
            begins = -(-start // length) * length
            if begins + length <= min(limit, self.ends[longer]):
                return min(upto, begins)
        return upto

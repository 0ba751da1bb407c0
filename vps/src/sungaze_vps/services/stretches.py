"""Divides time among what is materialised for a device and what has to be computed from its readings."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sungaze_vps.db.models import MILLISECOND
from sungaze_vps.services.rollups import DAY, floor

RAW = -1
"""Instead of the position of a level: the readings themselves."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a bucket that comes from one place."""

    level: int
    """Position among the lengths, or `RAW`."""
    start: datetime
    end: datetime
    bucket: int
    """Number of the bucket it belongs to."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a device's rollups go."""

    lengths: Sequence[timedelta]
    """Lengths of the buckets of each level, the longest first; each is a multiple of the next."""
    ends: Sequence[datetime]
    """Where the last bucket of each level ends."""
    late: Sequence[datetime]
    """UTC days that have readings which are not in the rollups yet, ascending."""

    def divide(self, start: datetime, end: datetime, bucket: int) -> Iterator[Stretch]:
        """Cover [start, end), on quarters of an hour, with the fewest and longest buckets there are."""
        while start < end:
            level, upto = self._next(start, end)
            yield Stretch(level, start, upto, bucket)
            start = upto

    def _next(self, start: datetime, end: datetime) -> tuple[int, datetime]:
        position = bisect_left(self.late, floor(start, DAY))
        late = self.late[position] if position < len(self.late) else None
        if late is not None and late <= start:
            return RAW, min(end, late + DAY)
        limit = end if late is None else min(end, late)
        for level, length in enumerate(self.lengths):
            upto = floor(min(limit, self.ends[level]), length)
            if floor(start, length) == start and start < upto:
                return level, self._until_longer(level, start, upto, limit)
        return RAW, limit

    def _until_longer(self, level: int, start: datetime, upto: datetime, limit: datetime) -> datetime:
        """End before `upto` where a whole bucket of a longer level begins."""
        for longer in range(level - 1, -1, -1):
            length = self.lengths[longer]
            begins = floor(start - MILLISECOND, length) + length
            if begins + length <= min(limit, self.ends[longer]):
                return min(upto, begins)
        return upto

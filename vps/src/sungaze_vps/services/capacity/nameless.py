"""Readings that do not name their meter: a serial that could not be read for a while is not another meter."""

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate, groupby
from operator import itemgetter

from sungaze_vps.services.capacity.quarters import Row, Stand, is_plausible


def name_meters(rows: Sequence[Stand]) -> list[Stand]:
    """Give readings without a name that of the meter around them.

    Those that stand between two meters are left out: nothing tells when the one was swapped for the other.

    Args:
        rows: in order of time.
    """
    if all(row[1] for row in rows) or not any(row[1] for row in rows):
        return list(rows)
    before = accumulate((row[1] for row in rows), _latest)
    after = [*accumulate((row[1] for row in reversed(rows)), _latest)][::-1]
    named: list[Stand] = []
    for row, *around in zip(rows, before, after, strict=True):
        names = {row[1]} if row[1] else {name for name in around if name}
        if len(names) == 1:
            named.append((row[0], names.pop(), *row[2:]))
    return [reduce(_together, of_one_meter) for _, of_one_meter in groupby(named, key=itemgetter(0, 1))]


def _latest(known: str, name: str) -> str:
    return name or known


def _together(one: Stand, other: Stand) -> Stand:
    """Put two rows of a meter and a quarter together, the first in order of time."""
    first, second = Row._make(one), Row._make(other)
    last_at, last = max((first.last_at, first.last), (second.last_at, second.last))
    fell = first.fell or second.fell or second.first < first.first or max(first.last, second.last) > last
    if first.last_at < second.first_at:
        fell = fell or not is_plausible(second.first - first.last, second.first_at - first.last_at)
    peak = max((first.peak_at or 0, first.peak_w), (second.peak_at or 0, second.peak_w), key=itemgetter(0))
    clocks = first.clocks | second.clocks
    quarter = first.quarter, first.meter, first.first_at, first.first
    return *quarter, last_at, last, fell, clocks, peak[0] or None, peak[1]

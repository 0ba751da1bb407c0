"""What half minutes tell of gaps, whatever the intervals of the readings are."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sungaze_vps.db.heard import CELLS, FULL
from sungaze_vps.services.silences import find_silences, last_cell, together

MS = 1000
lengths = st.one_of(
    st.integers(1, 200),
    st.integers(1, 120 * MS),
    st.integers(1, 120).map(lambda seconds: seconds * MS),
    st.integers(1, 5000 * MS),
    st.integers(1, 100).map(lambda cells: cells * 30 * MS + 1),
    st.integers(1, 100).map(lambda cells: cells * 30 * MS - 1),
)


def most_s(silence):
    return silence.least_s + 60


def heard(times_ms, *, thinned):
    """Give what the database would, with or without the full quarters in the middle."""
    quarters = {}
    for ts in times_ms:
        cell = ts // (30 * MS)
        quarters[cell // CELLS * CELLS] = quarters.get(cell // CELLS * CELLS, 0) | 1 << cell % CELLS
    numbers = sorted(quarters)
    befores = [None, *numbers]
    rows = [(number, before, quarters[number]) for before, number in zip(befores, numbers, strict=False)]
    if not thinned:
        return rows
    return [row for row in rows if row[2] != FULL or row[1] != row[0] - CELLS or row is rows[-1]]


@given(st.integers(0, 2000 * MS), st.lists(lengths, max_size=60), st.integers(60, 7200), st.booleans())
def test_each_gap_of_a_minute_or_more_is_a_silence_and_its_readings_lie_in_the_cells_beside(
    start, apart, least_s, thinned
):
    times = [start]
    for length in apart:
        times.append(times[-1] + length)
    rows = heard(times, thinned=thinned)
    silences = list(find_silences(rows, 60))
    assert last_cell(rows[-1]) == times[-1] // (30 * MS)
    candidates = [silence for silence in silences if most_s(silence) > least_s]
    assert list(find_silences(rows, least_s)) == candidates
    expected = {pair for pair in pairwise(times) if pair[1] - pair[0] >= least_s * MS}
    looked_at = together(candidates)
    assert all(left[1] <= right[0] for left, right in pairwise(looked_at)), "nothing is looked at twice"
    found = set()
    for begins, ends in looked_at:
        inside = [ts for ts in times if begins <= ts // (30 * MS) < ends]
        found |= {pair for pair in pairwise(inside) if pair[1] - pair[0] >= least_s * MS}
    assert found == expected
    for silence in silences:
        before = max(ts for ts in times if ts < silence.begins * 30 * MS)
        after = min(ts for ts in times if ts >= silence.ends * 30 * MS)
        assert silence.least_s * MS < after - before < most_s(silence) * MS


@given(st.lists(st.integers(1, 29 * MS), min_size=200, max_size=300))
def test_where_readings_are_close_there_is_nothing_to_look_at(apart):
    times = [0]
    for length in apart:
        times.append(times[-1] + length)
    assert list(find_silences(heard(times, thinned=True), 60)) == []

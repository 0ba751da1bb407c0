"""Whatever is materialised and whatever is late: time is divided without gap or overlap, and nothing stale is read."""

from hypothesis import given
from hypothesis import strategies as st

from sungaze_vps.services.stretches import RAW, Reach

LENGTHS = (86_400, 3_600, 900)
DAY, _, QUARTER = LENGTHS
BEGIN = 20_500 * DAY


def multiples(length, days):
    return st.integers(0, days * DAY // length).map(lambda number: BEGIN + number * length)


@st.composite
def reaches(draw):
    """Shorter buckets reach as far as longer ones, and mostly further: those are made from them."""
    end, ends = draw(st.just(0) | multiples(DAY, 9)), []
    for length in LENGTHS:
        end += draw(st.integers(0, 30)) * length if end else 0
        ends.append(end)
    return Reach(LENGTHS, ends, sorted(draw(st.sets(multiples(DAY, 9), max_size=5))))


windows = st.tuples(multiples(QUARTER, 10), multiples(QUARTER, 10)).map(sorted)
longest = st.integers(0, len(LENGTHS) - 1)


@given(reach=reaches(), window=windows, longest=longest)
def test_time_is_covered_once_by_whole_buckets_that_hold_what_is_known(reach, window, longest):
    start, end = window
    reached = start
    for level, begins, ends in reach.divide(start, end, longest):
        assert begins == reached < ends <= end
        reached = ends
        if level != RAW:
            assert level >= longest
            assert begins % LENGTHS[level] == ends % LENGTHS[level] == 0
            assert ends <= reach.ends[level]
            assert not any(begins < day + DAY and day < ends for day in reach.late)
    assert reached == end


@given(reach=reaches(), window=windows, longest=longest)
def test_no_bucket_is_put_together_from_shorter_ones_or_readings_while_it_is_there(reach, window, longest):
    start, end = window
    for used, begins, ends in reach.divide(start, end, longest):
        for level in range(longest, len(LENGTHS) if used == RAW else used):
            length = LENGTHS[level]
            first = -(-begins // length) * length
            there = [
                at
                for at in range(first, min(ends, reach.ends[level]) - length + 1, length)
                if not any(at < day + DAY and day < at + length for day in reach.late)
            ]
            assert there == [], (used, level)


def test_a_day_and_a_half_of_which_the_first_is_late_is_read_as_such():
    reach = Reach(LENGTHS, (BEGIN + DAY, BEGIN + DAY + 5 * 3_600, BEGIN + DAY + 5 * 3_600 + 2 * QUARTER), [BEGIN])
    now = BEGIN + DAY + 6 * 3_600
    assert list(reach.divide(BEGIN - QUARTER, now)) == [
        (2, BEGIN - QUARTER, BEGIN),
        (RAW, BEGIN, BEGIN + DAY),
        (1, BEGIN + DAY, BEGIN + DAY + 5 * 3_600),
        (2, BEGIN + DAY + 5 * 3_600, BEGIN + DAY + 5 * 3_600 + 2 * QUARTER),
        (RAW, BEGIN + DAY + 5 * 3_600 + 2 * QUARTER, now),
    ]

"""Local time of Brussels without zone or flag, made UTC."""

# ruff: noqa: DTZ001 - times without a zone are what this is about

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sungaze_edge.sources.homewizard_p1.meter_time import meanings, parse_local, resolve, resolve_past

BRUSSELS = ZoneInfo("Europe/Brussels")
DOUBLED = datetime(2026, 10, 25, 2, 30)
FIRST, SECOND = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@settings(deadline=None)  # a shared machine has slow moments
@given(st.datetimes(datetime(1997, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)))
def test_a_moment_is_among_the_meanings_of_its_local_time_as_the_zone_database_has_it(moment):
    local = moment.astimezone(BRUSSELS)
    found = meanings(local.replace(tzinfo=None, fold=0))
    assert moment in found
    assert len(found) == (2 if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset() else 1)


@settings(deadline=None)  # a shared machine has slow moments
@given(st.integers(1997, 2037), st.integers(0, 3599))
def test_the_hour_that_march_loses_means_nothing(year, second):
    sunday = max(day for day in range(25, 32) if datetime(year, 3, day).isoweekday() == 7)
    assert meanings(datetime(year, 3, sunday, 2) + timedelta(seconds=second)) == []
    assert resolve(datetime(year, 3, sunday, 2, 30), (datetime(year, 3, sunday, 1, 30, tzinfo=UTC),)) is None


@pytest.mark.parametrize(
    ("expected", "meant"),
    [
        ((FIRST,), FIRST),
        ((SECOND,), SECOND),
        ((SECOND + timedelta(minutes=20),), SECOND),
        ((None, FIRST), FIRST),
        ((FIRST + timedelta(minutes=30), SECOND), SECOND),
        ((FIRST + timedelta(minutes=30),), None),
        ((FIRST - timedelta(days=1),), None),
        ((None, None), None),
        ((), None),
    ],
)
def test_a_doubled_hour_is_told_by_the_first_clock_that_is_near_one_of_its_halves(expected, meant):
    assert resolve(DOUBLED, expected) == meant


def test_an_hour_that_occurs_once_needs_no_other_clock():
    assert resolve(datetime(2026, 10, 25, 3), ()) == datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert resolve(datetime(2026, 7, 1, 12), ()) == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_what_has_happened_does_not_lie_after_the_meters_own_time():
    assert resolve_past(DOUBLED, FIRST + timedelta(minutes=5)) == FIRST
    assert resolve_past(DOUBLED, SECOND + timedelta(minutes=5)) == SECOND
    assert resolve_past(DOUBLED, FIRST - timedelta(minutes=5)) is None
    assert resolve_past(DOUBLED, None) is None
    assert resolve_past(datetime(2026, 3, 29, 2, 30), SECOND) is None


@pytest.mark.parametrize(
    ("value", "local"),
    [
        (241106093006, datetime(2024, 11, 6, 9, 30, 6)),
        (241106093006.0, datetime(2024, 11, 6, 9, 30, 6)),
        (90101080010, datetime(2009, 1, 1, 8, 0, 10)),
        ("2024-06-28T14:12:34", datetime(2024, 6, 28, 14, 12, 34)),
        ("2024-06-28T14:12:34+02:00", datetime(2024, 6, 28, 12, 12, 34, tzinfo=UTC)),
    ],
)
def test_both_forms_of_a_time_are_read(value, local):
    assert parse_local(value) == local


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            True,
            "",
            "soon",
            "2024-06-28",
            "2063-25-25T25:25:25",
            "9999-12-31T23:59:59-23:00",
            [],
            {},
            float("nan"),
            float("inf"),
            1e300,
        ),
        *(632525252525, 0, -1, 101000000, 241106093006.5, 2411060930061, 241131093006, "2024-06-31T14:12:34"),
    ],
)
def test_placeholders_and_nonsense_are_no_time(value):
    assert parse_local(value) is None

"""The time of a meter: local time of Brussels without zone or summer flag, made UTC.

Brussels has followed the rule of the European Union since 1996: summer time (UTC+2) from the last Sunday of March,
01:00 UTC, to the last Sunday of October, 01:00 UTC. It stands here in six lines, because a slim system has no zone
files and a zone database is one more thing to keep up to date.

In autumn 02:00 to 02:59 occurs twice, and the text does not tell which. What time it must be by another clock decides.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

_WINTER, _SUMMER = timedelta(hours=1), timedelta(hours=2)
_NEAR = timedelta(minutes=25)  # less than half of what the two meanings of one text are apart
_YEARS = range(2001, 2100)  # 2000 is a clock that was reset
_SHORTEST_ISO = len("2024-06-28T14:12:34")


def parse_local(value: Any) -> datetime | None:
    """Read a time as the meter writes it; None for anything else, placeholders such as 632525252525 included.

    Version 1 of the API has integers or floats (YYMMDDhhmmss, leading zeros lost), version 2 ISO texts without zone.
    """
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value) if len(value) >= _SHORTEST_ISO else None
        elif isinstance(value, int | float) and not isinstance(value, bool) and value == int(value):
            digits = f"{int(value):012d}"
            time = datetime.strptime(f"20{digits}", "%Y%m%d%H%M%S") if len(digits) == 12 else None  # noqa: DTZ007 - it has no zone
        else:
            time = None
    except (ValueError, OverflowError):
        return None
    return time if time is not None and time.year in _YEARS else None


def meanings(local: datetime) -> list[datetime]:
    """Give the moments (UTC) that a local time can be: none in March's lost hour, two in October's doubled one."""
    if local.tzinfo is not None:
        return [local.astimezone(UTC)]
    moments = [(local.replace(tzinfo=UTC) - offset, offset) for offset in (_SUMMER, _WINTER)]
    return [moment for moment, offset in moments if _offset_at(moment) == offset]


def resolve(local: datetime, expected: Iterable[datetime | None]) -> datetime | None:
    """Make a local time UTC.

    Args:
        local: as the meter tells it.
        expected: what time it must be (UTC) by other clocks, the most trusted first; None where one does not know.

    Returns:
        The moment; None if there is no such local time, or if nobody can tell which of two it is.
    """
    moments = meanings(local)
    if len(moments) < 2:
        return moments[0] if moments else None
    for clock in expected:
        near = [moment for moment in moments if clock is not None and abs(moment - clock) <= _NEAR]
        if near:
            return near[0]
    return None


def resolve_past(local: datetime, no_later_than: datetime | None) -> datetime | None:
    """Make the time of something that has happened UTC: of two meanings the last that is not in the future.

    `no_later_than` is the meter's own time (UTC). Of a doubled hour long past this is a guess; where a source watched
    it happen, it keeps what it made of the text then.
    """
    moments = meanings(local)
    if len(moments) < 2:
        return moments[0] if moments else None
    past = [moment for moment in moments if no_later_than is not None and moment <= no_later_than]
    return past[-1] if past else None


def render(moment: datetime | None) -> str | None:
    """Write a moment as the contract wants it: UTC, `Z`."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _offset_at(moment: datetime) -> timedelta:
    is_summer = _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)
    return _SUMMER if is_summer else _WINTER


def _last_sunday(year: int, month: int) -> datetime:
    """01:00 UTC of the last Sunday of a month with 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=last.isoweekday() % 7)

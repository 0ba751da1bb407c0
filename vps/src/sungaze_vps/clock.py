"""What time it is, the only place that asks; and which zones there are."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_PSEUDO_ZONES = {"Factory", "localtime"}
"""Files beside the zones: a placeholder, and whatever this machine is set to."""

type Clock = Callable[[], datetime]


def now() -> datetime:
    """Give the current time, aware, in UTC."""
    return datetime.now(UTC)


def find_zone(name: str) -> ZoneInfo:
    """Find a zone of the IANA database by its exact name.

    Raises:
        ValueError: there is none; the text is the end of the sentence "<parameter> ...".
    """
    if name not in _zone_names():
        raise ValueError("must be a zone of the IANA database, such as Europe/Brussels")
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - _PSEUDO_ZONES)

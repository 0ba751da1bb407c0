"""What a caller asked a series for, turned into local buckets; every mistake is answered, none guessed around."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sungaze_vps.clock import find_zone
from sungaze_vps.errors import ProblemError
from sungaze_vps.services.local_time import LENGTHS, BucketName, edges, midnight

MAX_BUCKETS = 5000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

_MOMENT = "must be a date (2026-03-29) or a time with its offset (2026-03-29T00:00:00+01:00) in the years 2000 to 2199"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time and the local buckets it is divided into."""

    zone: ZoneInfo
    bucket: BucketName
    edges: list[datetime]
    """Where each bucket begins and the last one ends, in UTC."""


def parse_zone(name: str) -> ZoneInfo:
    """Find a zone of the IANA database.

    Raises:
        ProblemError: there is none of that name.
    """
    try:
        return find_zone(name)
    except ValueError as error:
        raise refusal("tz", str(error)) from None


def parse_moment(parameter: str, text: str, zone: ZoneInfo) -> datetime:
    """Read a local date (its midnight) or a time with an offset.

    Raises:
        ProblemError: it is neither, or lies outside the years 2000 to 2199.
    """
    try:
        moment = _moment(text, zone)
    except (ValueError, OverflowError):
        raise refusal(parameter, _MOMENT) from None
    if moment is None or not EARLIEST <= moment < LATEST:
        raise refusal(parameter, _MOMENT)
    return moment


def parse_kind(name: str | None, kinds: Iterable[str]) -> str | None:
    """Let a kind of reading pass that there is, or none.

    Raises:
        ProblemError: there is none of that name.
    """
    if name is not None and name not in kinds:
        raise refusal("kind", f"must be one of {', '.join(kinds)}")
    return name


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return midnight(date.fromisoformat(text), zone)
    # In a query string a + that was not escaped arrives as a space.
    moment = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d$)", "+", text))
    return moment.astimezone(UTC) if moment.tzinfo else None


def make_window(zone: ZoneInfo, bucket: BucketName, start: datetime, end: datetime) -> Window:
    """Divide [start, end) into local buckets, the first and the last of them whole.

    Raises:
        ProblemError: the end is not after the start, or there would be too many buckets.
    """
    if end <= start:
        raise refusal("end", "must be after start")
    count = (end - start) // LENGTHS[bucket]
    if count > MAX_BUCKETS:
        raise refusal(
            "bucket", f"would give about {count} points; ask for longer buckets or less time, {MAX_BUCKETS} is the most"
        )
    return Window(zone, bucket, edges(bucket, zone, start, end))


def refusal(parameter: str, message: str) -> ProblemError:
    """Word a 422 about one parameter of the query."""
    errors: list[dict[str, Any]] = [{"loc": ["query", parameter], "msg": message}]
    return ProblemError("invalid-request", f"{parameter} {message}.", errors=errors)

"""Buckets of local time, as the UTC times at which they begin and end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

type BucketName = Literal["15m", "hour", "day", "week", "month", "year"]
type Frame = Literal["day", "month", "year", "all"]

QUARTER = timedelta(minutes=15)
LENGTHS: dict[BucketName, timedelta] = {
    "15m": QUARTER,
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
"""About how long a bucket is; only 15m is never longer or shorter."""
FRAME_BUCKETS: dict[Frame, BucketName] = {"day": "hour", "month": "day", "year": "month", "all": "month"}


def period(name: Frame, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """Give start and end, in UTC, of the local day, month or year that `now` is in."""
    unit: BucketName = name if name != "all" else "year"
    first = _first_date(unit, now.astimezone(zone).date())
    return midnight(first, zone), midnight(_next_date(unit, first), zone)


def edges(bucket: BucketName, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """Give where the local buckets that hold any of [start, end) begin, and at last where the last one ends; in UTC.

    A day on which the clocks change has 23 or 25 hours; the hour that occurs twice is two buckets. A zone may be
    off UTC by any number of quarters of an hour. A date that a zone skipped has no bucket.
    """
    unit: BucketName = "day" if bucket in ("15m", "hour") else bucket
    first = _first_date(unit, start.astimezone(zone).date())
    found = [midnight(first, zone)]
    while found[-1] < end:
        following = _next_date(unit, first)
        upto = midnight(following, zone)
        if unit != bucket:
            found.extend(_inside_day(bucket, zone, found[-1], upto))
        if upto > found[-1]:
            found.append(upto)
        first = following
    inside = [edge for edge in found if start < edge < end]
    return [max(edge for edge in found if edge <= start), *inside, min(edge for edge in found if edge >= end)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Give when a local date begins, in UTC; where the clocks skip midnight, when they do."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _inside_day(bucket: BucketName, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Give the edges between the two midnights."""
    clocks_stay = start.astimezone(zone).utcoffset() == end.astimezone(zone).utcoffset()
    step = LENGTHS[bucket] if clocks_stay else QUARTER
    edge = start + step
    while edge < end:
        if clocks_stay or bucket == "15m" or _hour(zone, edge) != _hour(zone, edge - QUARTER):
            yield edge
        edge += step


def _hour(zone: ZoneInfo, time: datetime) -> tuple[int, timedelta | None]:
    local = time.astimezone(zone)
    return local.hour, local.utcoffset()


def _first_date(unit: BucketName, day: date) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _next_date(unit: BucketName, day: date) -> date:
    if unit == "month":
        return (day + timedelta(days=31)).replace(day=1)
    if unit == "year":
        return day.replace(year=day.year + 1)
    return day + timedelta(days=7 if unit == "week" else 1)

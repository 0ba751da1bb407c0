"""What time it is; the only place that asks."""

from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]


def now() -> datetime:
    """Give the current time, aware, in UTC."""
    return datetime.now(UTC)

"""The only place where the simulator asks what time it is."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the simulator wants to know about time; tests bring their own."""

    def now(self) -> datetime:
        """Give the wall clock, UTC and aware."""
        ...

    def monotonic(self) -> float:
        """Give seconds that never go back, from any origin."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> datetime:
        """Give the wall clock, UTC and aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that never go back."""
        return time.monotonic()

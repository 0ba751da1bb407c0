"""Somebody with an ordinary clock who watches a house whose time may run faster than his.

He sees powers as they are, and lifetime counters that count *his* time: energy = power x time holds for him at any
speed, and no counter runs faster than its device can. Daily counters belong to the house's day.
"""

from copy import copy, deepcopy
from dataclasses import replace
from datetime import datetime, timedelta

from sungaze_sim.clock import Clock, SystemClock
from sungaze_sim.house import House
from sungaze_sim.state import State


class Watcher:
    """Watches a house that runs `speed` times as fast as the clock, from `house.start` on."""

    def __init__(
        self, house: House, *, speed: float = 1, clock: Clock | None = None, since: datetime | None = None
    ) -> None:
        """Start the house's time now, or let it have started at a time that is past."""
        self.speed = speed
        self._clock = clock or SystemClock()
        now = self._clock.now()
        self.began_at = since or now
        """When the watch began, by the watcher's clock."""
        self._began = self._clock.monotonic() - (now - self.began_at).total_seconds()
        self._house = house
        self._first_totals = house.at(house.start).totals

    def beside(self) -> "Watcher":
        """Give a second watcher of the same house and the same clock; each looks when it likes from here on."""
        other: Watcher = copy(self)
        other._house = deepcopy(self._house)
        return other

    def now(self) -> datetime:
        """Give the watcher's time; a step of the machine's wall clock does not move it."""
        return self.began_at + timedelta(seconds=self._clock.monotonic() - self._began)

    def house_time(self, moment: datetime) -> datetime:
        """Say what time it is in the house, UTC, when it is `moment` for the watcher."""
        return self._house.start + (moment - self.began_at) * self.speed

    def look(self, moment: datetime) -> State:
        """Give the house at a moment of the watcher's time.

        Raises:
            ValueError: this watcher has already looked at a later one (by a whole step of the house).
        """
        state = self._house.at(self.house_time(moment))
        if self.speed == 1:
            return state
        added = state.totals.since(self._first_totals)
        return replace(state, totals=self._first_totals.plus(added, 1 / self.speed))

"""A home whose consumption is known in rational numbers, and meters that show it in whole Wh as real ones do."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER_MS = 900_000


def millis(moment):
    return (moment - EPOCH) // timedelta(milliseconds=1)


def moment(millis):
    return EPOCH + timedelta(milliseconds=millis)


def utc(text):
    return datetime.fromisoformat(text).astimezone(UTC)


class Home:
    """Draws a power that changes in steps; before the first step it draws nothing."""

    def __init__(self, steps):
        """Take `(ms, W)` in order of time."""
        self._at = [at for at, _ in steps]
        self._watts = [watts for _, watts in steps]
        self._wh = [Fraction(0)]
        for (begin, watts), (end, _) in pairwise(steps):
            self._wh.append(self._wh[-1] + Fraction(watts) * (end - begin) / 3_600_000)

    def wh(self, at):
        """Give what was drawn up to a time, in Wh."""
        number = bisect_right(self._at, at) - 1
        if number < 0:
            return Fraction(0)
        return self._wh[number] + Fraction(self._watts[number]) * (at - self._at[number]) / 3_600_000

    def power_w(self, start, end):
        """Give the mean power between two times."""
        return (self.wh(end) - self.wh(start)) * 3_600_000 / (end - start)


class Meter:
    """Counts what a home draws; at each of its breaks it goes on from another stand, or is another meter."""

    def __init__(self, home, breaks=(), start_wh=5_000_000, serial="meter-1"):
        """Take breaks as `(ms, Wh from which it goes on, serial)` in order of time."""
        self._home = home
        self._parts = [(-(10**15), start_wh, serial), *breaks]

    def read(self, at):
        """Give `(kWh, serial)`."""
        begin, start_wh, serial = next(part for part in reversed(self._parts) if part[0] <= at)
        drawn = self._home.wh(at) - self._home.wh(begin)
        return (int(start_wh + drawn)) / 1000, serial

    def read_before(self, at):
        """Give what it showed at a time, had it not broken at that very moment."""
        begin, start_wh, serial = next(part for part in reversed(self._parts) if part[0] < at)
        return int(start_wh + self._home.wh(at) - self._home.wh(begin)) / 1000, serial

    def sample(self, at, *, meter_clock=True, delay_ms=0, **values):
        """Give the sample of a poll that gets the telegram of a time."""
        kwh, serial = self.read(at)
        own = {"meter_ts": iso(at)} if meter_clock else {}
        return {
            "device_id": "home",
            "kind": "p1",
            "ts": iso(at + delay_ms),
            "energy_import_kwh": kwh,
            "power_w": None,
            "meter_unique_id": serial,
            **own,
            **values,
        }


def iso(millis):
    return moment(millis).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""What the people in the house switch on: a pure function of a seed and the clock on the wall."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from math import cos, pi
from random import Random

from sungaze_sim.weather import Noise

_DAY_S = 86400
_HOUR_S = 3600
_FRIDGE_CYCLE_S = 2700
_FRIDGE_ON_S = 900
_CAR_POWERS_W = (3680, 3680, 5520)
"""A socket of 16 A, and now and then, in a hurry, all that a single phase gives."""


@dataclass(frozen=True, slots=True)
class Use:
    """An appliance that runs from one second of the day to another; a thermostat switches it within `cycle_s`."""

    start_s: float
    end_s: float
    power_w: float
    cycle_s: float = 0
    duty: float = 1

    def power_at(self, second: float) -> float:
        """Give the power it takes at a second of the day, W."""
        if not self.start_s <= second < self.end_s:
            return 0.0
        if self.cycle_s and (second - self.start_s) % self.cycle_s >= self.duty * self.cycle_s:
            return 0.0
        return self.power_w


class WallClock:
    """The clock that the people look at; asked only when an hour begins, as zones change theirs at no other time."""

    def __init__(self, zone: tzinfo) -> None:
        """Hang up a clock of a zone."""
        self._zone = zone
        self._hour = -1
        self._offset_s = 0.0

    def at(self, unix_s: float) -> float:
        """Give what it shows at a time, in seconds since 1970 on this clock."""
        hour = int(unix_s // _HOUR_S)
        if hour != self._hour:
            offset = datetime.fromtimestamp(unix_s, self._zone).utcoffset()
            self._hour, self._offset_s = hour, offset.total_seconds() if offset else 0.0
        return unix_s + self._offset_s


class Household:
    """The load of a home for one family, a fridge and a kettle."""

    def __init__(self, seed: int, *, car: bool = False) -> None:
        """Make the habits of one seed; a `car` is charged on some evenings."""
        self._seed = seed
        self._has_car = car
        self._standby = Noise(seed + 10, 1800)
        self._flicker = Noise(seed + 11, 11)
        self._fridge_phase_s = Random(f"fridge {seed}").uniform(0, _FRIDGE_CYCLE_S)
        self._day = -1
        self._uses: list[Use] = []

    def load_power_w(self, clock_s: float) -> float:
        """Give the load, W, at a time of the house's own clock (seconds since 1970 on that clock)."""
        day, second = divmod(clock_s, _DAY_S)
        if day != self._day:
            self._day, self._uses = int(day), self._uses_on(int(day))
        load_w = 90 + 60 * self._standby.at(clock_s) + 24 * self._flicker.at(clock_s)
        if (clock_s + self._fridge_phase_s) % _FRIDGE_CYCLE_S < _FRIDGE_ON_S:
            load_w += 95
        for use in self._uses:
            load_w += use.power_at(second)
        return load_w

    def _uses_on(self, day: int) -> list[Use]:
        uses = _uses_of(Random(f"{self._seed} {day}"), weekend=(day + 4) % 7 in (0, 6))
        if self._has_car:
            uses += _charging(Random(f"car {self._seed} {day}"), day)
        return uses


def _uses_of(dice: Random, *, weekend: bool) -> list[Use]:
    """Draw one day: breakfast, kettles, lunch, the evening meal, lights, and now and then the laundry."""
    rise_h = dice.uniform(8, 9.5) if weekend else dice.uniform(6.3, 7.3)
    dinner_h = dice.uniform(17.8, 18.8)
    bed_h = dice.uniform(22.2, 23.4)
    uses = [
        _use(rise_h, bed_h if weekend else rise_h + 1.5, dice.uniform(60, 140)),
        _use(dinner_h - 1, bed_h, dice.uniform(180, 320)),
        _use(dinner_h, dinner_h + dice.uniform(0.4, 0.8), dice.uniform(1400, 2200), cycle_s=140, duty=0.6),
        _use(dinner_h + 0.15, dinner_h + 0.6, dice.uniform(800, 1200), cycle_s=95, duty=0.5),
    ]
    kettles_h = [rise_h + 0.2, dice.uniform(10, 11), dice.uniform(14.5, 16.5), dinner_h + 1.5]
    uses += [_use(hour, hour + 0.055, 2050) for hour in kettles_h if weekend or dice.random() < 0.75]
    if weekend:
        uses.append(_use(12.3, 12.9, 1500, cycle_s=120, duty=0.5))
    if dice.random() < 0.4:
        hour = dice.uniform(9, 14)
        uses += [_use(hour, hour + 0.4, 1950), _use(hour + 0.4, hour + 1.6, 240, cycle_s=40, duty=0.7)]
    return uses


def _charging(dice: Random, day: int) -> list[Use]:
    """Draw whether the car is charged this evening, before midnight; it needs more in winter."""
    if dice.random() > 0.36:
        return []
    winter = 0.5 + 0.5 * cos(2 * pi * (day - 20) / 365.25)
    power_w = dice.choice(_CAR_POWERS_W)
    energy_kwh = dice.uniform(5, 10) + 4 * winter
    start_h = dice.uniform(18.2, 20.2)
    return [_use(start_h, min(start_h + 1000 * energy_kwh / power_w, 24), power_w)]


def _use(start_h: float, end_h: float, power_w: float, *, cycle_s: float = 0, duty: float = 1) -> Use:
    return Use(start_h * _HOUR_S, end_h * _HOUR_S, power_w, cycle_s, duty)

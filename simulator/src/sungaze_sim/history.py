"""A past for the house: what its two devices would have sent, had the edge been there for a year and more.

The house lives its past in coarse steps and goes on as it is: the same battery, the same counters, at our speed. A
reading stands for the stretch since the one before: its powers are means, so that they and the counters tell the same.
Like any past it has holes, the power was cut once, and some evenings a car was charged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sungaze_sim.clock import Clock, SystemClock
from sungaze_sim.house import STEP_S, House
from sungaze_sim.p1 import GridMeter
from sungaze_sim.p1.bodies import published as published_by_meter
from sungaze_sim.p1.telegram import BRUSSELS
from sungaze_sim.profile import MODELS, Profile
from sungaze_sim.registers import published
from sungaze_sim.world import HouseWorld

COARSE, FINE = timedelta(minutes=5), timedelta(minutes=1)
"""From one reading to the next: long ago, and lately. Both meet at the end of each quarter of an hour."""
_LATELY = timedelta(days=2)
LONGEST_DAYS = 1500
_PV_PEAK_W = 5500
"""6.5 kW of panels less what wires, dust and heat take."""
_BATTERY_KWH, _BATTERY_MAX_POWER_W = 8.0, 3000

type Sample = dict[str, Any]
"""One reading as `POST /v1/ingest` takes it."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A time of which the server got no readings of some devices, counted back from today's local midnight."""

    days_ago: int
    at: time
    lasts: timedelta
    devices: frozenset[str]
    power_cut: bool = False
    """The whole house stood still."""

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Say from when until when, UTC."""
        day = now.astimezone(BRUSSELS).date() - timedelta(days=self.days_ago)
        begins = datetime.combine(day, self.at, BRUSSELS).astimezone(UTC)
        return begins, begins + self.lasts


class History:
    """The house that lived before we came, its inverter and its grid meter."""

    def __init__(
        self, days: int, inverter_id: str, meter_id: str, *, clock: Clock | None = None, seed: int = 1
    ) -> None:
        """Let it have begun so many whole local days before today.

        Raises:
            ValueError: `days` is not from 1 to 1500.
        """
        if not 1 <= days <= LONGEST_DAYS:
            raise ValueError(f"a history can have from 1 to {LONGEST_DAYS} days")
        clock = clock or SystemClock()
        self._ids = inverter_id, meter_id
        now = clock.now()
        self.start = Hole(days, time(), timedelta(), frozenset()).span(now)[0]
        """When it begins, UTC."""
        self._lately = max(self.start, now - (now - self.start) % COARSE - _LATELY)
        holes = _holes(inverter_id, meter_id)
        self._holes = [(hole, *hole.span(now)) for hole in holes if hole.span(now)[0] > self.start]
        profile = Profile(model=MODELS["SH5.0RT"])
        spec = replace(
            profile.house_spec(),
            pv_peak_w=_PV_PEAK_W,
            battery_capacity_kwh=_BATTERY_KWH,
            battery_max_power_w=_BATTERY_MAX_POWER_W,
            family_zone=BRUSSELS,
            car=True,
            power_cuts=tuple(
                (begins.timestamp(), ends.timestamp()) for hole, begins, ends in self._holes if hole.power_cut
            ),
        )
        self._house = House(self.start, seed=seed, spec=spec, step_s=int(COARSE.total_seconds()))
        self.world = HouseWorld(self._house, profile, clock=clock, since=self.start)
        """The inverter; it can be looked at live when all samples have been taken."""
        self.meter = GridMeter(self.world.watcher, number=seed)
        """The grid meter, likewise."""
        self.count = 2 * ((self._lately - self.start) // COARSE + (now - self._lately) // FINE)
        """How many samples there are about."""

    def samples(self) -> Iterator[Sample]:
        """Live the past until now, whenever that is, and give what the devices told, oldest first."""
        before = self.world.watcher.look(self.start)
        for moment in self._moments():
            seen = self.world.watcher.look(moment)
            state = seen.averaged(before)
            before = seen
            telegram = self.meter.telegram_of(state, moment)
            ts = f"{moment.replace(tzinfo=None).isoformat()}.000Z"
            told: tuple[Mapping[str, float | str | None], ...] = (
                published(state, self.world.profile),
                published_by_meter(telegram, with_meter_time=True),
            )
            for device_id, kind, values in zip(self._ids, ("sungrow", "p1"), told, strict=True):
                if not self._is_missing(device_id, moment):
                    yield _sample(device_id, kind, ts, values)
        self.world.watcher = self.world.watcher.beside()  # from here on each device looks when it is asked

    def _moments(self) -> Iterator[datetime]:
        moment = self.start + COARSE
        while moment <= self.world.watcher.now():
            yield moment
            if moment >= self._lately:
                self._house.step_s = STEP_S
            moment += FINE if moment >= self._lately else COARSE

    def _is_missing(self, device_id: str, moment: datetime) -> bool:
        return any(begins < moment < ends and device_id in hole.devices for hole, begins, ends in self._holes)


def _sample(device_id: str, kind: str, ts: str, values: Mapping[str, float | str | None]) -> Sample:
    named = {"device_id": device_id, "kind": kind, "ts": ts}
    return named | {name: value for name, value in values.items() if value is not None}


def _holes(inverter_id: str, meter_id: str) -> tuple[Hole, ...]:
    """What went wrong: somebody vacuumed, a router was replaced, a street was dug up."""
    both, meter = frozenset((inverter_id, meter_id)), frozenset((meter_id,))
    return (
        Hole(6, time(14, 10), timedelta(minutes=65), both),
        Hole(19, time(20, 40), timedelta(minutes=35), meter),
        Hole(40, time(8, 20), timedelta(hours=22), both, power_cut=True),
    )

"""A living house: sun on the roof, people inside, a battery between them and a meter at the street.

It knows watts and kilowatt-hours and nothing of Modbus, so that several simulated devices can watch the same house.
Sun and load are pure functions of time. What has memory (battery, counters, temperatures) is stepped on a fixed grid of
seconds, so that the same seed and start give the same day however fast and however often one looks.

Powers are whole watts and balance exactly: pv = load + battery (charging positive) + export.
"""

from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random
from typing import NamedTuple

from sungaze_sim.household import Household, WallClock
from sungaze_sim.state import Counters, Running, State
from sungaze_sim.weather import Noise, Plane, Weather

STEP_S = 10
_DAY_S = 86400
_WS_PER_KWH = 3.6e6
_START_UP_W = 25
"""An inverter without a battery needs about this much sun before it joins the grid."""
_WAKING_W = 6
_DEAD_BAND_W = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseSpec:
    """How the house is built. `battery_capacity_kwh` 0 is a house without a battery."""

    inverter_rated_w: int = 4000
    pv_peak_w: float = 5200
    battery_capacity_kwh: float = 9.6
    battery_max_power_w: int = 4000
    battery_min_soc_pct: float = 5
    battery_one_way_efficiency: float = 0.97
    clock_offset: timedelta = timedelta(hours=1)
    """The inverter's own clock against UTC: winter time, all year; nobody ever sets it."""
    family_zone: tzinfo | None = None
    """Whose time the people live by; None is the inverter's."""
    car: bool = False
    """An electric car is charged here on some evenings."""
    power_cuts: tuple[tuple[float, float], ...] = ()
    """From when until when, in Unix seconds, the street had no power and all stood still."""


class Flow(NamedTuple):
    """Where the watts go at one instant."""

    strings_w: tuple[int, int]
    load_w: int
    battery_w: int
    running: Running

    @property
    def pv_w(self) -> int:
        """What the roof delivers, W."""
        return sum(self.strings_w)

    @property
    def inverter_w(self) -> int:
        """What passes the inverter to its AC side, W."""
        return self.pv_w - self.battery_w

    @property
    def export_w(self) -> int:
        """What is left for the grid, W."""
        return self.inverter_w - self.load_w


@dataclass(slots=True)
class _Memory:
    """What the next second needs to know of the last one."""

    unix_s: int
    battery_kwh: float
    battery_temp_c: float
    inverter_temp_c: float
    totals: list[float]
    midnight: list[float] = field(default_factory=list)


class House:
    """A house that lives from the midnight before `start` on."""

    def __init__(
        self,
        start: datetime,
        *,
        seed: int = 1,
        spec: HouseSpec | None = None,
        counters: Counters | None = None,
        step_s: int = STEP_S,
    ) -> None:
        """Build the house and live from midnight (inverter clock) until `start`, which must be aware.

        `counters` are what the lifetime counters show at `start`; without them they show some years. `step_s` is how
        finely what has memory is lived; it divides a day.
        """
        self.start = start.astimezone(UTC)
        self.step_s = step_s
        """May be made finer at a time that both steps meet."""
        self.spec = spec or HouseSpec()
        self._offset_s = int(self.spec.clock_offset.total_seconds())
        self._weather = Weather(seed)
        self._people = Household(seed, car=self.spec.car)
        self._wall_clock = WallClock(self.spec.family_zone or timezone(self.spec.clock_offset))
        self._voltage = Noise(seed + 20, 240)
        self._frequency = Noise(seed + 21, 30)
        half_w = self.spec.pv_peak_w / 2
        self._planes = (Plane(135, 38, half_w), Plane(225, 38, half_w))
        start_s = int(self.start.timestamp())
        midnight_s = (start_s + self._offset_s) // _DAY_S * _DAY_S - self._offset_s
        self._memory = _first_memory(Random(f"house {seed}"), midnight_s, self.spec)
        self._known_flow: Flow | None = None
        """What flows at the time of the memory, if somebody has asked."""
        self._live_until(start_s)
        if counters:
            self._set_counters(counters)

    def at(self, moment: datetime) -> State:
        """Give the state at an aware time, which must not lie before what was already lived (whole steps).

        Raises:
            ValueError: the time is in this house's past.
        """
        unix_s = moment.timestamp()
        if unix_s < self._memory.unix_s:
            raise ValueError(f"the house already lives at a later time than {moment}")
        self._live_until(unix_s)
        flow = self._flow(unix_s)
        memory = self._memory
        counted = list(memory.totals)
        if unix_s == memory.unix_s:
            self._known_flow = flow
        else:
            _count(counted, self._flow(memory.unix_s), unix_s - memory.unix_s)  # the part of the step that has passed
        totals = Counters(*counted)
        return State(
            at=moment.astimezone(UTC),
            inverter_clock=(moment.astimezone(UTC) + self.spec.clock_offset).replace(tzinfo=None),
            running=flow.running,
            string_power_w=flow.strings_w,
            load_power_w=flow.load_w,
            battery_power_w=flow.battery_w,
            battery_soc_pct=round(self._soc_pct(), 1),
            battery_temp_c=round(memory.battery_temp_c, 1),
            inverter_temp_c=round(memory.inverter_temp_c, 1),
            grid_voltage_v=round(231 + 6 * self._voltage.at(unix_s) + flow.export_w / 1500, 1),
            grid_frequency_hz=round(49.96 + 0.08 * self._frequency.at(unix_s), 2),
            totals=totals,
            today=totals.since(Counters(*memory.midnight)),
        )

    def _set_counters(self, counters: Counters) -> None:
        wanted, memory = astuple(counters), self._memory
        memory.midnight = [m + w - t for m, w, t in zip(memory.midnight, wanted, memory.totals, strict=True)]
        memory.totals = list(wanted)

    def _live_until(self, unix_s: float) -> None:
        while self._memory.unix_s + self.step_s <= unix_s:
            self._step()

    def _step(self) -> None:
        memory, spec, step_s = self._memory, self.spec, self.step_s
        flow, self._known_flow = self._known_flow or self._flow(memory.unix_s), None
        _count(memory.totals, flow, step_s)
        if flow.battery_w:
            gain = spec.battery_one_way_efficiency
            cells_w = flow.battery_w * gain if flow.battery_w > 0 else flow.battery_w / gain
            stored_kwh = memory.battery_kwh + cells_w * step_s / _WS_PER_KWH
            memory.battery_kwh = min(max(stored_kwh, self._floor_kwh()), spec.battery_capacity_kwh)
        self._warm(flow)
        memory.unix_s += step_s
        if (memory.unix_s + self._offset_s) % _DAY_S < step_s:
            memory.midnight = list(memory.totals)

    def _warm(self, flow: Flow) -> None:
        memory, spec = self._memory, self.spec
        air_c = self._weather.temperature_c(memory.unix_s)
        cellar_c = 14 + 0.3 * (air_c - 10)
        battery_goal_c = cellar_c + 12 * abs(flow.battery_w) / spec.battery_max_power_w
        inverter_goal_c = cellar_c + 6 + 28 * abs(flow.inverter_w) / spec.inverter_rated_w
        memory.battery_temp_c += (battery_goal_c - memory.battery_temp_c) * self.step_s / 5400
        memory.inverter_temp_c += (inverter_goal_c - memory.inverter_temp_c) * self.step_s / 1200

    def _flow(self, unix_s: float) -> Flow:
        """Decide where the watts go, given the sun, the people and what is left in the battery."""
        spec = self.spec
        if any(begins <= unix_s < ends for begins, ends in spec.power_cuts):
            return Flow((0, 0), 0, 0, Running.STANDBY)
        load_w = round(self._people.load_power_w(self._wall_clock.at(unix_s)))
        strings_w = [round(power_w) for power_w in self._weather.pv_power_w(unix_s, self._planes)]
        running = self._running(sum(strings_w))
        if running is not Running.RUNNING:
            strings_w = [0, 0]
        battery_w = self._battery_w(sum(strings_w), load_w)
        excess_w = sum(strings_w) - battery_w - spec.inverter_rated_w
        if excess_w > 0:  # more sun than the inverter can pass on: it throttles the roof, side by side
            share = strings_w[0] / sum(strings_w)
            first_cut_w = min(round(excess_w * share), strings_w[0])
            strings_w = [strings_w[0] - first_cut_w, strings_w[1] - (excess_w - first_cut_w)]
        return Flow((strings_w[0], strings_w[1]), load_w, battery_w, running)

    def _running(self, sun_w: int) -> Running:
        if self.spec.battery_capacity_kwh or sun_w >= _START_UP_W:
            return Running.RUNNING
        return Running.STARTING if sun_w >= _WAKING_W else Running.STANDBY

    def _battery_w(self, pv_w: int, load_w: int) -> int:
        """Give the battery's power, charging positive: it takes what is left over and gives what is missing."""
        spec = self.spec
        if not spec.battery_capacity_kwh:
            return 0
        surplus_w, soc_pct = pv_w - load_w, self._soc_pct()
        if surplus_w > 0:  # the last percents go in slowly
            taper = min((100 - soc_pct) / 4, 1)
            power_w = int(min(surplus_w, spec.battery_max_power_w * taper))
        elif self._memory.battery_kwh > self._floor_kwh():
            power_w = -min(-surplus_w, spec.battery_max_power_w, max(spec.inverter_rated_w - pv_w, 0))
        else:
            power_w = 0
        return 0 if abs(power_w) < _DEAD_BAND_W else power_w

    def _floor_kwh(self) -> float:
        return self.spec.battery_capacity_kwh * self.spec.battery_min_soc_pct / 100

    def _soc_pct(self) -> float:
        capacity_kwh = self.spec.battery_capacity_kwh
        return 100 * self._memory.battery_kwh / capacity_kwh if capacity_kwh else 0.0


def _count(totals: list[float], flow: Flow, seconds: float) -> None:
    """Add what flows in some seconds, in the order of `Counters`."""
    powers_w = (flow.pv_w, -flow.export_w, flow.export_w, flow.battery_w, -flow.battery_w, flow.inverter_w)
    for index, power_w in enumerate(powers_w):
        if power_w > 0:
            totals[index] += power_w * seconds / _WS_PER_KWH


def _first_memory(dice: Random, midnight_s: int, spec: HouseSpec) -> _Memory:
    """Start with a past: a plant of some years, counters far beyond what sixteen bits hold."""
    pv = dice.uniform(9000, 16000)
    charged = 0.22 * pv if spec.battery_capacity_kwh else 0.0
    totals = [pv, dice.uniform(7000, 9000), 0.4 * pv, charged, 0.93 * charged, 0.97 * pv]
    battery_kwh = spec.battery_capacity_kwh * dice.uniform(0.3, 0.6)
    return _Memory(midnight_s, battery_kwh, 17.0, 24.0, totals, list(totals))

"""The grid meter of the living house: counters by tariff, the running quarter and the month's peak.

Its clock is the watcher's (Europe/Brussels), its counters integrate the watts it shows, and it speaks once a second.
Belgian: tariff 1 is the day (weekdays 7 to 22 h). Dutch: tariff 2 is, and there are no peaks.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import Random

from sungaze_sim.p1.telegram import BRUSSELS, Peak, Phase, Telegram
from sungaze_sim.state import State
from sungaze_sim.watcher import Watcher
from sungaze_sim.weather import Noise

_QUARTER = timedelta(minutes=15)
_GAS_EVERY = timedelta(minutes=5)
_GAS_M3_PER_H = 0.18
_DAY_BEGINS, _DAY_ENDS = time(7), time(22)
_SATURDAY = 5
_VOLTAGE_OFFSETS_V = (0.4, -1.1, 0.7)
_PAST_MONTHS = 12


class GridMeter:
    """A meter that has hung there for years when the watch begins."""

    def __init__(self, watcher: Watcher, *, dutch: bool = False, phases: int = 3, number: int = 1) -> None:
        """Hang the meter up. `phases` is 1 or 3; `number` makes its serial number, gas and past peaks."""
        self._watcher = watcher
        self._dutch = dutch
        self._phase_count = phases
        self._number = number
        self._imbalance = Noise(number + 40, 420)
        self._dice = Random(f"grid meter {number}")
        self._gas_m3 = self._dice.uniform(600, 900)
        state = watcher.look(watcher.began_at)
        self._seen = state.totals
        self._import_kwh = _split(state.totals.imported, 0.46)
        self._export_kwh = _split(state.totals.exported, 0.73)
        self._quarter = _floor(watcher.began_at, _QUARTER)
        elapsed_h = (watcher.began_at - self._quarter) / timedelta(hours=1)
        self._quarter_kwh = max(-state.export_power_w, 0) * elapsed_h / 1000  # as if it had been so all the quarter
        self._past_peaks = self._former_peaks()
        self._peak = self._peak_so_far()
        self._last: Telegram | None = None

    def describe(self) -> str:
        """Name the meter."""
        phases = "three-phase" if self._phase_count == 3 else "single-phase"
        return f"a {phases} {'Dutch' if self._dutch else 'Belgian'} grid meter"

    def swap(self) -> None:
        """Hang another meter in its place: a new number, counters near zero, no peaks."""
        self._number += 1
        self._import_kwh, self._export_kwh = [0.012, 0.0], [0.0, 0.0]
        self._quarter_kwh = 0.0
        self._past_peaks, self._peak = [], None
        self._last = None

    def telegram(self) -> Telegram:
        """Give the last telegram; the same one to everybody who asks within a second."""
        at = _floor(self._watcher.now(), timedelta(seconds=1))
        if self._last is None or self._last.at < at:
            state = self._live_until(max(at, self._watcher.began_at), self._watcher.look)
            self._last = self._telegram(state, at)
        return self._last

    def telegram_of(self, state: State, at: datetime) -> Telegram:
        """Give the telegram of a whole second at which somebody else has looked at the house.

        Whoever calls this shows the house at the end of each quarter, too.
        """
        self._live_until(at, lambda _: state)
        return self._telegram(state, at)

    def _live_until(self, moment: datetime, look: Callable[[datetime], State]) -> State:
        while self._quarter + _QUARTER <= moment:
            self._quarter += _QUARTER
            self._count(look(self._quarter), tariff=self._tariff(self._quarter - _QUARTER))
            self._close_quarter()
        state = look(moment)
        self._count(state, tariff=self._tariff(moment))
        return state

    def _count(self, state: State, *, tariff: int) -> None:
        imported_kwh = state.totals.imported - self._seen.imported
        exported_kwh = state.totals.exported - self._seen.exported
        self._seen = state.totals
        self._import_kwh[tariff - 1] += imported_kwh
        self._export_kwh[tariff - 1] += exported_kwh
        self._quarter_kwh += imported_kwh

    def _close_quarter(self) -> None:
        """Keep the quarter that has just ended if it is the month's highest; it belongs to the month it began in."""
        power_w = round(4000 * self._quarter_kwh)
        self._quarter_kwh = 0.0
        if self._peak is None or power_w > self._peak.power_w:
            self._peak = Peak(self._quarter, power_w)
        if _month_start(self._quarter) == self._quarter:
            self._past_peaks = [*self._past_peaks, (self._quarter, self._peak)][-_PAST_MONTHS:]
            self._peak = None

    def _telegram(self, state: State, at: datetime) -> Telegram:
        power_w = -state.export_power_w
        gas_at = _floor(at, _GAS_EVERY)
        burned_m3 = _GAS_M3_PER_H * ((gas_at - self._watcher.began_at) / timedelta(hours=1))
        return Telegram(
            at=at,
            house_time=state.at,
            dutch=self._dutch,
            meter_id=f"{'E0048' if self._dutch else '1SAG31'}{self._number:08d}",
            tariff=self._tariff(at),
            import_wh=_shown(self._import_kwh),
            export_wh=_shown(self._export_kwh),
            power_w=power_w,
            phases=self._phases(power_w, state),
            gas_m3=round(self._gas_m3 + burned_m3, 3),
            gas_at=gas_at,
            average_w=None if self._dutch else round(4000 * self._quarter_kwh),
            peak=None if self._dutch else self._peak,
            past_peaks=() if self._dutch else tuple(self._past_peaks),
        )

    def _phases(self, power_w: int, state: State) -> tuple[Phase, ...]:
        powers_w = [power_w]
        if self._phase_count == 3:
            tilt_w = round(1600 * (self._imbalance.at(state.at.timestamp()) - 0.5))
            powers_w = [power_w // 3 + tilt_w, power_w // 3 - tilt_w // 2]
            powers_w.append(power_w - sum(powers_w))
        phases = []
        for phase_w, offset_v in zip(powers_w, _VOLTAGE_OFFSETS_V, strict=False):
            voltage_v = round(state.grid_voltage_v + offset_v, 1)
            # Belgian meters tell no sign here, Dutch ones do.
            current_a = round(phase_w / voltage_v, 3) if self._dutch else round(abs(phase_w) / voltage_v, 2)
            phases.append(Phase(phase_w, voltage_v, current_a))
        return tuple(phases)

    def _tariff(self, moment: datetime) -> int:
        local = moment.astimezone(BRUSSELS)
        is_day = local.weekday() < _SATURDAY and _DAY_BEGINS <= local.time() < _DAY_ENDS
        return (2 if is_day else 1) if self._dutch else (1 if is_day else 2)

    def _peak_so_far(self) -> Peak | None:
        """Invent the month's peak until now, in one of its closed quarters."""
        began = _month_start(self._quarter)
        closed = (self._quarter - began) // _QUARTER
        if closed == 0:
            return None
        return Peak(began + self._dice.randint(1, closed) * _QUARTER, self._dice.randint(3100, 4600))

    def _former_peaks(self) -> list[tuple[datetime, Peak]]:
        """Invent the peaks of the past months, newest first, and give them oldest first."""
        past: list[tuple[datetime, Peak]] = []
        end = _month_start(self._quarter)
        for _ in range(_PAST_MONTHS):
            at = _floor(end - timedelta(days=self._dice.uniform(0, 27)), _QUARTER)
            past.insert(0, (end, Peak(at, self._dice.randint(2300, 4900))))
            end = _month_start(end - _QUARTER)
        return past


def _split(kwh: float, share: float) -> list[float]:
    return [kwh * share, kwh * (1 - share)]


def _shown(kwh: list[float]) -> tuple[int, int]:
    """Count the watt-hours that are complete; a counter shows no others."""
    return int(1000 * kwh[0] + 1e-6), int(1000 * kwh[1] + 1e-6)


def _floor(moment: datetime, step: timedelta) -> datetime:
    epoch = datetime.fromtimestamp(0, moment.tzinfo)
    return moment - (moment - epoch) % step


def _month_start(moment: datetime) -> datetime:
    local = moment.astimezone(BRUSSELS)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(moment.tzinfo)

"""What a grid meter says once a second, as values."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
"""Meters tell local time; Amsterdam's is the same."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase; its power is signed (+ = import)."""

    power_w: int
    voltage_v: float
    current_a: float


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest quarter of a month; `at` is its end."""

    at: datetime
    power_w: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """One telegram. Times are aware UTC; counters are whole watt-hours per tariff, so that sums are exact."""

    at: datetime
    """By the meter's own clock, a whole second."""
    house_time: datetime
    dutch: bool
    meter_id: str
    tariff: int
    import_wh: tuple[int, int]
    export_wh: tuple[int, int]
    power_w: int
    """+ = import."""
    phases: tuple[Phase, ...]
    gas_m3: float
    gas_at: datetime
    average_w: int | None = None
    """1-0:1.4.0, Belgian: the energy so far in the quarter / 0.25 h."""
    peak: Peak | None = None
    """1-0:1.6.0, Belgian: the highest closed quarter of this month; None before the first has closed."""
    past_peaks: tuple[tuple[datetime, Peak], ...] = ()
    """0-0:98.1.0, Belgian: the end of each past month and its peak, oldest first."""

    @property
    def unique_id(self) -> str:
        """The meter's serial number as P1 writes it: its ASCII in hexadecimal."""
        return self.meter_id.encode("ascii").hex().upper()

    @property
    def current_a(self) -> float:
        """The sum of what the phases carry, whatever the direction."""
        return round(sum(abs(phase.current_a) for phase in self.phases), 3)

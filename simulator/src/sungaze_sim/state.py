"""What there is to know of a house at one instant.

Powers are whole watts and balance exactly: pv = load + battery (charging positive) + export.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

_WS_PER_KWH = 3.6e6


class Running(Enum):
    """What the inverter is doing."""

    RUNNING = "running"
    STARTING = "starting"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class Counters:
    """Energies in kWh."""

    pv: float
    imported: float
    exported: float
    charged: float
    discharged: float
    output: float
    """What left the inverter on the AC side."""

    def since(self, earlier: "Counters") -> "Counters":
        """Give what was added after `earlier`."""
        return Counters(
            self.pv - earlier.pv,
            self.imported - earlier.imported,
            self.exported - earlier.exported,
            self.charged - earlier.charged,
            self.discharged - earlier.discharged,
            self.output - earlier.output,
        )

    def plus(self, other: "Counters", share: float) -> "Counters":
        """Give these with a share of `other` added."""
        return Counters(
            self.pv + share * other.pv,
            self.imported + share * other.imported,
            self.exported + share * other.exported,
            self.charged + share * other.charged,
            self.discharged + share * other.discharged,
            self.output + share * other.output,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The house at one instant."""

    at: datetime
    inverter_clock: datetime
    """What the inverter's own clock shows; without a zone, as it has none."""
    running: Running
    string_power_w: tuple[int, int]
    load_power_w: int
    battery_power_w: int
    """Positive = charging."""
    battery_soc_pct: float
    battery_temp_c: float
    inverter_temp_c: float
    grid_voltage_v: float
    grid_frequency_hz: float
    totals: Counters
    today: Counters

    @property
    def pv_power_w(self) -> int:
        """What the roof delivers."""
        return sum(self.string_power_w)

    @property
    def inverter_power_w(self) -> int:
        """AC side of the inverter, negative when it charges from the grid."""
        return self.pv_power_w - self.battery_power_w

    @property
    def export_power_w(self) -> int:
        """Grid power, positive = exporting."""
        return self.inverter_power_w - self.load_power_w

    def averaged(self, before: "State") -> "State":
        """Give the same house with the mean powers since `before`, so that powers times time are what was counted.

        The roof's two halves are not told apart.
        """
        added = self.totals.since(before.totals)
        watts = _WS_PER_KWH / (self.at - before.at).total_seconds()
        pv_w, battery_w = round(added.pv * watts), round((added.charged - added.discharged) * watts)
        export_w = round((added.exported - added.imported) * watts)
        return replace(
            self,
            string_power_w=(pv_w // 2, pv_w - pv_w // 2),
            load_power_w=pv_w - battery_w - export_w,
            battery_power_w=battery_w,
        )

    def rippled(self, watts: int) -> "State":
        """Give the same house a blink later: a charger takes `watts` more from the battery, and the voltage moves too.

        The grid does not notice, so that whoever else watches it sees the same watts.
        """
        taken_w = watts if self.battery_soc_pct else 0  # without a battery nothing but the voltage moves
        return replace(
            self,
            load_power_w=self.load_power_w + taken_w,
            battery_power_w=self.battery_power_w - taken_w,
            grid_voltage_v=round(self.grid_voltage_v - watts / 10, 1),
        )

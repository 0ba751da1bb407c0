"""Which way the battery's power flows: the same question with another answer in every firmware family.

Registers state the size of the power reliably and its sign only sometimes, so each source of direction is used
as far as it can be trusted, and no direction is better than a wrong one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sungaze_edge.sources.sungrow.decoding import Reading
from sungaze_edge.sources.sungrow.states import flow_bit


@dataclass(frozen=True, slots=True)
class BatteryFlow:
    """Power and current of the battery, positive = charging; None where unknown or not available."""

    power_w: float | None = None
    magnitude_w: float | None = None
    current_a: float | None = None


def battery_flow(registers: Mapping[str, Reading]) -> BatteryFlow:
    """Tell size and direction of the battery's power from plausible registers (W, A)."""
    signed = _number(registers, "battery_power_signed_w")
    legacy = _number(registers, "battery_power_legacy_w")
    current = _number(registers, "battery_current_legacy_a")
    if current is None:
        current = _number(registers, "battery_current_a")
    if signed and (legacy is None or _is_close(abs(signed), abs(legacy))):
        power: float | None = -signed  # 5214 is negative while charging, in every firmware that has it
        magnitude = abs(signed)
    elif legacy is not None:
        power = _direct(legacy, current, registers)
        magnitude = abs(legacy)
    else:
        return BatteryFlow()
    if signed and legacy is not None and signed > 0 > legacy:
        power = None  # the two signed registers contradict each other
    return BatteryFlow(power, magnitude, _current(current, power))


def _direct(legacy: float, current: float | None, registers: Mapping[str, Reading]) -> float | None:
    """Give 13022 its direction: it is signed on new firmware, a bare magnitude on old."""
    if legacy <= 0:
        return abs(legacy)
    status = registers.get("power_flow_status")
    if isinstance(status, int):
        charging = flow_bit(status, "flow_battery_charging")
        if charging != flow_bit(status, "flow_battery_discharging"):
            return legacy if charging else -legacy
    if current is not None and current < 0:
        return legacy
    return _from_balance(legacy, registers)


def _from_balance(magnitude: float, registers: Mapping[str, Reading]) -> float | None:
    """What the AC side gives beyond the PV comes out of the battery; the tolerance is the inverter's losses."""
    ac = _number(registers, "total_active_power_w")
    dc = _number(registers, "total_dc_power_w")
    if ac is None or dc is None:
        return None
    discharge = ac - dc
    tolerance = 60 + 0.05 * max(dc, abs(ac), magnitude)
    is_discharging = abs(discharge - magnitude) <= tolerance
    is_charging = abs(discharge + magnitude) <= tolerance
    if is_charging == is_discharging:
        return None
    return magnitude if is_charging else -magnitude


def _current(current: float | None, power: float | None) -> float | None:
    if current is None or power is None:
        return None
    if power == 0:
        return 0.0 if current == 0 else None
    return abs(current) if power > 0 else -abs(current)


def _is_close(first: float, second: float) -> bool:
    """The two registers are read some milliseconds apart."""
    return abs(first - second) <= max(100, 0.15 * max(first, second))


def _number(registers: Mapping[str, Reading], name: str) -> float | None:
    value = registers.get(name)
    return value if isinstance(value, int | float) else None

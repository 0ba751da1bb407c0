"""What the wire calls a value, what both versions of the meter's API call it, and between what bounds it can be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COUNTER = (0, 1e8)
_WATTS = (-1e6, 1e6)
_AMPERES = (-3000, 3000)


@dataclass(frozen=True, slots=True)
class Field:
    """One number: its name on the wire, its keys in a body (v2, v1), and its bounds, both included."""

    name: str
    keys: tuple[str, ...]
    bounds: tuple[float, float]

    def of(self, body: Mapping[str, Any]) -> float | None:
        """Give the value, or None if the meter does not have it or tells nonsense."""
        values = (number(body.get(key), *self.bounds) for key in self.keys)
        return next((value for value in values if value is not None), None)


def number(value: Any, lowest: float, highest: float) -> float | None:
    """Take a JSON number within bounds; a text, a truth value, NaN and Infinity are none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        return None
    return value if math.isfinite(value) else None


def _counters(direction: str) -> tuple[Field, ...]:
    v2, v1 = f"energy_{direction}", f"total_power_{direction}"
    return tuple(
        Field(f"{v2}_t{tariff}_kwh", (f"{v2}_t{tariff}_kwh", f"{v1}_t{tariff}_kwh"), _COUNTER) for tariff in range(1, 5)
    )


IMPORT_TARIFFS = _counters("import")
EXPORT_TARIFFS = _counters("export")
IMPORT_TOTAL = Field("energy_import_kwh", ("energy_import_kwh", "total_power_import_kwh"), _COUNTER)
EXPORT_TOTAL = Field("energy_export_kwh", ("energy_export_kwh", "total_power_export_kwh"), _COUNTER)
POWER = Field("power_w", ("power_w", "active_power_w"), _WATTS)
TARIFF = Field("tariff", ("tariff", "active_tariff"), (1, 4))

DETAILS = (
    *(Field(f"power_l{n}_w", (f"power_l{n}_w", f"active_power_l{n}_w"), _WATTS) for n in (1, 2, 3)),
    Field("voltage_l1_v", ("voltage_l1_v", "active_voltage_l1_v", "voltage_v", "active_voltage_v"), (0, 1000)),
    Field("voltage_l2_v", ("voltage_l2_v", "active_voltage_l2_v"), (0, 1000)),
    Field("voltage_l3_v", ("voltage_l3_v", "active_voltage_l3_v"), (0, 1000)),
    Field("current_a", ("current_a", "active_current_a"), _AMPERES),
    *(Field(f"current_l{n}_a", (f"current_l{n}_a", f"active_current_l{n}_a"), _AMPERES) for n in (1, 2, 3)),
    Field("frequency_hz", ("frequency_hz", "active_frequency_hz"), (0, 100)),
    Field("average_power_15m_w", ("average_power_15m_w", "active_power_average_w"), (0, 1e6)),
    # "montly" is how version 1 spells it.
    Field("monthly_power_peak_w", ("monthly_power_peak_w", "montly_power_peak_w"), (0, 1e6)),
)
PEAK_TIME_KEYS = ("monthly_power_peak_timestamp", "montly_power_peak_timestamp")

_OTHERS = (
    *("unique_id", "meter_model", "smr_version", "protocol_version", "external", *PEAK_TIME_KEYS),
    *("total_gas_m3", "gas_timestamp", "gas_unique_id", "any_power_fail_count", "long_power_fail_count"),
)
_ALL = (*IMPORT_TARIFFS, *EXPORT_TARIFFS, IMPORT_TOTAL, EXPORT_TOTAL, POWER, TARIFF, *DETAILS)
MEASUREMENT_KEYS = frozenset(key for field in _ALL for key in field.keys).union(_OTHERS) - {"tariff"}
"""Keys by which a measurement is recognised; those that any document may have are left out."""

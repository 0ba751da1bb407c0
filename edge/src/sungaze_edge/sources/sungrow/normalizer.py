"""Decoded registers to the values of a sample: signs, bounds, and null for what this home does not have."""

from collections.abc import Mapping

from sungaze_edge.source import Value
from sungaze_edge.sources.sungrow.battery import battery_flow
from sungaze_edge.sources.sungrow.decoding import Reading
from sungaze_edge.sources.sungrow.models import model_of
from sungaze_edge.sources.sungrow.registers import BY_NAME
from sungaze_edge.sources.sungrow.states import running_state_text

DIRECT = {
    "pv_power_w": "total_dc_power_w",
    "pv_daily_kwh": "daily_pv_generation_kwh",
    "battery_soc_pct": "battery_soc_pct",
    "battery_temp_c": "battery_temperature_c",
    "load_power_w": "load_power_w",
    "export_power_w": "export_power_w",
    "pv_total_kwh": "total_pv_generation_kwh",
    "import_total_kwh": "total_import_energy_kwh",
    "export_total_kwh": "total_export_energy_kwh",
    "battery_charge_total_kwh": "total_battery_charge_kwh",
    "battery_discharge_total_kwh": "total_battery_discharge_kwh",
    "battery_soh_pct": "battery_soh_pct",
    "battery_voltage_v": "battery_voltage_v",
    "inverter_power_w": "total_active_power_w",
    "inverter_temp_c": "inverter_temperature_c",
    "meter_power_w": "meter_active_power_w",
    **{f"mppt{n}_{what}": f"mppt{n}_{what}" for n in (1, 2, 3, 4) for what in ("voltage_v", "current_a")},
    **{f"phase_{p}_{what}": f"phase_{p}_{what}" for p in "abc" for what in ("voltage_v", "current_a")},
}
"""Fields that are one register each: field -> register."""

COMPUTED = {
    "battery_power_w": ("battery_power_legacy_w", "power_flow_status", "total_active_power_w"),
    "battery_power_abs_w": ("battery_power_legacy_w",),
    "battery_current_a": ("battery_current_legacy_a",),
    "grid_frequency_hz": ("grid_frequency_coarse_hz",),
    "running_state": ("running_state",),
}
"""Fields that are worked out, with the registers they rest on."""

FIELDS = (*DIRECT, *COMPUTED)

_BATTERY_LIVE = ("battery_soc_pct", "battery_temp_c", "battery_soh_pct", "battery_voltage_v")
_BATTERY_FLOW = ("battery_power_w", "battery_power_abs_w", "battery_current_a")
_BATTERY_TOTALS = ("battery_charge_total_kwh", "battery_discharge_total_kwh")
_GRID = ("load_power_w", "export_power_w", "import_total_kwh", "export_total_kwh", "meter_power_w")
_OVERLOAD = 1.5


def normalize(registers: Mapping[str, Reading]) -> dict[str, Value]:
    """Give every field of a sample, null where the device has no (believable) value.

    Args:
        registers: decoded registers by name; a name that is missing was not read.
    """
    sane = {name: value for name, value in registers.items() if is_sane(name, value)}
    _drop_overloads(sane)
    values: dict[str, Value] = {field: _scalar(sane.get(register)) for field, register in DIRECT.items()}
    flow = battery_flow(sane)
    values["battery_power_w"] = flow.power_w
    values["battery_power_abs_w"] = flow.magnitude_w
    values["battery_current_a"] = flow.current_a
    frequency = sane.get("grid_frequency_hz")  # the finer register, where the firmware has it
    values["grid_frequency_hz"] = _scalar(frequency or sane.get("grid_frequency_coarse_hz"))
    state = sane.get("running_state")
    values["running_state"] = running_state_text(state) if isinstance(state, int) else None
    absent = {*_absent_battery(registers), *_absent_grid(registers), *_absent_parts(sane)}
    values |= dict.fromkeys(absent)
    values["sample_count"] = 1
    return values


def is_sane(name: str, value: Reading) -> bool:
    """Whether a reading lies within the bounds of its register; no reading does not."""
    if value is None:
        return False
    numbers = value if isinstance(value, list) else [value]
    register = BY_NAME[name]
    return all(register.is_plausible(number) for number in numbers if isinstance(number, int | float))


def rated_power_w(registers: Mapping[str, Reading]) -> float | None:
    """What the inverter can deliver to the AC side (W), as it says itself; None if it does not."""
    nominal = registers.get("nominal_power_kw")
    return nominal * 1000 if isinstance(nominal, int | float) and is_sane("nominal_power_kw", nominal) else None


def _drop_overloads(sane: dict[str, Reading]) -> None:
    """Drop powers that this inverter's ratings rule out: 45 kW spikes are reported on 10 kW devices."""
    nominal = rated_power_w(sane)
    converter = sane.get("bdc_rated_power_w")
    battery = float(converter) if isinstance(converter, int | float) else 0.0
    limits = {}
    if nominal:
        # While the sun both feeds the AC side and charges the battery, PV may exceed 1.5 x nominal (SH5.0RS).
        limits["total_dc_power_w"] = max(_OVERLOAD * nominal, nominal + battery)
        limits["total_active_power_w"] = _OVERLOAD * nominal + 500
    if nominal or battery:
        limit = _OVERLOAD * max(nominal or 0, battery) + 500
        limits |= dict.fromkeys(("battery_power_signed_w", "battery_power_legacy_w"), limit)
    for name, limit in limits.items():
        value = sane.get(name)
        if isinstance(value, int | float) and abs(value) > limit:
            del sane[name]


def _absent_battery(registers: Mapping[str, Reading]) -> tuple[str, ...]:
    """Name the battery's fields if there is none: its voltage reads 0 and nothing else contradicts.

    An empty battery (0 %) keeps its voltage. Counters that have counted stay.
    """
    signs_of_life = ("battery_voltage_v", "battery_soc_pct", "battery_power_legacy_w", "battery_power_signed_w")
    if "battery_voltage_v" not in registers or any(registers.get(name) for name in signs_of_life):
        return ()
    unused = [field for field in _BATTERY_TOTALS if not registers.get(DIRECT[field])]
    return (*_BATTERY_LIVE, *_BATTERY_FLOW, *unused)


def _absent_grid(registers: Mapping[str, Reading]) -> tuple[str, ...]:
    """Name the fields that need a meter if none is paired: LAN marks it not available, WiNet-S gives zeros."""
    meter = registers.get("meter_active_power_w", 0)
    proofs = ("export_power_w", "total_import_energy_kwh", "total_export_energy_kwh")
    if meter is None or (meter == 0 and all(registers.get(name) == 0 for name in proofs)):
        return _GRID
    return ()


def _absent_parts(sane: Mapping[str, Reading]) -> list[str]:
    """Name the PV inputs and phases that this model does not have; WiNet-S gives 0 for them."""
    code = sane.get("device_type_code")
    model = model_of(code) if isinstance(code, int) else None
    absent = []
    for number in (3, 4):
        fields = [f"mppt{number}_voltage_v", f"mppt{number}_current_a"]
        if model and model.mppts is not None:
            has_input = number <= model.mppts
        else:
            has_input = any(sane.get(field) for field in fields)
        absent += [] if has_input else fields
    if sane.get("output_type") == 0 or (model and model.phases == 1):
        absent += [f"phase_{phase}_{what}" for phase in "bc" for what in ("voltage_v", "current_a")]
    return absent


def _scalar(reading: Reading) -> Value:
    return None if isinstance(reading, list) else reading

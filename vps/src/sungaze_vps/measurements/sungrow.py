"""Readings of a Sungrow hybrid inverter (spec 002's columns, then what real energy accounting and status need)."""

from sungaze_vps.measurement import Energy, Field, Measurement, Rollup

_POWER_W = 1e6
_ENERGY_KWH = 1e9


def _power(name: str, description: str, rollup: Rollup = Rollup.MEAN) -> Field:
    return Field(name, f"{description} (W)", -_POWER_W, _POWER_W, rollup=rollup)


def _counter(name: str, description: str) -> Field:
    return Field(name, f"{description}, lifetime counter (kWh)", 0, _ENERGY_KWH, rollup=Rollup.COUNTER)


def _string(number: int) -> tuple[Field, Field]:
    return (
        Field(f"mppt{number}_voltage_v", f"PV input {number} voltage (V)", 0, 2000),
        Field(f"mppt{number}_current_a", f"PV input {number} current (A)", 0, 1000),
    )


def _phase(letter: str) -> tuple[Field, Field]:
    return (
        Field(f"phase_{letter}_voltage_v", f"grid phase {letter.upper()} voltage (V)", 0, 1000),
        Field(f"phase_{letter}_current_a", f"inverter phase {letter.upper()} current (A)", -1000, 1000),
    )


MEASUREMENT = Measurement(
    kind="sungrow",
    fields=(
        Field("pv_power_w", "PV production (W), never negative", 0, _POWER_W, rollup=Rollup.MEAN_AND_MAX),
        Field("pv_daily_kwh", "PV yield since the inverter's midnight (kWh)", 0, 1e5),
        _power("battery_power_w", "battery power, positive = charging"),
        Field("battery_soc_pct", "battery state of charge (%)", 0, 100, rollup=Rollup.MEAN),
        Field("battery_temp_c", "battery temperature (degC)", -60, 150),
        _power("load_power_w", "household load; negative when another source feeds behind the meter"),
        _power("export_power_w", "grid power, positive = exporting"),
        _counter("pv_total_kwh", "PV yield"),
        _counter("import_total_kwh", "energy taken from the grid"),
        _counter("export_total_kwh", "energy given to the grid"),
        _counter("battery_charge_total_kwh", "energy charged into the battery"),
        _counter("battery_discharge_total_kwh", "energy discharged from the battery"),
        Field(
            "battery_power_abs_w",
            "battery power without direction (W); set when its direction is unknown, too",
            0,
            _POWER_W,
        ),
        Field("battery_soh_pct", "battery state of health (%)", 0, 100),
        Field("battery_voltage_v", "battery voltage (V)", 0, 2000),
        Field("battery_current_a", "battery current (A), positive = charging", -2000, 2000),
        _power("inverter_power_w", "inverter AC power, negative when charging from AC", Rollup.NONE),
        Field("inverter_temp_c", "inverter temperature (degC)", -60, 150),
        Field("grid_frequency_hz", "grid frequency (Hz)", 0, 100),
        _power("meter_power_w", "power at the plant's own meter, positive = importing", Rollup.NONE),
        *_string(1),
        *_string(2),
        *_string(3),
        *_string(4),
        *_phase("a"),
        *_phase("b"),
        *_phase("c"),
        Field("running_state", "inverter state in words, such as Running or Standby", type="text"),
    ),
    energies=(
        Energy("pv_kwh", "pv_total_kwh", "pv_power_w"),
        Energy("import_kwh", "import_total_kwh", "export_power_w", -1),
        Energy("export_kwh", "export_total_kwh", "export_power_w"),
        Energy("battery_charge_kwh", "battery_charge_total_kwh", "battery_power_w"),
        Energy("load_kwh", None, "load_power_w"),
        Energy("battery_discharge_kwh", "battery_discharge_total_kwh", "battery_power_w", -1),
    ),
)

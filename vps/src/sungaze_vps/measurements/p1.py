"""Readings of a grid meter through its P1 port (spec 003's columns, then what the meter has besides)."""

from sungaze_vps.measurement import Energy, Field, Measurement, Rollup

_POWER_W = 1e6
_ENERGY_KWH = 1e9
_PHASES = (1, 2, 3)
_TARIFFS = (1, 2, 3, 4)


def _power(name: str, description: str, minimum: float = -_POWER_W, rollup: Rollup = Rollup.NONE) -> Field:
    return Field(name, f"{description} (W)", minimum, _POWER_W, rollup=rollup)


def _counter(name: str, description: str, rollup: Rollup = Rollup.NONE) -> Field:
    return Field(name, f"{description}, the meter's counter (kWh)", 0, _ENERGY_KWH, rollup=rollup)


def _current(name: str, description: str) -> Field:
    return Field(name, f"{description} (A); whether it is signed depends on the meter", -3000, 3000)


def _time(name: str, description: str) -> Field:
    return Field(name, description, type="time")


MEASUREMENT = Measurement(
    kind="p1",
    fields=(
        _power("power_w", "grid power, positive = importing", rollup=Rollup.MEAN),
        _power("import_power_w", "power taken from the grid, 0 while exporting", 0, Rollup.MEAN_AND_MAX),
        _counter("energy_import_kwh", "energy taken from the grid, all tariffs", Rollup.COUNTER),
        _counter("energy_export_kwh", "energy given to the grid, all tariffs", Rollup.COUNTER),
        *(_counter(f"energy_import_t{tariff}_kwh", f"energy taken in tariff {tariff}") for tariff in _TARIFFS),
        *(_counter(f"energy_export_t{tariff}_kwh", f"energy given in tariff {tariff}") for tariff in _TARIFFS),
        *(_power(f"power_l{phase}_w", f"power of phase {phase}, positive = importing") for phase in _PHASES),
        *(Field(f"voltage_l{phase}_v", f"voltage of phase {phase} (V)", 0, 1000) for phase in _PHASES),
        _current("current_a", "sum of the phases' currents"),
        *(_current(f"current_l{phase}_a", f"current of phase {phase}") for phase in _PHASES),
        Field("frequency_hz", "grid frequency (Hz)", 0, 100),
        _power("average_power_15m_w", "the meter's own: energy so far in the running quarter / 0.25 h (Belgium)", 0),
        _power("monthly_power_peak_w", "the meter's own: highest quarter of the running month (Belgium)", 0),
        _time("monthly_power_peak_ts", "when that quarter was, by the meter"),
        _time("meter_ts", "when the meter made the telegram, by its own clock"),
        Field("meter_unique_id", "serial number of the meter; where it changes, another meter counts on", type="text"),
        Field("tariff", "tariff in force; in Belgium 1 = day, 2 = night", 1, 4),
        Field("gas_m3", "gas meter (m3)", 0, 1e9),
        _time("gas_ts", "when the gas meter was read"),
        Field("water_m3", "water meter (m3)", 0, 1e9),
        _time("water_ts", "when the water meter was read"),
    ),
    energies=(
        Energy("import_kwh", "energy_import_kwh", "power_w"),
        Energy("export_kwh", "energy_export_kwh", "power_w", -1),
    ),
    segment="meter_unique_id",
    marker="power_w",
)

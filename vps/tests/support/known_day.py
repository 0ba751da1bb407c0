"""One day of a home whose sums can be done in the head."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
LONG_DAY = datetime(2025, 10, 26, tzinfo=BRUSSELS)
"""It has 25 hours."""


def a_known_day():
    """Give a long day and the first minute after it, every 5 minutes: 2 kW of sun, 0.5 kW to the battery, and so on."""
    power = {"pv_power_w": 2000, "load_power_w": 1200, "battery_power_w": 500, "export_power_w": 300}
    begin = LONG_DAY.astimezone(UTC)
    readings = []
    for minutes in range(0, 25 * 60 + 5, 5):
        shown = {
            f"{name}_total_kwh": 100 + kw * minutes / 60 for name, kw in (("pv", 2), ("export", 0.3), ("import", 0))
        }
        shown |= {
            "battery_charge_total_kwh": 7 + minutes / 120,
            "battery_discharge_total_kwh": 3,
            "battery_soc_pct": 64,
        }
        readings.append((begin + timedelta(minutes=minutes), 1, power | shown))
    return readings


def a_known_meter():
    """Give the same day of a grid meter that draws 1 kW, and 6 kW from a quarter past eight until half past."""
    begin = LONG_DAY.astimezone(UTC)
    peak = begin + timedelta(hours=9, minutes=15)  # the clocks went back an hour meanwhile
    readings, kwh = [], 500.0
    for minutes in range(0, 25 * 60 + 5, 5):
        ts = begin + timedelta(minutes=minutes)
        values = {"power_w": 1000, "import_power_w": 1000, "energy_import_kwh": round(kwh, 6), "energy_export_kwh": 1}
        readings.append((ts, 1, {**values, "monthly_power_peak_w": 6001, "monthly_power_peak_ts": peak}))
        kwh += (6 if peak <= ts < peak + timedelta(minutes=15) else 1) / 12
    return readings

"""Homes whose readings follow from the time alone, so that a test may ask for any stretch and knows what it means."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import cos, pi, sin
from typing import Any

FULL, SUN, METER, MANY, EMPTY = (
    "reads-the-full-home",
    "reads-the-sun-alone",
    "reads-the-meter-alone",
    "reads-two-roofs-and-a-meter",
    "reads-nothing-so-far",
)
FRESH = [f"reads-fresh-home-{number}" for number in range(40)]
"""Homes that nothing has arrived from; a test takes one that is its own."""
HOMES = {
    FULL: ("home", "p1"),
    SUN: ("solar",),
    METER: ("lone-meter",),
    MANY: ("roof", "barn", "street"),
    EMPTY: ("nothing",),
    **{token: (f"fresh-{number}", f"fresh-{number}-p1") for number, token in enumerate(FRESH)},
}
"""Read token -> its devices."""

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
CLOCK_CHANGES = (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC))
"""Of Brussels: a day of 23 hours and one of 25."""
LATELY = timedelta(days=33)
"""For so long back there is a reading every five minutes; before, four a day, save around the clock changes."""
HOLE_DAYS_AGO, HOLE_HOURS = 5, 3

type Sample = dict[str, Any]

_DAYS = range(3000)
_SUN_KWH = [5 + 14 * sin(pi * day / 365) ** 2 + day % 5 for day in _DAYS]
_GRID_KWH = [4.0 + day % 7 for day in _DAYS]
_SUN_BEFORE = [0, *accumulate(_SUN_KWH)]
_GRID_BEFORE = [0, *accumulate(_GRID_KWH)]
_CHARGED, _EXPORTED, _DISCHARGED = 0.3, 0.25, 0.27  # shares of what the sun gave


def utc_now() -> datetime:
    return datetime.now(UTC)


def inverter(device_id: str, moment: datetime, *, battery: bool = True, **values: float) -> Sample:
    """Give a reading; `values` stand in for the made ones."""
    day, by_day, by_night, sun_kw, night_kw = _time_of(moment)
    sun_kwh = _SUN_BEFORE[day] + _SUN_KWH[day] * by_day
    spent_kwh = _SUN_BEFORE[day] + _SUN_KWH[day] * by_night
    grid_kwh = _GRID_BEFORE[day] + _GRID_KWH[day] * by_night
    import_kw, discharge_kw = night_kw * _GRID_KWH[day], night_kw * _DISCHARGED * _SUN_KWH[day]
    stored = {
        "battery_power_w": round(1000 * (_CHARGED * sun_kw - discharge_kw)),
        "battery_soc_pct": round(35 + 50 * by_day - 40 * by_night, 1),
        "battery_charge_total_kwh": round(_CHARGED * sun_kwh, 2),
        "battery_discharge_total_kwh": round(_DISCHARGED * spent_kwh, 2),
    }
    kept_kw = (_CHARGED if battery else 0) * sun_kw
    return {
        **_head(device_id, "sungrow", moment),
        "pv_power_w": round(1000 * sun_kw),
        "export_power_w": round(1000 * (_EXPORTED * sun_kw - import_kw)),
        "load_power_w": round(1000 * (sun_kw + import_kw + battery * discharge_kw - kept_kw - _EXPORTED * sun_kw)),
        "pv_total_kwh": round(sun_kwh, 2),
        "import_total_kwh": round(grid_kwh, 2),
        "export_total_kwh": round(_EXPORTED * sun_kwh, 2),
        **(stored if battery else {}),
        **values,
    }


def meter(device_id: str, moment: datetime, **values: float) -> Sample:
    """Give a reading of the grid meter, which counts a little more than the inverter, as meters do."""
    day, by_day, by_night, sun_kw, night_kw = _time_of(moment)
    power_w = round(1010 * (night_kw * _GRID_KWH[day] - _EXPORTED * sun_kw))
    return {
        **_head(device_id, "p1", moment),
        "power_w": power_w,
        "import_power_w": max(0, power_w),
        "energy_import_kwh": round(1000 + 1.01 * (_GRID_BEFORE[day] + _GRID_KWH[day] * by_night), 3),
        "energy_export_kwh": round(2000 + 1.01 * _EXPORTED * (_SUN_BEFORE[day] + _SUN_KWH[day] * by_day), 3),
        "meter_unique_id": "1SAG1100012345",
        **values,
    }


def moments(now: datetime) -> Iterator[datetime]:
    """Give the times of a year and more of readings, the last one `now`."""
    moment = EPOCH + timedelta(minutes=10)  # within a quarter, so that power times time is something
    hole = (now - timedelta(days=HOLE_DAYS_AGO)).replace(hour=10, minute=0, second=0, microsecond=0)
    while moment < now:
        if not hole < moment < hole + timedelta(hours=HOLE_HOURS):
            yield moment
        if moment >= now - LATELY:
            moment += timedelta(minutes=5)
        elif any(abs(moment - change) < timedelta(days=1.5) for change in CLOCK_CHANGES):
            moment += timedelta(minutes=15)
        else:
            moment += timedelta(hours=6)
    yield now


def _head(device_id: str, kind: str, moment: datetime) -> Sample:
    ts = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"device_id": device_id, "kind": kind, "ts": ts}


def _time_of(moment: datetime) -> tuple[int, float, float, float, float]:
    """Give the day, the shares of its daylight and its night that are over, and what an hour has of them just now."""
    days = (moment - EPOCH) / timedelta(days=1)
    day, hour = int(days), days % 1 * 24
    if 6 <= hour < 18:
        angle = pi * (hour - 6) / 12
        return day, (1 - cos(angle)) / 2, 0.5, _SUN_KWH[day] * pi / 24 * sin(angle), 0
    return day, float(hour >= 18), (hour if hour < 6 else hour - 12) / 12, 0, 1 / 12

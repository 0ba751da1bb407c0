"""A body of the meter's API, either version, to the fields of the wire. Pure: a field that makes no sense is null."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sungaze_edge.source import Value
from sungaze_edge.sources.homewizard_p1.fields import (
    DETAILS,
    EXPORT_TARIFFS,
    EXPORT_TOTAL,
    IMPORT_TARIFFS,
    IMPORT_TOTAL,
    PEAK_TIME_KEYS,
    POWER,
    TARIFF,
    Field,
    number,
)
from sungaze_edge.sources.homewizard_p1.meter_time import meanings, parse_local, render

_LONGEST_ID = 128
_VOLUME_M3 = (0, 1e8)
_NOBODY = re.compile(r"0*|(2[Dd])*")
"""Ids of nothing but zeros or dashes: the dongle has not been told one."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The numbers of one body, and its times as the meter tells them (local, no zone)."""

    numbers: Mapping[str, Value]
    sums: frozenset[str]
    """The totals that the body does not tell: they were summed over the tariffs it has."""
    meter_unique_id: str | None
    meter: datetime | None
    peak: datetime | None
    gas: datetime | None
    water: datetime | None

    @property
    def is_usable(self) -> bool:
        """Whether it tells anything of the grid."""
        return any(self.numbers[name] is not None for name in ("power_w", "energy_import_kwh", "energy_export_kwh"))


@dataclass(frozen=True, slots=True)
class Moments:
    """The times of a measurement in UTC; None is unknown."""

    meter: datetime | None = None
    peak: datetime | None = None
    gas: datetime | None = None
    water: datetime | None = None


def measure(body: Mapping[str, Any]) -> Measurement:
    """Read a body of `/api/measurement` (v2) or `/api/v1/data` (v1)."""
    power = POWER.of(body)
    gas, gas_local = _volume(body, "gas_meter")
    water, water_local = _volume(body, "water_meter")
    tariff = TARIFF.of(body)
    numbers: dict[str, Value] = {
        "power_w": power,
        "import_power_w": None if power is None else max(power, 0),
        "energy_import_kwh": _total(body, IMPORT_TOTAL, IMPORT_TARIFFS),
        "energy_export_kwh": _total(body, EXPORT_TOTAL, EXPORT_TARIFFS),
        **{field.name: field.of(body) for field in (*IMPORT_TARIFFS, *EXPORT_TARIFFS, *DETAILS)},
        "tariff": int(tariff) if tariff is not None and tariff == int(tariff) else None,
        "gas_m3": gas,
        "water_m3": water,
    }
    return Measurement(
        numbers,
        frozenset(total.name for total in (IMPORT_TOTAL, EXPORT_TOTAL) if total.of(body) is None),
        _unique_id(body.get("unique_id")),
        parse_local(body.get("timestamp")),
        next((time for key in PEAK_TIME_KEYS if (time := parse_local(body.get(key)))), None),
        gas_local,
        water_local,
    )


def wire_values(measured: Measurement, moments: Moments) -> dict[str, Value]:
    """Put the fields of a sample together."""
    return {
        **measured.numbers,
        "monthly_power_peak_ts": render(moments.peak),
        "meter_ts": render(moments.meter),
        "meter_unique_id": measured.meter_unique_id,
        "gas_ts": render(moments.gas),
        "water_ts": render(moments.water),
    }


def _total(body: Mapping[str, Any], total: Field, tariffs: Iterable[Field]) -> float | None:
    """Give the meter's own total, else the sum over the tariffs it has: T1 alone would be wrong."""
    told = total.of(body)
    if told is not None:
        return told
    parts = [value for field in tariffs if (value := field.of(body)) is not None]
    return round(sum(parts), 3) if parts else None


def _volume(body: Mapping[str, Any], kind: str) -> tuple[float | None, datetime | None]:
    """Give volume (m3) and time of the newest reading of a kind.

    A channel of a meter that is long gone stays at zero, so any volume is better than none.
    """
    readings = [*_external(body.get("external"), kind), *(_plain_gas(body) if kind == "gas_meter" else ())]
    if not readings:
        return None, None
    return max(readings, key=lambda reading: (reading[0] > 0, _newest(reading[1]), reading[0]))


def _newest(local: datetime | None) -> datetime:
    return _NEVER if local is None else max(meanings(local), default=_NEVER)


def _external(entries: Any, kind: str) -> Iterable[tuple[float, datetime | None]]:
    """Find the complete entries of a kind; what lacks its id, time, value or unit is skipped."""
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or entry.get("type") != kind or entry.get("unit") != "m3":
            continue
        value, local = number(entry.get("value"), *_VOLUME_M3), parse_local(entry.get("timestamp"))
        if value is not None and local is not None and isinstance(entry.get("unique_id"), str):
            yield value, local


def _plain_gas(body: Mapping[str, Any]) -> Iterable[tuple[float, datetime | None]]:
    value = number(body.get("total_gas_m3"), *_VOLUME_M3)
    if value is not None:
        yield value, parse_local(body.get("gas_timestamp"))


def _unique_id(value: Any) -> str | None:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isprintable():
        return None
    return None if _NOBODY.fullmatch(value) else value

"""A telegram of the P1 port (DSMR, Belgian e-MUCS) as a body of the API, so that one normalizer reads both.

Its times carry the letter of summer (S) or winter (W) that the API strips, so they are exact here.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sungaze_edge.errors import CaptureError

_LINE = re.compile(r"^\s*(?:\d+-)?(\d+:\d+\.\d+\.\d+)((?:\([^()\n]*\))+)\s*$", re.MULTILINE)
_TIME_ZONES = {"S": "+0200", "W": "+0100"}
_EXTERNAL: dict[float, str] = {3: "gas_meter", 7: "water_meter"}  # device types of M-Bus
_KILO = 1000

# Channel:object (OBIS) -> the key of the API, and what turns its unit into ours.
_PLAIN = {
    "0:1.8.0": ("energy_import_kwh", 1),
    "0:2.8.0": ("energy_export_kwh", 1),
    **{f"0:1.8.{tariff}": (f"energy_import_t{tariff}_kwh", 1) for tariff in range(1, 5)},
    **{f"0:2.8.{tariff}": (f"energy_export_t{tariff}_kwh", 1) for tariff in range(1, 5)},
    **{f"0:{code}.7.0": (f"voltage_l{phase}_v", 1) for phase, code in enumerate((32, 52, 72), 1)},
    **{f"0:{code}.7.0": (f"current_l{phase}_a", 1) for phase, code in enumerate((31, 51, 71), 1)},
    "0:14.7.0": ("frequency_hz", 1),
    "0:96.14.0": ("tariff", 1),
    "3:0.2.8": ("protocol_version", 1),
    "0:1.4.0": ("average_power_15m_w", _KILO),
}
# Offtake and injection are two objects, one of them 0.
_NET = {
    "power_w": ("0:1.7.0", "0:2.7.0"),
    "power_l1_w": ("0:21.7.0", "0:22.7.0"),
    "power_l2_w": ("0:41.7.0", "0:42.7.0"),
    "power_l3_w": ("0:61.7.0", "0:62.7.0"),
}


def is_telegram(document: Any) -> bool:
    """Whether a text looks like a telegram."""
    return isinstance(document, str) and document.lstrip().startswith("/") and _LINE.search(document) is not None


def parse_telegram(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a telegram.

    Returns:
        The body that the API would give, and what a telegram alone tells: `meter_time` as it came, `crc` (as computed),
        `crc_is_right`, and `peak_history`: the month peaks that the meter keeps.

    Raises:
        CaptureError: nothing in it is a line of a telegram.
    """
    objects = {code: re.findall(r"\(([^()]*)\)", values) for code, values in _LINE.findall(text)}
    if not objects:
        raise CaptureError("no telegram: it has no line such as 1-0:1.8.1(001234.567*kWh)")
    body: dict[str, Any] = {name: _number(objects.get(code), factor) for code, (name, factor) in _PLAIN.items()}
    for name, (offtake, injection) in _NET.items():
        taken, given = _number(objects.get(offtake), _KILO), _number(objects.get(injection), _KILO)
        body[name] = None if taken is None else taken - (given or 0)
    meter_time, peak = objects.get("0:1.0.0", [""])[0], objects.get("0:1.6.0", [""])
    body |= {
        "timestamp": _iso(meter_time),
        "unique_id": objects.get("0:96.1.1", [None])[0],
        "monthly_power_peak_w": _number(peak[1:], _KILO),
        "monthly_power_peak_timestamp": _iso(peak[0]),
        "external": list(_external(objects)),
    }
    crc = checksum(text)
    printed = text.rpartition("!")[2].strip().upper()
    history = list(_history(objects.get("0:98.1.0", [])))
    return body, {
        "meter_time": meter_time or None,
        "crc": crc,
        "crc_is_right": crc == printed,
        "peak_history": history,
    }


def _number(values: list[str] | None, factor: int) -> float | None:
    """Read the first value, such as 00.676*kW; whole numbers stay whole."""
    try:
        value = float(values[0].partition("*")[0]) * factor if values else None
    except ValueError:
        return None
    if value is None or not math.isfinite(value):  # "nan" is a number to Python
        return None
    value = round(value, 3)
    return int(value) if value.is_integer() else value


def _iso(stamp: str) -> str | None:
    try:
        return datetime.strptime(stamp[:-1] + _TIME_ZONES[stamp[-1:]], "%y%m%d%H%M%S%z").isoformat()
    except (KeyError, ValueError):  # a placeholder such as 632525252525W
        return None


def _external(objects: Mapping[str, list[str]]) -> Iterator[dict[str, Any]]:
    for channel in range(1, 5):
        kind = _EXTERNAL.get(_number(objects.get(f"{channel}:24.1.0"), 1) or 0)
        reading = objects.get(f"{channel}:24.2.1") or objects.get(f"{channel}:24.2.3")
        if kind is None or reading is None or len(reading) < 2:
            continue
        ids = objects.get(f"{channel}:96.1.0") or objects.get(f"{channel}:96.1.1") or [""]
        yield {
            "unique_id": ids[0],
            "type": kind,
            "timestamp": _iso(reading[0]),
            "value": _number(reading[1:], 1),
            "unit": reading[1].partition("*")[2],
        }


def _history(values: list[str]) -> Iterator[dict[str, Any]]:
    """Read 98.1.0: (n)(object)(object), then for each month (period end)(time of the peak)(kW)."""
    months = values[3:]
    for end, time, power in zip(months[::3], months[1::3], months[2::3], strict=False):
        yield {"period_end": _iso(end), "peak_time": _iso(time), "peak_w": _number([power], _KILO)}


def checksum(text: str) -> str:
    """Compute the CRC-16 (polynomial 0xA001, reflected, from 0) over everything from / to !, lines ended by CR LF."""
    telegram = text[text.find("/") if "/" in text else 0 : text.rfind("!") + 1 or None]
    crc = 0
    for byte in "\r\n".join(telegram.splitlines()).encode("utf-8", "replace"):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return f"{crc:04X}"

"""A telegram as the dongle's two APIs write it, and what is true in the names that the pipeline gives it.

Made from the vendor's documentation and from recordings; it shares nothing with the decoder on the edge, which is
judged by it. Only what such a meter really publishes is there: no frequency, no totals of water.
"""

from datetime import datetime
from typing import Any

from sungaze_sim.p1.telegram import BRUSSELS, Telegram

_WIFI_SSID = "somebody's network"
_SAGS, _SWELLS, _POWER_FAILS = (12, 12, 19), (5055, 1950, 0), (12, 2)
_GAS_ID = "3738464C4F32313139303333373333"
_UNKNOWN_GAS_ID = "2D" * 18
"""Dashes: what the dongle says of a Belgian gas meter over v1."""


def measurement_v2(telegram: Telegram) -> dict[str, Any]:
    """Write the body of `/api/measurement`."""
    body: dict[str, Any] = {
        "protocol_version": 50,
        "meter_model": _model(telegram),
        "unique_id": telegram.unique_id,
        "timestamp": _local(telegram.at),
        "tariff": telegram.tariff,
        **_energies("energy", telegram),
        "power_w": telegram.power_w,
    }
    for number, phase in enumerate(telegram.phases, 1):
        body[f"power_l{number}_w"] = phase.power_w
        body[f"voltage_l{number}_v"] = phase.voltage_v
        body[f"current_l{number}_a"] = phase.current_a
    body |= {"current_a": telegram.current_a, **_disturbances(telegram)}
    if telegram.average_w is not None:
        body["average_power_15m_w"] = telegram.average_w
    if telegram.peak is not None:
        body["monthly_power_peak_w"] = telegram.peak.power_w
        body["monthly_power_peak_timestamp"] = _local(telegram.peak.at)
    return body | {"external": [_gas(telegram, _local(telegram.gas_at))]}


def data_v1(telegram: Telegram) -> dict[str, Any]:
    """Write the body of `/api/v1/data`: other names, numbers with a fraction, and no time of the electricity meter."""
    body: dict[str, Any] = {
        "wifi_ssid": _WIFI_SSID,
        "wifi_strength": 78,
        "smr_version": 50,
        "meter_model": _model(telegram),
        "unique_id": telegram.unique_id,
        "active_tariff": telegram.tariff,
        **_energies("total_power", telegram),
        "active_power_w": float(telegram.power_w),
    }
    for number, phase in enumerate(telegram.phases, 1):
        body[f"active_power_l{number}_w"] = float(phase.power_w)
        body[f"active_voltage_l{number}_v"] = phase.voltage_v
        body[f"active_current_l{number}_a"] = phase.current_a
    for number in range(len(telegram.phases) + 1, 4):  # null here, absent in v2
        body[f"active_power_l{number}_w"] = None
    body |= {"active_current_a": telegram.current_a}
    body |= {name: float(count) for name, count in _disturbances(telegram).items()}
    if telegram.average_w is not None:
        body["active_power_average_w"] = float(telegram.average_w)
    if telegram.peak is not None:  # "montly" is the vendor's
        body["montly_power_peak_w"] = float(telegram.peak.power_w)
        body["montly_power_peak_timestamp"] = _digits(telegram.peak.at)
    gas_id = _GAS_ID if telegram.dutch else _UNKNOWN_GAS_ID
    body |= {"total_gas_m3": telegram.gas_m3, "gas_timestamp": _digits(telegram.gas_at), "gas_unique_id": gas_id}
    return body | {"external": [_gas(telegram, _digits(telegram.gas_at))] if telegram.dutch else []}


def published(telegram: Telegram, *, with_meter_time: bool) -> dict[str, float | str | None]:
    """Give what those bodies truly say, in the pipeline's names; None for what the meter does not publish.

    Times are RFC 3339 in UTC. v1 has no time of the electricity meter.
    """
    peak = telegram.peak
    truth: dict[str, float | str | None] = {
        "power_w": telegram.power_w,
        "import_power_w": max(telegram.power_w, 0),
        **_energies("energy", telegram),
        "current_a": telegram.current_a,
        "frequency_hz": None,
        "average_power_15m_w": telegram.average_w,
        "monthly_power_peak_w": peak.power_w if peak else None,
        "monthly_power_peak_ts": _utc(peak.at) if peak else None,
        "meter_ts": _utc(telegram.at) if with_meter_time else None,
        "meter_unique_id": telegram.unique_id,
        "tariff": telegram.tariff,
        "gas_m3": telegram.gas_m3,
        "gas_ts": _utc(telegram.gas_at),
        "water_m3": None,
        "water_ts": None,
    }
    for number in (1, 2, 3):
        phase = telegram.phases[number - 1] if number <= len(telegram.phases) else None
        truth[f"power_l{number}_w"] = phase.power_w if phase else None
        truth[f"voltage_l{number}_v"] = phase.voltage_v if phase else None
        truth[f"current_l{number}_a"] = phase.current_a if phase else None
    for number in (3, 4):
        truth[f"energy_import_t{number}_kwh"] = truth[f"energy_export_t{number}_kwh"] = None
    return truth


def _energies(prefix: str, telegram: Telegram) -> dict[str, float]:
    energies = {}
    for direction, counters_wh in (("import", telegram.import_wh), ("export", telegram.export_wh)):
        energies[f"{prefix}_{direction}_kwh"] = sum(counters_wh) / 1000
        for tariff, counted_wh in enumerate(counters_wh, 1):
            energies[f"{prefix}_{direction}_t{tariff}_kwh"] = counted_wh / 1000
    return energies


def _disturbances(telegram: Telegram) -> dict[str, int]:
    """Give the sags and failures that Dutch meters count and Belgian ones do not publish."""
    if not telegram.dutch:
        return {}
    counts = {"any_power_fail_count": _POWER_FAILS[0], "long_power_fail_count": _POWER_FAILS[1]}
    for number, (sags, swells) in enumerate(zip(_SAGS, _SWELLS, strict=True), 1):
        if number <= len(telegram.phases):
            counts |= {f"voltage_sag_l{number}_count": sags, f"voltage_swell_l{number}_count": swells}
    return counts


def _gas(telegram: Telegram, timestamp: str | int) -> dict[str, Any]:
    return {
        "unique_id": _GAS_ID,
        "type": "gas_meter",
        "timestamp": timestamp,
        "value": telegram.gas_m3,
        "unit": "m3",
    }


def _model(telegram: Telegram) -> str:
    return "Landis + Gyr" if telegram.dutch else "LGF5E360"


def _local(moment: datetime) -> str:
    return moment.astimezone(BRUSSELS).strftime("%Y-%m-%dT%H:%M:%S")


def _digits(moment: datetime) -> int:
    return int(moment.astimezone(BRUSSELS).strftime("%y%m%d%H%M%S"))


def _utc(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}.000Z"  # a telegram tells whole seconds

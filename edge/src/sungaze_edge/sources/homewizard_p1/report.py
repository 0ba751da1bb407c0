"""What a recorded answer of a dongle says, as one JSON object: for anyone who has no dongle, or doubts the decoder."""

from collections.abc import Mapping
from typing import Any

from sungaze_edge.errors import CaptureError
from sungaze_edge.sources.homewizard_p1.fields import MEASUREMENT_KEYS, PEAK_TIME_KEYS
from sungaze_edge.sources.homewizard_p1.meter_time import meanings, parse_local, resolve, resolve_past
from sungaze_edge.sources.homewizard_p1.normalizer import Measurement, Moments, measure, wire_values
from sungaze_edge.sources.homewizard_p1.refusals import error_code, explain
from sungaze_edge.sources.homewizard_p1.telegram import is_telegram, parse_telegram

_DEVICE_KEYS = ("product_type", "firmware_version", "api_version", "product_name")
_SYSTEM_KEYS = ("cloud_enabled", "uptime_s", "wifi_rssi_db", "status_led_brightness_pct", "api_v1_enabled")
_V1_KEYS = {"smr_version", "wifi_strength", "total_gas_m3", "gas_timestamp", "gas_unique_id", *PEAK_TIME_KEYS[1:]}
_MESSAGES = ("measurement", "device", "system", "user", "batteries")
_USERS = ("local/", "cloud/")
_OF_OTHERS = {"state_of_charge_pct", "power_factor", "apparent_power_va", "active_apparent_power_va"}
_TRIFLES = {
    "identify": "the dongle blinks",
    "key": "a key for decryption was set or removed",
    "current": "a user of the dongle",
    "token": "a new user of the dongle; whoever has this file can read the meter",
    "target_power_w": "about batteries, not about the meter",
}


def is_known(document: Any) -> bool:
    """Whether a document is an answer of a dongle, a list of such, a telegram, or what `dump` writes."""
    if isinstance(document, list):
        return bool(document) and all(isinstance(entry, dict) and is_known(entry) for entry in document)
    if isinstance(document, str):
        return is_telegram(document) or error_code(document) is not None
    return isinstance(document, dict) and _kind(document) is not None


def decode(document: Any) -> dict[str, Any]:
    """Decode an answer of a dongle, either version; a list of answers becomes `answers`.

    Returns:
        Of a measurement or a telegram `kind`, `device_id`, `ts` (both null: only a poll has them), the fields of a
        sample, `api`, `meter_time` as it came, `meter_model`, and `notes`: what had to be left out or assumed. Of a
        refusal `error`, `meaning` and `remedy`. Of anything else what it tells.

    Raises:
        CaptureError: it is none of these.
    """
    if not is_known(document):
        raise CaptureError("this is no answer of a P1 meter")
    if isinstance(document, list):
        return {"kind": "p1", "answers": [decode(entry) for entry in document]}
    if isinstance(document, str) and not is_telegram(document):
        return _refusal(None, error_code(document))
    if isinstance(document, str):
        body, more = parse_telegram(document)
        decoded = _decode_measurement(body)
        notes = [] if more["crc_is_right"] else [f"the checksum is wrong: it should be {more['crc']}"]
        return {**decoded, "api": "telegram", **more, "notes": [*decoded["notes"], *notes]}
    decoders = {
        "capture": _decode_capture,
        "answer": _decode_answer,
        "message": lambda message: decode(message["data"]),
        "measurement": _decode_measurement,
        "error": _decode_error,
        "about": _decode_about,
    }
    return decoders[_kind(document) or "about"](document)


def _kind(document: Mapping[str, Any]) -> str | None:
    """Find out which decoder a document is for; the first that fits."""
    is_message = document.get("type") in _MESSAGES and isinstance(document.get("data"), dict | list)
    fits = {
        "capture": isinstance(document.get("requests"), list) and "api" in document,
        "answer": "status" in document and ("body" in document or "body_text" in document),
        "error": error_code(document) is not None,
        "message": is_message and is_known(document["data"]),
        "measurement": bool(MEASUREMENT_KEYS & document.keys()) and "target_power_w" not in document,
        "about": any(key in document for key in (*_DEVICE_KEYS, *_SYSTEM_KEYS, *_TRIFLES))
        or str(document.get("name")).startswith(_USERS),
    }
    return next((kind for kind, is_it in fits.items() if is_it), None)


def _decode_measurement(body: Mapping[str, Any]) -> dict[str, Any]:
    measured = measure(body)
    meter = measured.meter and resolve(measured.meter, ())
    peak, gas, water = (local and resolve_past(local, meter) for local in (measured.peak, measured.gas, measured.water))
    is_v1 = bool(_V1_KEYS & body.keys()) or any(key.startswith(("active_", "total_power_")) for key in body)
    return {
        "kind": "p1",
        "device_id": None,
        "ts": None,
        **wire_values(measured, Moments(meter, peak, gas, water)),
        "api": "v1" if is_v1 else "v2",
        "meter_time": body.get("timestamp"),
        "meter_model": model.strip() if isinstance(model := body.get("meter_model"), str) else None,
        "notes": _notes(body, measured),
    }


def _notes(body: Mapping[str, Any], measured: Measurement) -> list[str]:
    notes = []
    if _OF_OTHERS & body.keys():
        notes.append("no P1 meter tells this; an energy socket, a kWh meter or a battery does")
    if not measured.is_usable:
        notes.append("neither power nor counters: the daemon takes no reading from this")
    for way, total in (("import", "total_power_import_kwh"), ("export", "total_power_export_kwh")):
        name = f"energy_{way}_kwh"
        if measured.numbers[name] is not None and body.get(name) is None and body.get(total) is None:
            notes.append(f"{name} is the sum over the tariffs; the body has no total")
    for key in ("timestamp", *PEAK_TIME_KEYS, "gas_timestamp"):
        if body.get(key) is None:
            continue
        local = parse_local(body[key])
        count = 0 if local is None else len(meanings(local))
        if count != 1:
            notes.append(f"{key} {'occurs twice that night' if count else 'is no time there is'}: {body[key]!r:.40}")
    return notes


def _decode_error(body: Mapping[str, Any]) -> dict[str, Any]:
    return _refusal(None, error_code(body))


def _decode_answer(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Decode a body that came with its HTTP status, as captures keep them."""
    body = answer.get("body", answer.get("body_text"))
    status = answer.get("status") if isinstance(answer.get("status"), int) else None
    if status == 204:
        decoded = {"kind": "p1", "status": status, "meaning": "done; there is nothing to tell"}
    elif status == 200 and is_known(body):
        decoded = decode(body)
    else:
        decoded = _refusal(status, error_code(body))
    return {**decoded, **{key: answer[key] for key in ("path", "api", "when") if key in answer and key not in decoded}}


def _refusal(status: int | None, code: str | None) -> dict[str, Any]:
    refusal = explain(status, code)
    return {"kind": "p1", "status": status, "error": code, "meaning": refusal.meaning, "remedy": refusal.remedy}


def _decode_capture(capture: Mapping[str, Any]) -> dict[str, Any]:
    """Decode what `dump` wrote: the measurement, and every other answer apart."""
    answers = [answer for answer in capture["requests"] if isinstance(answer, dict) and is_known(answer)]
    decoded = [decode(answer) for answer in answers]
    measurement = next((one for one in decoded if one.get("api") in ("v1", "v2") and "power_w" in one), None)
    if not decoded:
        raise CaptureError("the capture holds no answer of a P1 meter")
    return {**(measurement or {"kind": "p1"}), "answers": [one for one in decoded if one is not measurement]}


def _decode_about(body: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: body[key] for key in (*_DEVICE_KEYS, "serial", *_SYSTEM_KEYS) if key in body}
    notes = [meaning for key, meaning in _TRIFLES.items() if key in body]
    if told.get("product_type", "HWE-P1") != "HWE-P1":
        notes.append("this is another product of the vendor's, no P1 meter")
    return {"kind": "p1", **told, "meaning": "about the dongle itself; it holds no reading", "notes": notes}

"""Serve a recorded register capture as it is.

The format: `address_base` ("protocol" for documented numbers, "wire" for those minus one), `registers` (function 4),
`holding_registers` (function 3), and `exception_exchanges`, which are answered byte for byte as recorded.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from sungaze_sim.world import LAN_GAP, READ_HOLDING, READ_INPUT, WINET_GAP, Snapshot

_TRUTH = {
    "pv_power_w": "total_dc_power_w",
    "load_power_w": "load_power_w",
    "export_power_w": "export_power_w",
    "battery_soc_pct": "battery_soc_pct",
    "battery_temp_c": "battery_temperature_c",
    "inverter_power_w": "total_active_power_w",
    "phase_a_voltage_v": "phase_a_voltage_v",
    "pv_daily_kwh": "daily_pv_generation_kwh",
    "pv_total_kwh": "total_pv_generation_kwh",
    "import_total_kwh": "total_import_energy_kwh",
    "export_total_kwh": "total_export_energy_kwh",
    "battery_charge_total_kwh": "total_battery_charge_kwh",
    "battery_discharge_total_kwh": "total_battery_discharge_kwh",
}
_DONGLE_MARK = (0x3130, 0x4141)
"""4950 and 4951 over WiNet-S: the dongle's own data, "10AA"."""


class UnknownCaptureError(Exception):
    """No capture has this name, or the file is none; the text says what to do."""


def known_captures() -> list[str]:
    """Name the captures that come with the simulator."""
    return sorted(entry.name.removesuffix(".json") for entry in _shelf().iterdir() if entry.name.endswith(".json"))


def _shelf() -> Any:
    return files("sungaze_sim") / "captures"


class CaptureWorld:
    """An inverter that stands still: every snapshot is the capture."""

    def __init__(self, name: str | Path) -> None:
        """Load a capture by the name of a shipped one or by the path of a file.

        Raises:
            UnknownCaptureError: there is no such capture, or the file is not one.
        """
        document = _load(name)
        self._model = str(document.get("model", "inverter of unknown model")).split(",")[0].split(" (")[0]
        self._snapshot = _snapshot(document, name)

    def describe(self) -> str:
        """Name the inverter that was recorded."""
        return f"a recorded {self._model}"

    def snapshot(self) -> Snapshot:
        """Give the capture."""
        return self._snapshot


def _load(name: str | Path) -> dict[str, Any]:
    if str(name) in known_captures():
        text = (_shelf() / f"{name}.json").read_text()
    elif Path(name).is_file():
        text = Path(name).read_text()
    else:
        known = ", ".join(known_captures())
        raise UnknownCaptureError(f'There is no capture "{name}". Give the path of a file or one of: {known}.')
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UnknownCaptureError(f"{name} is not a capture: it is not JSON ({error}).") from error
    if not isinstance(document, dict):
        raise UnknownCaptureError(f"{name} is not a capture: it is not a JSON object.")
    return document


def _snapshot(document: Mapping[str, Any], name: str | Path) -> Snapshot:
    base = document.get("address_base", "protocol")
    if base not in ("protocol", "wire"):
        raise UnknownCaptureError(f'{name} has the address_base "{base}"; it must be "protocol" or "wire".')
    shift = 1 if base == "protocol" else 0
    try:
        inputs = _words(document.get("registers"), shift)
        holdings = _words(document.get("holding_registers"), shift)
        replies = _recorded_replies(document.get("exception_exchanges") or [])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnknownCaptureError(f"{name} is not a capture: {error}.") from error
    if not (inputs or holdings or replies):
        raise UnknownCaptureError(f"{name} is not a capture: it holds no registers and no exchanges.")
    return Snapshot(
        truth=_truth(document),
        house_time=None,
        input_words=inputs,
        holding_words=holdings,
        gap=_gap(document, inputs),
        recorded_replies=replies,
    )


def _words(table: Mapping[str, int | str | None] | None, shift: int) -> dict[int, int]:
    words = {}
    for key, value in (table or {}).items():
        if value is None:
            continue
        word = int(value, 0) if isinstance(value, str) else int(value)
        if not 0 <= word <= 0xFFFF:
            raise ValueError(f"register {key} holds {value}, which is no 16-bit word")
        words[int(key, 0) - shift] = word
    return words


def _recorded_replies(exchanges: list[Mapping[str, Any]]) -> dict[tuple[int, int, int], bytes]:
    return {
        (exchange["fc"], exchange["wire_start"], exchange["count"]): bytes.fromhex(exchange["response_hex"])[2:]
        for exchange in exchanges
        if exchange["fc"] in (READ_HOLDING, READ_INPUT)
    }


def _gap(document: Mapping[str, Any], inputs: Mapping[int, int]) -> int:
    path = str(document.get("access_path", ""))
    if "WiNet" in path or (inputs.get(4949), inputs.get(4950)) == _DONGLE_MARK:
        return WINET_GAP
    return LAN_GAP if "LAN" in path else WINET_GAP


def _truth(document: Mapping[str, Any]) -> dict[str, float | None]:
    """Take what the recording tool showed and what was corrected by hand, never a decoding of our own.

    What neither tells is left out: it is unknown, not absent.
    """
    shown = {**document.get("decoded", {}), **document.get("computed_by_us", {})}
    truth = {ours: shown[theirs] for ours, theirs in _TRUTH.items() if theirs in shown}
    power_w, charging = shown.get("battery_power_legacy_w"), shown.get("flow_battery_charging")
    if power_w is not None and charging is not None:
        truth["battery_power_w"] = abs(power_w) if charging else -abs(power_w)
    return truth

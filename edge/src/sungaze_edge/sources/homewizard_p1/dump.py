"""Asks a live dongle for everything it tells, as a capture to file with a bug report; nobody can be told by it."""

import re
from collections.abc import Mapping
from typing import Any

from sungaze_edge.sources.homewizard_p1.access import open_access
from sungaze_edge.sources.homewizard_p1.telegram import checksum

_SECRET_KEYS = ("wifi_ssid", "token")
_MASKED_KEYS = ("serial", "unique_id", "gas_unique_id")
_SHOWN = 4
_EQUIPMENT_LINE = re.compile(r"(:(?:96\.1\.\d|96\.13\.\d)\()([^()]*)(\))")


async def dump_answers(values: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for device, measurement, telegram and system.

    Returns:
        A capture that `decode` understands; serial numbers are masked but for their first characters, the name of the
        Wi-Fi is left out.

    Raises:
        SourceUnavailableError: the dongle does not answer.
        SourceUnusableError: whoever answers is not the dongle.
    """
    access = open_access(values)
    requests = []
    try:
        for path in ("/api", access.measurement, access.telegram, access.system):
            answer = await access.connection.ask("GET", path)
            requests.append({"path": path, "status": answer.status, "body": _masked(answer.document)})
    finally:
        await access.connection.close()
    return {
        "source": "sungaze-edge dump",
        "api": access.api,
        "requests": requests,
        "masked": "serial numbers but for their first characters; the name of the Wi-Fi is left out",
    }


def _masked(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: _masked_value(key, value) for key, value in document.items() if key not in _SECRET_KEYS}
    if isinstance(document, list):
        return [_masked(entry) for entry in document]
    if isinstance(document, str):
        return _masked_telegram(document)
    return document


def _masked_telegram(text: str) -> str:
    """Mask the numbers of the equipment, and keep a checksum that was right so."""
    masked = _EQUIPMENT_LINE.sub(lambda found: found[1] + _mask(found[2]) + found[3], text)
    return masked.replace(f"!{checksum(text)}", f"!{checksum(masked)}")


def _masked_value(key: str, value: Any) -> Any:
    return _mask(value) if key in _MASKED_KEYS and isinstance(value, str) else _masked(value)


def _mask(text: str) -> str:
    return text[:_SHOWN] + "0" * (len(text) - _SHOWN)

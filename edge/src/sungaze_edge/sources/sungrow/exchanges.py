"""Recorded Modbus TCP exchanges that ended in an exception, in words."""

from collections.abc import Mapping
from typing import Any

from sungaze_edge.errors import CaptureError
from sungaze_edge.sources.sungrow.states import EXCEPTIONS

_HEADER = 6  # bytes of a frame that its own length field does not count


def describe_exchange(exchange: Any) -> dict[str, Any]:
    """Decode one entry of a capture's `exception_exchanges`.

    Returns:
        `function`, `wire_address`, `count`, `exception_code`, `meaning`, `malformed` (the frame's length field
        does not match its bytes), `response` as recorded and the capture's `note`; null where the entry does not say.

    Raises:
        CaptureError: the entry is not an object.
    """
    if not isinstance(exchange, Mapping):
        raise CaptureError(f"an entry of exception_exchanges must be an object, not {exchange!r}")
    frame = _frame(exchange.get("response_hex"))
    code = frame[8] if len(frame) > 8 and frame[7] & 0x80 else exchange.get("exception_code")
    function = exchange.get("fc", exchange.get("function"))
    if function is None and len(frame) > 7:
        function = frame[7] & 0x7F
    return {
        "function": function,
        "wire_address": exchange.get("wire_start", exchange.get("wire_address")),
        "count": exchange.get("count"),
        "exception_code": code,
        "meaning": EXCEPTIONS.get(code, "unknown") if isinstance(code, int) else "no exception code",
        "malformed": _is_malformed(frame),
        "response": exchange.get("response_hex"),
        "note": exchange.get("note"),
    }


def _frame(text: Any) -> bytes:
    """Give the bytes of an answer; silence and words about it have none."""
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        return b""


def _is_malformed(frame: bytes) -> bool | None:
    if not frame:
        return None
    return len(frame) < _HEADER or int.from_bytes(frame[4:6], "big") != len(frame) - _HEADER

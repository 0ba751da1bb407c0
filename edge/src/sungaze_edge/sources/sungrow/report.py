"""What a capture says, as one flat JSON object: the sample, then every register by name."""

from typing import Any

from sungaze_edge.sources.sungrow.capture import parse_capture
from sungaze_edge.sources.sungrow.decoding import Decoded, Reading, decode_registers
from sungaze_edge.sources.sungrow.models import model_of
from sungaze_edge.sources.sungrow.normalizer import COMPUTED, DIRECT, is_sane, normalize
from sungaze_edge.sources.sungrow.states import FLOW_BITS, OUTPUT_TYPES, flow_bit, running_state_text


def decode_capture(document: Any) -> dict[str, Any]:
    """Decode a register capture.

    Returns:
        `kind`, `device_id` (the serial number), `ts`, the fields of a sample, `running_state_text`, `model_name`;
        `registers`: each register in the capture, scaled, null only if it is not available; `missing`: registers
        that the sample would need; `partial`: registers of which words are missing; `suspect`: registers
        outside their bounds; `exceptions`; `notes`: what was assumed.

    Raises:
        CaptureError: it is not a capture, or nothing in it can be decoded.
    """
    capture = parse_capture(document)
    decoded = decode_registers(capture.input_words, capture.holding_words)
    named = _in_words(decoded.values)
    return {
        "kind": "sungrow",
        "device_id": decoded.values.get("serial_number"),
        "ts": ts if isinstance(ts := document.get("ts"), str) else None,
        **normalize(decoded.values),
        "running_state_text": named["running_state_text"],
        "model_name": named["model_name"],
        "registers": {**decoded.values, **dict.fromkeys(decoded.partial), **named},
        "missing": _missing(decoded),
        "partial": list(decoded.partial),
        "suspect": [name for name, value in decoded.values.items() if value is not None and not is_sane(name, value)],
        "exceptions": capture.exceptions,
        "notes": capture.notes,
    }


def _in_words(values: Any) -> dict[str, Any]:
    state, model, output = (values.get(name) for name in ("running_state", "device_type_code", "output_type"))
    named: dict[str, Any] = {
        "running_state_text": None if state is None else running_state_text(state),
        "model_name": None if model is None else model_of(model).name,
    }
    if "output_type" in values:
        named["output_type_text"] = OUTPUT_TYPES.get(output)
    if "power_flow_status" in values:
        status: Reading = values["power_flow_status"]
        named |= {name: flow_bit(status, name) if isinstance(status, int) else None for name in FLOW_BITS}
    return named


def _missing(decoded: Decoded) -> list[str]:
    needed = [*DIRECT.values(), *(name for names in COMPUTED.values() for name in names)]
    return [name for name in dict.fromkeys(needed) if name not in decoded.values]

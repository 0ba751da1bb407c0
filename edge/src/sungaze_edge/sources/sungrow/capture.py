"""Register captures: what was read from an inverter once, kept as JSON, in every shape people keep them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sungaze_edge.errors import CaptureError
from sungaze_edge.sources.sungrow.decoding import Words, decode_registers
from sungaze_edge.sources.sungrow.exchanges import describe_exchange
from sungaze_edge.sources.sungrow.models import MODELS
from sungaze_edge.sources.sungrow.normalizer import is_sane
from sungaze_edge.sources.sungrow.registers import HOLDING, INPUT

_REGISTER_KEYS = {"registers": INPUT, "holding_registers": HOLDING}
_LIST_KEYS = ("reads", "blocks")
_BASES = {"protocol": -1, "wire": 0}
"""What to add to a capture's address to get the one on the wire."""


@dataclass(frozen=True, slots=True)
class Capture:
    """The words of a capture by wire address, and the exceptions it recorded."""

    input_words: Words
    holding_words: Words
    exceptions: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    """What had to be assumed to read it."""


def is_capture(document: Any) -> bool:
    """Whether a JSON document looks like a register capture."""
    keys = (*_REGISTER_KEYS, *_LIST_KEYS, "exception_exchanges")
    return isinstance(document, Mapping) and any(key in document for key in keys)


def parse_capture(document: Any) -> Capture:
    """Read a capture document.

    Raises:
        CaptureError: it is not one, or something in it cannot be meant; the text says which.
    """
    if not isinstance(document, Mapping):
        raise CaptureError(f"a register capture is a JSON object, not {_kind(document)}")
    words: dict[int, dict[int, int]] = {INPUT: {}, HOLDING: {}}
    for key, usual in _REGISTER_KEYS.items():
        if document.get(key) is not None:
            _add(words[_function(document, key, usual)], _entries(key, document[key]))
    for key in _LIST_KEYS:
        for block in _list(document, key):
            _add(words[_block_function(key, block)], _block_entries(key, block))
    exceptions = [describe_exchange(exchange) for exchange in _list(document, "exception_exchanges")]
    if not (words[INPUT] or words[HOLDING] or exceptions):
        raise CaptureError("the capture holds no registers: it needs 'registers', an object of address: value")
    base, notes = _base(document, words)
    shifted = {function: {key + _BASES[base]: word for key, word in found.items()} for function, found in words.items()}
    return Capture(shifted[INPUT], shifted[HOLDING], exceptions, notes)


def _base(document: Mapping[str, Any], words: Mapping[int, Words]) -> tuple[str, list[str]]:
    base = document.get("address_base")
    if base is not None:
        if not isinstance(base, str) or base.lower() not in _BASES:
            raise CaptureError(f"address_base must be 'protocol' (documented numbers) or 'wire', not {base!r}")
        return base.lower(), []
    likely = max(_BASES, key=lambda base: _plausibility(words[INPUT], _BASES[base]))  # a tie: protocol, the first
    return likely, [f"address_base is missing; the addresses were taken as {likely} addresses"]


def _plausibility(words: Words, offset: int) -> int:
    """Count the marks of a Sungrow inverter that appear if the addresses mean what is assumed."""
    values = decode_registers({key + offset: word for key, word in words.items()}, {}).values
    marks = ("grid_frequency_coarse_hz", "battery_soc_pct", "output_type", "nominal_power_kw", "phase_a_voltage_v")
    serial = values.get("serial_number")
    has_serial = isinstance(serial, str) and len(serial) >= 8 and serial.isalnum()
    return (
        3 * (values.get("device_type_code") in MODELS)
        + 2 * has_serial
        + sum(bool(values.get(name)) and is_sane(name, values[name]) for name in marks)
    )


def _function(document: Mapping[str, Any], key: str, usual: int) -> int:
    codes = document.get("function_codes") or {}
    code = codes.get(key, usual) if isinstance(codes, Mapping) else None
    if code not in (INPUT, HOLDING):
        raise CaptureError(f"function_codes must name 4 or 3 for '{key}', not {code!r}")
    return int(code)


def _entries(key: str, registers: Any) -> Iterable[tuple[int, int | None]]:
    if not isinstance(registers, Mapping):
        raise CaptureError(f"'{key}' must be an object of address: value, not {_kind(registers)}")
    return ((_whole(address, "a register address"), _word(address, value)) for address, value in registers.items())


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    found = document.get(key) or []
    if not isinstance(found, list):
        raise CaptureError(f"'{key}' must be a list, not {_kind(found)}")
    return found


def _block_function(key: str, block: Any) -> int:
    code = block.get("fc", INPUT) if isinstance(block, Mapping) else None
    if code not in (INPUT, HOLDING):
        raise CaptureError(f"each entry of '{key}' must be an object with fc 4 or 3, a start and its words")
    return int(code)


def _block_entries(key: str, block: Mapping[str, Any]) -> Iterable[tuple[int, int | None]]:
    start = next((block[name] for name in ("start", "wire_start", "address") if name in block), None)
    values = next((block[name] for name in ("registers", "words", "values") if name in block), None)
    if start is None or not isinstance(values, list):
        raise CaptureError(f"each entry of '{key}' must have 'start' and a list 'registers'")
    first = _whole(start, "a register address")
    return ((first + n, _word(first + n, value)) for n, value in enumerate(values))


def _add(words: dict[int, int], entries: Iterable[tuple[int, int | None]]) -> None:
    for address, word in entries:
        if word is None:
            continue
        if words.setdefault(address, word) != word:
            raise CaptureError(f"register {address} stands twice in the capture, with {words[address]} and {word}")


def _word(address: Any, value: Any) -> int | None:
    return None if value is None else _whole(value, f"the value of register {address}")


def _whole(value: Any, what: str) -> int:
    number = value
    if isinstance(value, str):
        text = value.strip().lower()
        try:
            number = int(text, 16 if text.startswith("0x") else 10)
        except ValueError:
            number = None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 0xFFFF:
        raise CaptureError(f"{what} must be a whole number from 0 to 65535, not {value!r}")
    return number


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")

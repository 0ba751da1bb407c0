"""The inverter's words, from registers to what the server stores."""

import json
from collections.abc import Iterator
from typing import Any

from fuzz.choices import Choices
from fuzz.seeds import SOURCES
from fuzz.server_rules import require_accepted
from sungaze_edge.errors import CaptureError
from sungaze_edge.source import Value
from sungaze_edge.sources.sungrow.capture import parse_capture
from sungaze_edge.sources.sungrow.decoding import decode_registers
from sungaze_edge.sources.sungrow.guard import GuardState, check
from sungaze_edge.sources.sungrow.normalizer import FIELDS, normalize, rated_power_w
from sungaze_edge.sources.sungrow.registers import HOLDING, INPUT, REGISTERS
from sungaze_edge.sources.sungrow.report import decode_capture

_WIRES = {
    function: sorted({wire for register in REGISTERS if register.function == function for wire in register.wires})
    for function in (INPUT, HOLDING)
}
_WORDS = (0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 400, 1000, 5000)


def sungrow(data: bytes) -> None:
    """Makes of any words finite values that the server accepts unchanged; the same again, and through a capture."""
    choices = Choices(data)
    words = {INPUT: dict(choices.pick(_RECORDED)), HOLDING: dict[int, int]()}
    state = GuardState()
    for poll in range(2):
        for _ in range(choices.number(0, 12)):
            function = HOLDING if choices.number(0, 9) == 1 else INPUT
            word = choices.pick(_WORDS) if choices.flag() else choices.number(0, 0xFFFF)
            words[function][choices.pick(_WIRES[function])] = word
        registers = decode_registers(words[INPUT], words[HOLDING]).values
        values = normalize(registers)
        assert tuple(sorted(values)) == tuple(sorted((*FIELDS, "sample_count")))
        assert normalize(decode_registers(words[INPUT], words[HOLDING]).values) == values, "another answer at once"
        require_accepted("sungrow", values)
        if poll:
            _require_same_from_capture(words, values)
        state, guarded = check(state, values, words[INPUT], now_s=5.0 * poll, rated_w=rated_power_w(registers))
        require_accepted("sungrow", guarded)


def _require_same_from_capture(words: dict[int, dict[int, int]], values: dict[str, Value]) -> None:
    """Assert that a capture of these words means the same."""
    if not (words[INPUT] or words[HOLDING]):
        return
    capture = {
        "address_base": "protocol",
        "registers": {str(wire + 1): word for wire, word in words[INPUT].items()},
        "holding_registers": {str(wire + 1): word for wire, word in words[HOLDING].items()},
    }
    decoded = decode_capture(json.loads(json.dumps(capture)))
    assert {name: decoded[name] for name in FIELDS} == {name: values[name] for name in FIELDS}
    assert decode_capture(capture) == decoded


def _recorded() -> Iterator[dict[int, int]]:
    yield {}
    for path in sorted((SOURCES / "sungrow/cases").glob("*/capture.json")):
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        try:
            yield dict(parse_capture(document).input_words)
        except CaptureError:  # one of exceptions alone
            continue


_RECORDED = tuple(_recorded())

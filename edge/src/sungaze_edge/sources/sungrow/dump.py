"""Reads everything in the register map that a live inverter offers, as a capture to file with a bug report."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from sungaze_edge.errors import SourceUnavailableError
from sungaze_edge.sources.sungrow.client import ModbusConnection, Refusal
from sungaze_edge.sources.sungrow.inverter import connection_from
from sungaze_edge.sources.sungrow.plan import Span
from sungaze_edge.sources.sungrow.registers import BY_NAME, HOLDING, INPUT, REGISTERS
from sungaze_edge.sources.sungrow.survey import identify

_MOST_WORDS = 100
_WIDEST_GAP = 12
_RISKY = ((2581, 2640), (5145, 5147), (5215, 5218), (5719, 5745), (6099, 6238), (13199, 13300))
"""Input registers, first and last wire address, that make some firmware refuse or ignore a whole block."""
_SERIAL_WORDS_SHOWN = 2
_SLOW = 25
"""Holding registers are passed on to the inverter: half a second apart at the usual pause of 20 ms."""


async def dump_registers(values: Mapping[str, Any]) -> dict[str, Any]:
    """Read a live inverter, block by block, and the risky registers one by one.

    Returns:
        A capture that `decode_capture` understands; all but the start of the serial number is masked.

    Raises:
        SourceUnavailableError: the inverter cannot be reached.
    """
    connection = connection_from(values)
    reader = _Reader(connection, pause_s=_SLOW * values["INTER_REGISTER_DELAY_MS"] / 1000)
    try:
        await connection.open()
        model = (await identify(connection)).model.name
        for function, group in _groups():
            await reader.read_group(function, group)
    finally:
        await connection.close()
    _mask_serial(reader.words[INPUT])
    return {
        "source": "sungaze-edge dump",
        "model": model,
        "address_base": "protocol",
        "function_codes": {"registers": INPUT, "holding_registers": HOLDING},
        "registers": _by_documented_number(reader.words[INPUT]),
        "holding_registers": _by_documented_number(reader.words[HOLDING]),
        "exception_exchanges": reader.refused,
        "masked": "the serial number but for its first characters",
    }


class _Reader:
    """Reads politely, and keeps what was answered and what was refused."""

    def __init__(self, connection: ModbusConnection, pause_s: float) -> None:
        self._connection = connection
        self._pause_s = pause_s
        self.words: dict[int, dict[int, int]] = {INPUT: {}, HOLDING: {}}
        self.refused: list[dict[str, Any]] = []

    async def read_group(self, function: int, group: list[Span]) -> None:
        """Read neighbours in one go; if the device does not give them, one by one."""
        together = Span(group[0].wire, group[-1].wires.stop - group[0].wire)
        if len(group) > 1 and isinstance(await self._read(function, together), list):
            return
        for span in group:
            answer = await self._read(function, span)
            if not isinstance(answer, list):
                self.refused.append(_exchange(function, span, answer))

    async def _read(self, function: int, span: Span) -> list[int] | Refusal | None:
        """Read once more when busy, as holding registers are at first; None is silence."""
        if function == HOLDING:
            await asyncio.sleep(self._pause_s)
        try:
            answer = await self._connection.read(function, span.wire, span.count)
            if isinstance(answer, Refusal) and not answer.is_unsupported:
                await asyncio.sleep(self._pause_s)
                answer = await self._connection.read(function, span.wire, span.count)
        except SourceUnavailableError:
            await self._connection.open()
            return None
        if isinstance(answer, list):
            self.words[function] |= zip(span.wires, answer, strict=True)
        return answer


def _exchange(function: int, span: Span, answer: Refusal | None) -> dict[str, Any]:
    return {
        "fc": function,
        "wire_start": span.wire,
        "count": span.count,
        "exception_code": answer.code if answer else None,
        "note": str(answer) if answer else "no answer",
    }


def _groups() -> Iterator[tuple[int, list[Span]]]:
    """Give neighbouring registers together, the risky ones alone and at the end."""
    risky = [register for register in REGISTERS if _is_risky(register.function, register.wire)]
    safe = sorted((register for register in REGISTERS if register not in risky), key=lambda r: (-r.function, r.wire))
    for function, registers in groupby(safe, lambda register: register.function):
        group: list[Span] = []
        for register in registers:
            is_near = group and register.wire - group[-1].wires.stop <= _WIDEST_GAP
            if not is_near or register.wires.stop - group[0].wire > _MOST_WORDS:
                if group:
                    yield function, group
                group = []
            group.append(Span(register.wire, register.count))
        yield function, group
    for register in risky:
        yield register.function, [Span(register.wire, register.count)]


def _is_risky(function: int, wire: int) -> bool:
    return function == INPUT and any(first <= wire <= last for first, last in _RISKY)


def _mask_serial(words: dict[int, int]) -> None:
    for wire in BY_NAME["serial_number"].wires[_SERIAL_WORDS_SHOWN:]:
        if word := words.get(wire):
            words[wire] = (0x3000 if word >> 8 else 0) | (0x30 if word & 0xFF else 0)


def _by_documented_number(words: dict[int, int]) -> dict[str, int]:
    return {str(wire + 1): words[wire] for wire in sorted(words)}

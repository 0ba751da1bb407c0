"""Asks a device which of the optional registers it has, and makes the plan of its polls."""

from dataclasses import dataclass, field

from sungaze_edge.errors import SourceUnavailableError, SourceUnusableError
from sungaze_edge.sources.sungrow.client import ModbusConnection, Refusal
from sungaze_edge.sources.sungrow.decoding import decode_registers
from sungaze_edge.sources.sungrow.models import Model, model_of
from sungaze_edge.sources.sungrow.plan import (
    FIRMWARE,
    INVERTER,
    METER,
    OPTIONALS,
    SERIAL_AND_TYPE,
    Block,
    Optional,
    Plan,
    Span,
)
from sungaze_edge.sources.sungrow.registers import INPUT

_SILENCES = 2
"""Some registers are never answered at all; after so many silences a register is not asked for again."""
_NO_VALUE = (0xFFFF, 0x7FFF)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers; another firmware or another inverter needs another survey."""

    serial: str | None
    firmware: str | None
    model: Model


@dataclass(slots=True)
class Findings:
    """What is known of the optional registers of one device."""

    has: dict[Optional, bool] = field(default_factory=dict)
    """Certain answers, kept for as long as the identity is the same."""
    silences: dict[Optional, int] = field(default_factory=dict)


async def identify(connection: ModbusConnection) -> Identity:
    """Read who answers.

    Raises:
        SourceUnavailableError: no answer.
    """
    words: dict[int, int] = {}
    for span in (FIRMWARE, SERIAL_AND_TYPE):
        answer = await connection.read(INPUT, span.wire, span.count)
        if not isinstance(answer, Refusal):
            words |= zip(span.wires, answer, strict=True)
        elif not answer.is_unsupported:
            raise SourceUnavailableError(f"the inverter is busy: {answer} at {span.wire + 1}")
    values = decode_registers(words, {}).values
    serial, firmware, code = (values.get(n) for n in ("serial_number", "arm_software_version", "device_type_code"))
    return Identity(
        serial if isinstance(serial, str) else None,
        firmware if isinstance(firmware, str) else None,
        model_of(code) if isinstance(code, int) else Model("unknown", None, None),
    )


async def survey(connection: ModbusConnection, identity: Identity, findings: Findings) -> Plan:
    """Make the plan for the device behind a connection; what is learnt is kept in `findings`.

    Raises:
        SourceUnavailableError: no answer, or the device is busy.
        SourceUnusableError: the device does not have the registers of a hybrid inverter.
    """
    spans = await _answered(connection, INVERTER)
    if not spans:
        raise SourceUnusableError(
            f"the device refuses registers {INVERTER.whole.wire + 1} and following: it is not an SH hybrid inverter, "
            "or SUNGROW_SLAVE_ID is not its unit id"
        )
    spans += await _answered(connection, METER)
    meaningless: set[int] = set()
    for optional in OPTIONALS:
        if not optional.may_exist(identity.model) or not await _has(connection, optional, findings):
            meaningless |= set(optional.span.wires)
        elif not optional.in_block:
            spans.append(optional.span)
    return Plan(tuple(spans), meaningless=frozenset(meaningless))


async def _answered(connection: ModbusConnection, block: Block) -> list[Span]:
    """Find the largest spans of a block that the device answers."""
    for spans in ((block.whole,), block.parts):
        answers = [(span, await connection.read(INPUT, span.wire, span.count)) for span in spans]
        busy = [answer for _, answer in answers if isinstance(answer, Refusal) and not answer.is_unsupported]
        if busy:
            raise SourceUnavailableError(f"the inverter is busy: {busy[0]} at {block.whole.wire + 1}")
        if answered := [span for span, answer in answers if not isinstance(answer, Refusal)]:
            return answered
    return []


async def _has(connection: ModbusConnection, optional: Optional, findings: Findings) -> bool:
    if optional in findings.has:
        return findings.has[optional]
    if findings.silences.get(optional, 0) >= _SILENCES:
        return False
    try:
        answer = await connection.read(INPUT, optional.span.wire, optional.span.count)
    except SourceUnavailableError:
        await connection.open()
        findings.silences[optional] = findings.silences.get(optional, 0) + 1
        return False
    if isinstance(answer, Refusal) and not answer.is_unsupported:
        return False  # busy: asked again at the next survey
    findings.has[optional] = not isinstance(answer, Refusal) and any(word not in _NO_VALUE for word in answer)
    return findings.has[optional]

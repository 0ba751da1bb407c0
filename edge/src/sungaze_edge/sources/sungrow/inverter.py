"""The source: one Sungrow inverter, read in one snapshot per poll."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sungaze_edge.errors import SourceUnavailableError, SourceUnusableError
from sungaze_edge.source import Value
from sungaze_edge.sources.sungrow.client import ModbusConnection, Refusal
from sungaze_edge.sources.sungrow.decoding import decode_registers
from sungaze_edge.sources.sungrow.guard import GuardState, check
from sungaze_edge.sources.sungrow.models import model_of
from sungaze_edge.sources.sungrow.normalizer import normalize, rated_power_w
from sungaze_edge.sources.sungrow.plan import LIVE_WIRES, Plan, Span
from sungaze_edge.sources.sungrow.registers import INPUT
from sungaze_edge.sources.sungrow.survey import Findings, Identity, identify, survey

_log = logging.getLogger(__name__)


def connection_from(values: Mapping[str, Any]) -> ModbusConnection:
    """Make the connection that the settings describe."""
    return ModbusConnection(
        values["SUNGROW_HOST"],
        values["SUNGROW_PORT"],
        values["SUNGROW_SLAVE_ID"],
        values["INTER_REGISTER_DELAY_MS"] / 1000,
    )


class SungrowInverter:
    """Reads an SH hybrid inverter through its WiNet-S or its LAN port."""

    kind = "sungrow"

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Take parsed settings; connects at the first read."""
        self.device_id: str = values.get("DEVICE_ID") or values["SUNGROW_HOST"]
        self.poll_interval_s: float = values["POLL_INTERVAL_S"]
        self._connection = connection_from(values)
        self._identity = Identity(None, None, model_of(0))
        self._findings = Findings()
        self._plan: Plan | None = None
        self._serial: str | None = None
        self._guard = GuardState()

    @property
    def about(self) -> str:
        """Model and firmware, once they are known."""
        return f"{self._identity.model.name}, firmware {self._identity.firmware or 'unknown'}"

    async def read(self) -> Mapping[str, Value]:
        """Read one snapshot; every field of the contract is there, null where the device has no value.

        Raises:
            SourceUnavailableError: no connection, no answer, or the device is busy.
            SourceUnusableError: what answered holds no readings.
        """
        words = await self._read_words()
        if not any(words.get(wire) for wire in LIVE_WIRES):
            await self.close()  # so that the next read finds out anew who answers
            raise SourceUnusableError("the inverter answers with zeros only: the WiNet-S has lost it, or is starting")
        registers = decode_registers(words, {}).values
        values = normalize(registers)
        before = self._guard
        self._guard, values = check(
            before,
            values,
            {wire: word for wire, word in words.items() if wire in LIVE_WIRES},
            now_s=asyncio.get_running_loop().time(),
            rated_w=rated_power_w(registers),
        )
        _log_changes(before, self._guard)
        return values

    async def close(self) -> None:
        """Close the connection; the next read opens it again."""
        await self._connection.close()

    async def _read_words(self) -> dict[int, int]:
        plan = await self._ready()
        words: dict[int, int] = {}
        for span in plan.spans:
            answer = await self._connection.read(INPUT, span.wire, span.count)
            if isinstance(answer, Refusal):
                self._plan = None  # it was answered before: find out anew what this device has
                if answer.is_unsupported:
                    self._findings = Findings()
                raise _busy(answer, span)
            words |= zip(span.wires, answer, strict=True)
        words |= await self._read_live(plan)
        return {wire: word for wire, word in words.items() if wire not in plan.meaningless}

    async def _read_live(self, plan: Plan) -> dict[int, int]:
        for span in plan.live:
            answer = await self._connection.read(INPUT, span.wire, span.count)
            if not isinstance(answer, Refusal):
                self._plan = replace(plan, live=(span,))
                return dict(zip(span.wires, answer, strict=True))
            if not answer.is_unsupported:
                raise _busy(answer, span)
        self._plan = None
        raise SourceUnusableError(f"the device refuses registers {LIVE_WIRES.start + 1} and following: no SH hybrid?")

    async def _ready(self) -> Plan:
        """Have a connection, and a plan that fits what is behind it."""
        is_new = not self._connection.is_open
        if is_new:
            await self._connection.open()
            identity = await identify(self._connection)
            if identity.serial not in (None, self._serial):
                self._serial, self._guard = identity.serial, GuardState()  # another inverter, other counters
            if identity != self._identity:
                self._identity, self._plan, self._findings = identity, None, Findings()
                _log.info(f"Reading {self.about}")
        if self._plan is None or (is_new and self._findings.silences):
            self._plan = await survey(self._connection, self._identity, self._findings)
        return self._plan


def _busy(answer: Refusal, span: Span) -> SourceUnavailableError:
    return SourceUnavailableError(f"the inverter gives {answer} for the registers from {span.wire + 1} on")


def _log_changes(before: GuardState, now: GuardState) -> None:
    for name in now.held_back.keys() - before.held_back.keys():
        shown, known = now.held_back[name].value, now.accepted[name].value
        _log.warning(f"{name} went from {known:g} to {shown:g}, which cannot be: left out until it is believable")
    for name in before.held_back.keys() - now.held_back.keys():
        _log.info(f"{name} is believable again, at {now.accepted[name].value:g}")
    if now.is_stale and not before.is_stale:
        _log.warning(f"The inverter's values have not moved for {now.repeats} readings: is its link to the WiNet-S up?")
    if before.is_stale and not now.is_stale:
        _log.info("The inverter's values move again")

"""One client of the dongle: its requests in order, and the faults that meet them."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sungaze_sim.listener import reset
from sungaze_sim.p1.answer import Answer
from sungaze_sim.p1.device import Dongle
from sungaze_sim.p1.http import HttpError, Request, as_text, read_request
from sungaze_sim.record import Reading


@dataclass(slots=True)
class _Sending:
    """What became of an answer."""

    is_out: bool = True
    is_certain: bool = True


class Connection:
    """Serves one client until it goes or a fault ends it."""

    def __init__(
        self,
        dongle: Dongle,
        answer: Callable[[Request], Answer],
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Take over a connected socket."""
        self._dongle = dongle
        self._answer = answer
        self._number = number
        self._reader = reader
        self._writer = writer
        # So that drain() means: handed to the kernel. With 0, asyncio's TLS would wait for the client's next word.
        writer.transport.set_write_buffer_limits(high=1)
        self._dead = False
        self._last_reading: Reading | None = None

    async def serve(self) -> None:
        """Answer requests one by one."""
        try:
            while (request := await read_request(self._reader)) and await self._serve_one(request):
                pass
        except HttpError as error:
            self._writer.write(as_text(str(error), 400).encode())
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            self._writer.close()

    def reset(self) -> None:
        """End the connection as a device does that lost power: the client sees a reset."""
        reset(self._writer)

    async def _serve_one(self, request: Request) -> bool:
        """Answer one request; tell whether the connection goes on."""
        asked_at = self._dongle.clock.now()
        self._confirm_last_reading()
        if self._is_silent():
            return True
        sending = _Sending()
        if slow := self._dongle.faults.take("slow"):
            await asyncio.sleep(2 if slow.value is None else slow.value)
            sending.is_certain = False
        failing = self._dongle.faults.take("error")
        answer = Answer(as_text("", 500)) if failing else self._answer(request)
        goes_on = await self._send(answer, sending)
        if answer.truth is not None and answer.is_whole and sending.is_out:
            self._note(answer, asked_at, is_certain=sending.is_certain)
        return goes_on and request.keeps_alive

    def _is_silent(self) -> bool:
        faults = self._dongle.faults
        if self._dead or faults.take("half_open"):
            self._dead = True
        return self._dead or bool(faults.on("offline") or faults.take("silence"))

    async def _send(self, answer: Answer, sending: _Sending) -> bool:
        faults, data = self._dongle.faults, answer.response.encode()
        if faults.take("drop_before"):
            self.reset()
            sending.is_out = False
        elif faults.take("drop_mid"):
            await self._write(data[: len(data) - len(answer.response.body) // 2 - 1])
            sending.is_out = False
        else:
            await self._write(data)
            sending.is_out = not self._reader.at_eof()
            sending.is_certain = sending.is_certain and not faults.on("drop_after")
            return sending.is_out and not faults.take("drop_after")
        return False

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _confirm_last_reading(self) -> None:
        if self._last_reading:
            self._dongle.record.confirm(self._last_reading)
            self._last_reading = None

    def _note(self, answer: Answer, asked_at: datetime, *, is_certain: bool) -> None:
        record, telegram = self._dongle.record, answer.telegram
        is_stale = self._dongle.faults.on("stale") is not None  # an edge may refuse what no longer moves
        self._last_reading = Reading(
            sequence=record.next_sequence(),
            connection=self._number,
            first_request_at=asked_at,
            last_reply_at=self._dongle.clock.now(),
            house_time=telegram.house_time if telegram else None,
            truth=dict(answer.truth or {}),
            blocks={},
            faults=sorted(answer.faults),
            certain=is_certain and not is_stale,
        )
        record.add(self._last_reading)

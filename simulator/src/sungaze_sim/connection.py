"""One client: its requests in order, its polls, and the faults that meet it."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from random import Random

from sungaze_sim.device import Device
from sungaze_sim.listener import reset
from sungaze_sim.modbus import (
    DEVICE_FAILURE,
    GATEWAY_TARGET_SILENT,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    MAX_REGISTERS,
    Request,
    exception_reply,
    read_request,
    recorded_reply,
    words_reply,
)
from sungaze_sim.record import Reading
from sungaze_sim.tampering import FRAME_FAULTS, STRAY_BYTES, WORD_FAULTS
from sungaze_sim.world import READ_HOLDING, READ_INPUT, Snapshot

_POLL_BEGINS = (5016, 5017)
"""Wire addresses of the PV power: a read that covers them begins a poll and takes its snapshot."""
_POLL_ENDS = (12999, 13045)
"""The wire range whose delivery completes a poll; a client reads it last."""


class Delivery(Enum):
    """What the client can have got."""

    NONE = auto()
    DOUBTFUL = auto()
    WHOLE = auto()


@dataclass(slots=True)
class Poll:
    """The reads that belong to one snapshot."""

    snapshot: Snapshot
    faults: list[str]
    first_request_at: datetime
    blocks: dict[int, list[int]] = field(default_factory=dict)
    has_begun: bool = False
    is_complete: bool = False
    is_certain: bool = True
    """No reply in it was withheld or spoiled, or came so late that the client may have given up."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A frame, and the words in it when it is no exception."""

    frame: bytes
    words: list[int] | None = None
    is_failure: bool = False
    faults: tuple[str, ...] = ()


class Connection:
    """Serves one client until it goes or a fault ends it."""

    def __init__(self, device: Device, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take over a connected socket."""
        self._device = device
        self._number = number
        self._reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=0)  # so that drain() means: handed to the kernel
        self._dice = Random(number)
        self._dead = False
        self._woke_holding = False
        self._previous_frame: bytes | None = None
        self._poll: Poll | None = None
        self._last_reading: Reading | None = None

    async def serve(self) -> None:
        """Answer requests one by one."""
        try:
            while request := await read_request(self._reader):
                await self._answer(request)
        except ConnectionError:
            pass
        finally:
            self._writer.close()

    def reset(self) -> None:
        """End the connection as a device does that lost power: the client sees a reset."""
        reset(self._writer)

    async def _answer(self, request: Request) -> None:
        self._confirm_last_reading()
        poll = self._poll_of(request)
        if self._is_silent():
            poll.is_certain = False
            return
        is_late = await self._pause(request)
        reply = self._reply(request, poll.snapshot)
        poll.faults += reply.faults
        delivery = await self._send(reply.frame)
        if is_late or reply.is_failure or delivery is not Delivery.WHOLE:
            poll.is_certain = False
        if reply.words is not None and request.function == READ_INPUT and delivery is not Delivery.NONE:
            self._note(request, poll, reply.words)

    def _is_silent(self) -> bool:
        faults = self._device.faults
        if self._dead or faults.take("half_open"):
            self._dead = True
        return self._dead or bool(faults.on("offline") or faults.take("silence"))

    def _confirm_last_reading(self) -> None:
        if self._last_reading:
            self._device.record.confirm(self._last_reading)
            self._last_reading = None

    def _poll_of(self, request: Request) -> Poll:
        begins = request.function == READ_INPUT and request.covers(*_POLL_BEGINS)
        if self._poll is None or begins:
            snapshot, faults = self._device.snapshot()
            self._poll = Poll(snapshot, faults, self._device.clock.now())
        elif self._device.live:
            self._poll.snapshot, faults = self._device.snapshot()
            self._poll.faults += faults
        return self._poll

    async def _pause(self, request: Request) -> bool:
        """Wait as the faults demand; tell whether a client may have lost patience."""
        if slow := self._device.faults.take("slow"):
            await asyncio.sleep(2 if slow.value is None else slow.value)
        elif request.function == READ_HOLDING and self._device.faults.on("slow_holding"):
            await asyncio.sleep(self._dice.uniform(0.06, 0.33))
        return slow is not None

    def _reply(self, request: Request, snapshot: Snapshot) -> Reply:
        key = (request.function, request.start, request.count)
        if recorded := snapshot.recorded_replies.get(key):
            return Reply(recorded_reply(request, recorded))
        refusal = self._refusal(request)
        words = None if refusal else snapshot.read(request.function, request.start, request.count)
        if words is None and not refusal and self._device.faults.take("unsupported_zeros"):
            words = [0] * request.count
        if words is None:
            malformed = self._device.faults.on("malformed_exception") is not None
            frame = exception_reply(request, refusal or ILLEGAL_ADDRESS, malformed=malformed)
            return Reply(frame, is_failure=refusal == DEVICE_FAILURE)
        struck = []
        for name, tamper in WORD_FAULTS.items():
            if request.function == READ_INPUT and self._device.faults.take(name):
                words = tamper(request.start, words)
                struck.append(name)
        return Reply(words_reply(request, words), words, faults=tuple(struck))

    def _refusal(self, request: Request) -> int | None:
        """Give the exception code for what no register table has to decide."""
        if request.unit != self._device.unit_id:
            return GATEWAY_TARGET_SILENT
        if request.function not in (READ_HOLDING, READ_INPUT):
            return ILLEGAL_FUNCTION
        if not 1 <= request.count <= MAX_REGISTERS:
            return ILLEGAL_VALUE
        if self._device.faults.take("busy"):
            return DEVICE_FAILURE
        if request.function == READ_HOLDING and not self._woke_holding and self._device.faults.on("slow_holding"):
            self._woke_holding = True
            return DEVICE_FAILURE
        return None

    async def _send(self, frame: bytes) -> Delivery:
        """Send a reply, unless and except as a fault has it."""
        faults, previous = self._device.faults, self._previous_frame
        self._previous_frame = frame
        if faults.take("drop_before"):
            self.reset()
            return Delivery.NONE
        if faults.take("drop_mid"):
            await self._write(frame[: len(frame) // 2])
            self._writer.close()
            return Delivery.NONE
        if faults.take("late"):
            await self._write(previous or b"")
            return Delivery.NONE
        for name, spoil in FRAME_FAULTS.items():
            if faults.take(name):
                await self._write(spoil(frame))
                return Delivery.NONE
        return await self._send_whole(frame)

    async def _send_whole(self, frame: bytes) -> Delivery:
        stray, drop = self._device.faults.take("stray"), self._device.faults.take("drop_after")
        await self._write(frame + STRAY_BYTES if stray else frame)
        if drop:
            self._writer.close()
        if self._reader.at_eof():
            return Delivery.NONE
        return Delivery.DOUBTFUL if stray or drop else Delivery.WHOLE

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _note(self, request: Request, poll: Poll, words: list[int]) -> None:
        """Add a block to its poll, and the poll to the record once its last block is out."""
        poll.blocks[request.start] = words
        poll.has_begun = poll.has_begun or request.covers(*_POLL_BEGINS)
        if not poll.has_begun or poll.is_complete or not request.covers(*_POLL_ENDS):
            return
        poll.is_complete = True
        record = self._device.record
        self._last_reading = Reading(
            sequence=record.next_sequence(),
            connection=self._number,
            first_request_at=poll.first_request_at,
            last_reply_at=self._device.clock.now(),
            house_time=poll.snapshot.house_time,
            truth=dict(poll.snapshot.truth),
            blocks=poll.blocks,
            faults=sorted(set(poll.faults)),
            certain=poll.is_certain,
        )
        record.add(self._last_reading)

"""The Modbus reader against a dongle on a real socket that sends whatever the input says."""

import asyncio
import struct
from dataclasses import dataclass, field
from unittest.mock import patch

from fuzz import loop
from fuzz.choices import Choices
from fuzz.sockets import Peer
from sungaze_edge.errors import SourceUnavailableError
from sungaze_edge.sources.sungrow import client
from sungaze_edge.sources.sungrow.client import ModbusConnection, Refusal

_READS = 3
_SILENCE_S = 0.05
_REQUEST_BYTES = 12
_PEER = Peer()


def modbus(data: bytes) -> None:
    """Gives registers only from an answer to this very request, else a named error; ends with its timeout."""
    loop.run(_read_some(Choices(data)))


@dataclass
class _Dongle:
    """Answers by choice, and remembers what it was asked and what it sent."""

    choices: Choices
    asked: list[bytes] = field(default_factory=list)
    sent: bytearray = field(default_factory=bytearray)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readexactly(_REQUEST_BYTES)
            self.asked.append(request)
            for part in self._answer(request):
                self.sent += part
                writer.write(part)
                await writer.drain()
                if self.choices.flag():
                    await asyncio.sleep(0)
            if self.choices.number(0, 7) != 1:
                continue
            if self.choices.flag():  # silence costs a timeout
                await asyncio.sleep(1)
            return

    def _answer(self, request: bytes) -> list[bytes]:
        choices = self.choices
        frame = bytearray(_right_answer(request, choices))
        for _ in range(choices.pick((0, 0, 0, 0, 1, 2, 3))):
            frame[choices.number(0, min(9, len(frame) - 1))] ^= choices.number(0, 255)
        kind = choices.number(0, 9)
        if kind == 1:
            frame = bytearray(choices.take(choices.number(0, 40)))
        elif kind == 2 and len(self.asked) > 1:
            frame = bytearray(_right_answer(self.asked[-2], choices))
        elif kind == 3:
            frame += choices.take(choices.number(0, 300))
        elif kind == 4:
            frame = bytearray(frame[:7] + bytes([request[7] | 0x80, choices.number(0, 255)]))
            frame[4:6] = choices.pick((b"\0\3", b"\0\2", b"\0\4", b"\xff\xff"))
        elif kind in (6, 7):  # right, but for the transaction
            frame[:2] = ((request[0] << 8 | request[1]) + choices.pick((-1, 1, 255))).to_bytes(3, "big")[1:]
        elif kind == 5:
            del frame[choices.number(0, len(frame)) :]
        cut = choices.number(0, len(frame))
        return [bytes(frame[:cut]), bytes(frame[cut:])]


def _right_answer(request: bytes, choices: Choices) -> bytes:
    transaction, _, _, unit, function, _, count = struct.unpack(">HHHBBHH", request)
    words = choices.take(2 * count).ljust(2 * count, b"\7")
    return struct.pack(">HHHBBB", transaction, 0, 3 + 2 * count, unit, function, 2 * count) + words


async def _read_some(choices: Choices) -> None:
    await _PEER.listen()
    dongle = _Dongle(choices)
    _PEER.serve = dongle.serve
    connection = ModbusConnection("127.0.0.1", _PEER.port, 1, 0)
    with patch.object(client, "REQUEST_TIMEOUT_S", _SILENCE_S):
        try:
            await connection.open()
            for _ in range(_READS):
                await _read_once(connection, dongle, choices.pick((1, 2, 3, 100, 125)))
        except SourceUnavailableError as error:
            assert str(error), "an error without a word"
            assert not connection.is_open, "a connection in doubt stays open"
        finally:
            await connection.close()
            await _PEER.settle()


async def _read_once(connection: ModbusConnection, dongle: _Dongle, count: int) -> None:
    async with asyncio.timeout(5):  # far beyond the reader's own
        answer = await connection.read(4, 5000, count)
    request = dongle.asked[-1]
    transaction, unit = request[:2], request[6:7]
    if isinstance(answer, Refusal):
        heads = [transaction + b"\0\0\0" + length + unit + bytes([0x84, answer.code]) for length in (b"\2", b"\3")]
        assert any(head in dongle.sent for head in heads), f"nobody sent {answer}"
        return
    assert len(answer) == count
    words = struct.pack(f">{count}H", *answer)
    head = struct.pack(">HHHBBB", int.from_bytes(transaction, "big"), 0, 3 + 2 * count, unit[0], 4, 2 * count)
    assert head + words in dongle.sent, "registers that nobody sent in an answer to this request"

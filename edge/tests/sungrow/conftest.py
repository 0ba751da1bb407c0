"""A dongle in a few lines: a Modbus TCP server that can be told to misbehave, on a real socket."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import sungaze_edge.sources.sungrow as package
from sungaze_edge.sources.sungrow.capture import parse_capture

CASES = Path(package.__file__).parent / "cases"

type Answer = list[bytes] | None
"""Packets to send one after the other; None keeps silent; an empty list hangs up."""


@dataclass(frozen=True)
class Request:
    transaction: int
    unit: int
    function: int
    wire: int
    count: int

    @property
    def span(self) -> tuple[int, int, int]:
        return self.function, self.wire, self.count


@dataclass
class Dongle:
    """Answers from `words[function][wire]`, 0 for what it does not know, as a WiNet-S does inside a block."""

    words: dict[int, dict[int, int]] = field(default_factory=lambda: {3: {}, 4: {}})
    unsupported: set[int] = field(default_factory=set)
    misbehave: Callable[[Request], Answer | bool] = lambda _: False
    """Gives the answer to send instead of the right one; False leaves it right."""
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    port: int = 0

    @property
    def spans(self) -> list[tuple[int, int, int]]:
        return [request.span for request in self.requests]

    def load(self, case: str) -> "Dongle":
        capture = parse_capture(json.loads((CASES / case / "capture.json").read_text()))
        self.words = {3: dict(capture.holding_words), 4: dict(capture.input_words)}
        return self

    def settings(self, **changes: object) -> dict[str, object]:
        return {
            "SUNGROW_HOST": "127.0.0.1",
            "SUNGROW_PORT": self.port,
            "SUNGROW_SLAVE_ID": 1,
            "POLL_INTERVAL_S": 5.0,
            "INTER_REGISTER_DELAY_MS": 0,
            "DEVICE_ID": "",
        } | changes

    def right_answer(self, request: Request) -> bytes:
        wires = range(request.wire, request.wire + request.count)
        if self.unsupported.issuperset(wires):
            return self.frame(request, bytes([request.function | 0x80, 2]))
        words = [self.words[request.function].get(wire, 0) for wire in wires]
        return self.frame(request, struct.pack(f">BB{len(words)}H", request.function, 2 * len(words), *words))

    @staticmethod
    def frame(request: Request, pdu: bytes, *, length: int | None = None, transaction: int | None = None) -> bytes:
        """Wrap an answer; `length` and `transaction` may be made wrong."""
        transaction = request.transaction if transaction is None else transaction
        size = len(pdu) + 1 if length is None else length
        return struct.pack(">HHHB", transaction, 0, size, request.unit) + pdu

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                raw = await reader.readexactly(12)
                transaction, _, _, unit, function, wire, count = struct.unpack(">HHHBBHH", raw)
                request = Request(transaction, unit, function, wire, count)
                self.requests.append(request)
                answer = self.misbehave(request)
                if answer is False:
                    answer = [self.right_answer(request)]
                if answer == []:
                    break
                for packet in answer or []:
                    writer.write(packet)
                    await writer.drain()
                    await asyncio.sleep(0.01 if len(answer) > 1 else 0)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def dongle() -> AsyncIterator[Dongle]:
    served = Dongle()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    yield served
    server.close()
    await asyncio.sleep(0)


@pytest.fixture
def cases() -> Path:
    return CASES

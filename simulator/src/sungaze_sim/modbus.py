"""Modbus TCP as bytes: requests in, replies out. Nothing here knows what a register means."""

import struct
from asyncio import IncompleteReadError, StreamReader
from dataclasses import dataclass

ILLEGAL_FUNCTION = 0x01
ILLEGAL_ADDRESS = 0x02
ILLEGAL_VALUE = 0x03
DEVICE_FAILURE = 0x04
GATEWAY_TARGET_SILENT = 0x0B
MAX_REGISTERS = 125
_HEADER = struct.Struct(">HHHB")
_MAX_LENGTH = 254
"""Unit id and PDU together; the protocol's limit."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `start` and `count` are -1 when the function has none or the body is cut."""

    transaction: int
    unit: int
    function: int
    start: int = -1
    count: int = -1

    def covers(self, first: int, last: int) -> bool:
        """Tell whether all wire addresses from `first` to `last` are asked for."""
        return self.start <= first and last < self.start + self.count


async def read_request(reader: StreamReader) -> Request | None:
    """Read the next request; None when the client has gone or speaks something that is not Modbus TCP."""
    try:
        header = await reader.readexactly(_HEADER.size)
        transaction, protocol, length, unit = _HEADER.unpack(header)
        if protocol != 0 or not 2 <= length <= _MAX_LENGTH:
            return None
        body = await reader.readexactly(length - 1)
    except (IncompleteReadError, ConnectionError):
        return None
    if len(body) < 5:
        return Request(transaction, unit, body[0])
    start, count = struct.unpack(">HH", body[1:5])
    return Request(transaction, unit, body[0], start, count)


def words_reply(request: Request, words: list[int]) -> bytes:
    """Answer with registers."""
    body = struct.pack(f">BB{len(words)}H", request.function, 2 * len(words), *words)
    return _HEADER.pack(request.transaction, 0, len(body) + 1, request.unit) + body


def exception_reply(request: Request, code: int, *, malformed: bool = False) -> bytes:
    """Answer with an exception; a malformed one says 2 where 3 bytes follow, as WiNet-S dongles of 2023 and 2024 do."""
    header = _HEADER.pack(request.transaction, 0, 2 if malformed else 3, request.unit)
    return header + bytes([request.function & 0x7F | 0x80, code])


def recorded_reply(request: Request, frame_after_transaction: bytes) -> bytes:
    """Answer with recorded bytes under the transaction id of this request."""
    return request.transaction.to_bytes(2, "big") + frame_after_transaction

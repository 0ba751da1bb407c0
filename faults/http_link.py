"""The same proxy where HTTP/1.1 is spoken in the clear: it knows where a request ends and a reply begins."""

import asyncio
from dataclasses import dataclass

from faults.link import Connection, CutError, Link, Mode


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a reply as it stood on the wire."""

    head: bytes
    body: bytes

    @property
    def wire(self) -> bytes:
        """All of it."""
        return self.head + self.body

    @property
    def half(self) -> bytes:
        """As much as passes before a cut in the middle."""
        return self.wire[: len(self.head) + len(self.body) // 2] if self.body else self.head[: len(self.head) // 2]


async def pass_requests(link: Link, reader: asyncio.StreamReader, connection: Connection) -> None:
    """Pass requests on one by one, and their replies back."""
    server: asyncio.StreamReader | None = None
    while (request := await _read(reader)) is not None:
        if link.strike(Mode.HALF_OPEN):
            await reader.read()  # until the client gives up
            return
        if link.strike(Mode.CUT_BEFORE):
            raise CutError
        if answer := link.strike(Mode.ANSWER):
            await link.write(connection.client, answer.answer)
            return
        server = server or await link.reach(connection)
        reply = await _exchange(link, request, server, connection)
        if link.strike(Mode.LOSE_REPLY):
            raise CutError
        if answer := link.strike(Mode.STORE_AND_ANSWER):
            await link.write(connection.client, answer.answer)
            return
        if link.strike(Mode.CUT_IN_REPLY):
            await link.write(connection.client, reply.half)
            raise CutError
        await link.write(connection.client, reply.wire)


async def _exchange(link: Link, request: Message, server: asyncio.StreamReader, connection: Connection) -> Message:
    if connection.server is None:
        raise CutError
    if link.strike(Mode.CUT_IN_REQUEST):
        await link.write(connection.server, request.half)
        raise CutError
    await link.write(connection.server, request.wire)
    reply = await _read(server)
    if reply is None:
        raise CutError
    return reply


async def _read(reader: asyncio.StreamReader) -> Message | None:
    """Read a message; None at the end of the connection between two of them."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None
    fields = dict(_field(line) for line in head.split(b"\r\n")[1:] if line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        return Message(head, await _read_chunks(reader))
    return Message(head, await reader.readexactly(int(fields.get(b"content-length", b"0"))))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = await reader.readuntil(b"\r\n")
        length = int(size.split(b";")[0], 16)
        body += size + await reader.readexactly(length + 2)
        if length == 0:
            return body


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip().lower()

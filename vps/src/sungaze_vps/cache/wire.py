"""One connection to Redis that all requests share: commands go out as they come, replies come back in that order.

Of Redis' protocol (RESP 2, https://redis.io/docs/latest/develop/reference/protocol-spec/) it knows the replies that are
one value. A library's client takes longer for a GET than the rest of a realtime answer does.
"""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote, urlsplit

type Reply = bytes | int | None
"""A text, a number, or null."""

_PORT = 6379
_END = b"\r\n"
_NOT_READY = (b"LOADING", b"NOAUTH", b"WRONGPASS", b"ERR max number of clients")


class RefusedError(Exception):
    """Redis answers and does not do what it was asked: it is full, say, or a replica."""


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a Redis is, and how to come in."""

    host: str
    port: int
    tls: bool
    credentials: tuple[bytes, ...]
    """The words after AUTH, if any."""
    database: int


def parse_address(url: str) -> Address:
    """Read `redis://[[user]:password@]host[:port][/database]`, `rediss://...` for TLS.

    `config.py` has seen that it is of this form.
    """
    parts = urlsplit(url)
    words = (parts.username, parts.password) if parts.password else ()
    credentials = tuple(unquote(word).encode() for word in words if word)
    port, database = parts.port or _PORT, int(parts.path.strip("/") or 0)
    return Address(parts.hostname or "", port, parts.scheme == "rediss", credentials, database)


class Wire(asyncio.Protocol):
    """Fulfils what asyncio wants of a protocol; `open_wire` makes one."""

    def __init__(self) -> None:
        """Wait for the connection."""
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._received = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether, as far as is known, Redis is at the other end."""
        return self._transport is not None

    async def ask(self, *words: bytes) -> Reply:
        """Send a command and wait for the reply; who stops waiting leaves those of the others in order.

        Raises:
            ConnectionError: the connection is lost, or Redis is not ready for commands.
            RefusedError: Redis refuses this command.
        """
        if self._transport is None:
            raise ConnectionResetError("the connection is closed")
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(reply)
        sizes = [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
        self._transport.write(b"*%d\r\n%b" % (len(words), b"".join(sizes)))
        return await reply

    def close(self) -> None:
        """Let go at once; whoever waits gets an error."""
        self._end(ConnectionAbortedError("the connection was closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take what to write to."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell those who wait."""
        del exc
        self._end(ConnectionResetError("Redis closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Hand out the replies that are complete."""
        self._received += data
        try:
            while self._take_reply():
                pass
        except (ValueError, IndexError):
            self._end(ConnectionError("what answers does not speak as Redis does"))

    def _take_reply(self) -> bool:
        """Hand out the first reply; False when more of it has to come, ValueError when it is none."""
        end = self._received.find(_END)
        if end < 0:
            return False
        kind, line = self._received[:1], bytes(self._received[1:end])
        end += len(_END)
        value: Reply | Exception = line
        if kind == b"$":
            size = int(line)
            value = bytes(self._received[end : end + size]) if size >= 0 else None
            end += size + len(_END) if size >= 0 else 0
            if len(self._received) < end:
                return False
        elif kind == b":":
            value = int(line)
        elif kind == b"-":
            value = (ConnectionError if line.startswith(_NOT_READY) else RefusedError)(line.decode(errors="replace"))
        elif kind != b"+":
            raise ValueError(kind)
        del self._received[:end]
        self._hand_out(value)
        return True

    def _hand_out(self, value: Reply | Exception) -> None:
        reply = self._waiting.popleft()
        if reply.done():  # nobody waits for it any more
            return
        if isinstance(value, Exception):
            reply.set_exception(value)
        else:
            reply.set_result(value)

    def _end(self, error: ConnectionError) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
        while self._waiting:
            self._hand_out(error)


async def open_wire(address: Address) -> Wire:
    """Connect, and come in.

    Raises:
        OSError: nothing listens there, TLS fails, or Redis does not let us in.
    """
    context = ssl.create_default_context() if address.tls else None
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(Wire, address.host, address.port, ssl=context)
    try:
        if address.credentials:
            await wire.ask(b"AUTH", *address.credentials)
        if address.database:
            await wire.ask(b"SELECT", b"%d" % address.database)
    except RefusedError as error:
        wire.close()
        raise ConnectionRefusedError(str(error)) from error
    except BaseException:
        wire.close()
        raise
    return wire

"""A fault proxy: listens where a client believes the server to be, and does to the connections what it is told.

Bytes are passed as they come. What a request and what a reply is, shows in who speaks: a *round* begins when the
client speaks after the server did. The first rounds of a connection are its handshake and are left alone.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from sungaze_sim.listener import reset

_CHUNK = 2**16
_COMMIT_S = 0.4
"""So long a reply that gets lost is waited for, so that what it confirms has surely happened."""


class Mode(StrEnum):
    """What may be wrong with a way."""

    CUT_BEFORE = "reset as soon as a request begins"
    CUT_IN_REQUEST = "reset when half a request has passed"
    LOSE_REPLY = "the request passes, the reply does not, and the connection is reset"
    CUT_IN_REPLY = "reset when half a reply has passed"
    HALF_OPEN = "nothing more passes, nothing is closed"
    LATENCY = "everything takes longer"
    TRICKLE = "a few bytes at a time"
    ANSWER = "somebody else answers, and the request goes no further"
    STORE_AND_ANSWER = "the request passes, and somebody else answers"
    IMPOSTOR = "somebody else terminates TLS"


@dataclass(slots=True)
class Trouble:
    """One mode, for a number of times or until it is ended."""

    mode: Mode
    times: int | None = None
    delay_s: float = 0.0
    piece: int = 7
    """Bytes at a time."""
    answer: bytes = b""
    context: ssl.SSLContext | None = None
    dice: Random = field(default_factory=Random)


@dataclass(eq=False, slots=True)
class Connection:
    """A client, and the server once it was reached."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    rounds: int = 0
    server_spoke: bool = True
    is_dead: bool = False
    """Half-open from now on, whatever becomes of the trouble."""
    lost_reply: Mode | None = None

    def reset(self) -> None:
        """End both sides without a goodbye."""
        for writer in (self.client, self.server):
            if writer is not None:
                reset(writer)


type Talk = Callable[["Link", asyncio.StreamReader, Connection], Awaitable[None]]


class CutError(Exception):
    """The connection is to be reset now."""


class Link:
    """A way from clients to one server on the loopback."""

    def __init__(
        self, name: str, port: int, target_port: int, talk: Talk, *, handshake_rounds: int = 0, least_request: int = 1
    ) -> None:
        """Prepare; nothing listens yet. Fewer bytes than `least_request` are no request."""
        self.name, self.port, self.target_port = name, port, target_port
        self.struck = 0
        """How often a trouble met a connection."""
        self.heard = b""
        """What an impostor was told after its handshake; it must stay nothing."""
        self._talk = talk
        self._handshake_rounds, self._least_request = handshake_rounds, least_request
        self._trouble: Trouble | None = None
        self._refusals = 0
        self._listener: asyncio.Server | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Listen."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    def refuse(self) -> None:
        """Refuse everybody, and reset who is connected, until everyone who asked for that has had enough of it."""
        self._refusals += 1
        self.reset_all()

    def accept_again(self) -> None:
        """Take back one `refuse`."""
        self._refusals -= 1

    async def stop(self) -> None:
        """Listen no more, and wait until every connection is gone."""
        if self._listener is not None:
            self._listener.close()
        self.reset_all()
        tasks = list(self._connections.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, trouble: Trouble) -> None:
        """Let the trouble meet every connection, those that are open included."""
        self._trouble = trouble

    def end(self) -> None:
        """Let everything pass again; what is half-open stays so."""
        self._trouble = None

    def reset_all(self) -> None:
        """Reset every connection."""
        for connection in list(self._connections):
            connection.reset()

    def trouble(self, *modes: Mode) -> Trouble | None:
        """Give the trouble if it is one of these now."""
        return self._trouble if self._trouble is not None and self._trouble.mode in modes else None

    def strike(self, *modes: Mode) -> Trouble | None:
        """Give the trouble if it is one of these now, and let it strike once."""
        trouble = self.trouble(*modes)
        if trouble is not None:
            self.struck += 1
            if trouble.times is not None:
                trouble.times -= 1
                if trouble.times <= 0:
                    self._trouble = None
        return trouble

    def is_request(self, connection: Connection, data: bytes) -> bool:
        """Tell whether the client, whose bytes these are, asks for something."""
        return connection.rounds > self._handshake_rounds and len(data) >= self._least_request

    async def write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """Pass bytes on, as slowly as the trouble has it."""
        if late := self.trouble(Mode.LATENCY):
            self.struck += 1
            await asyncio.sleep(late.delay_s * late.dice.uniform(0.5, 1))
        piece = len(data)
        if slow := self.trouble(Mode.TRICKLE):
            self.struck += 1
            piece = slow.piece
        for start in range(0, len(data), max(piece, 1)):
            writer.write(data[start : start + piece])
            await writer.drain()
            if slow and self._trouble is slow:
                await asyncio.sleep(slow.delay_s)

    async def reach(self, connection: Connection) -> asyncio.StreamReader:
        """Connect to the server.

        Raises:
            CutError: it does not listen.
        """
        try:
            reader, connection.server = await asyncio.open_connection("127.0.0.1", self.target_port, limit=2**20)
        except OSError:
            raise CutError from None
        return reader

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        if self._refusals:
            self.struck += 1
            connection.reset()
            return
        task = asyncio.current_task()
        if task is None:
            return
        self._connections[connection] = task
        try:
            if impostor := self.strike(Mode.IMPOSTOR):
                await self._deceive(impostor, reader, writer)
            else:
                await self._talk(self, reader, connection)
        except (CutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            connection.reset()
        except asyncio.CancelledError:
            connection.reset()
        finally:
            for side in (writer, connection.server):
                with suppress(AttributeError):  # no transport is left of one that was lost in the midst of `start_tls`
                    if side is not None:
                        side.close()
            del self._connections[connection]

    async def _deceive(self, trouble: Trouble, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # An AttributeError is asyncio's word for a client that left before the handshake: no transport is left.
        with suppress(ssl.SSLError, ConnectionError, TimeoutError, AttributeError):
            async with asyncio.timeout(5):
                await writer.start_tls(trouble.context or ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
                while data := await reader.read(_CHUNK):
                    self.heard += data


async def pass_bytes(link: Link, reader: asyncio.StreamReader, connection: Connection) -> None:
    """Pass everything on, both ways."""
    server_reader = await link.reach(connection)
    ways = [_upwards(link, reader, connection), _downwards(link, server_reader, connection)]
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _upwards(link: Link, reader: asyncio.StreamReader, connection: Connection) -> None:
    while data := await reader.read(_CHUNK):
        if connection.server_spoke:
            connection.rounds, connection.server_spoke = connection.rounds + 1, False
        if _is_dead(link, connection):
            continue
        if link.is_request(connection, data) and connection.lost_reply is None:
            if link.strike(Mode.CUT_BEFORE):
                raise CutError
            if link.strike(Mode.CUT_IN_REQUEST):
                await _write(link, connection.server, data[: len(data) // 2])
                raise CutError
            if lost := link.strike(Mode.LOSE_REPLY, Mode.CUT_IN_REPLY):
                connection.lost_reply = lost.mode
        await _write(link, connection.server, data)


async def _downwards(link: Link, reader: asyncio.StreamReader, connection: Connection) -> None:
    while data := await reader.read(_CHUNK):
        connection.server_spoke = True
        if _is_dead(link, connection):
            continue
        if connection.lost_reply is not None:
            if connection.lost_reply is Mode.CUT_IN_REPLY:
                await _write(link, connection.client, data[: len(data) // 2])
            await asyncio.sleep(_COMMIT_S)
            raise CutError
        await _write(link, connection.client, data)


async def _write(link: Link, writer: asyncio.StreamWriter | None, data: bytes) -> None:
    if writer is not None:
        await link.write(writer, data)


def _is_dead(link: Link, connection: Connection) -> bool:
    if link.trouble(Mode.HALF_OPEN) and not connection.is_dead:
        link.strike(Mode.HALF_OPEN)
        connection.is_dead = True
    return connection.is_dead

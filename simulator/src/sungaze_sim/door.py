"""A plain door on the loopback to a server that speaks TLS, so that a browser needs no certificate to come in.

It pipes bytes and knows nothing of what they mean. While the server is away, whoever knocks is let go at once, without
an answer; the next one is let in when it is back.
"""

import asyncio
import errno
import ssl
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PIECE_BYTES = 65536


class Door:
    """Listens on the loopback and leads to one TLS port of this machine."""

    def __init__(self, port: int, ca_file: Path) -> None:
        """Lead to `port`, whose certificate for `localhost` an authority in `ca_file` has signed."""
        self._target_port = port
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._server: asyncio.Server | None = None
        self._guests: set[asyncio.Task[None]] = set()
        self.port = 0
        """Where it listens, once it is open."""

    async def open(self, wish: int) -> None:
        """Listen on the port one wishes for, or on any free one when somebody else has it."""
        try:
            self._server = await asyncio.start_server(self._welcome, LOOPBACK, wish)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            self._server = await asyncio.start_server(self._welcome, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Let nobody in any more and see everybody out."""
        if self._server:
            self._server.close()
        for guest in self._guests:
            guest.cancel()
        await asyncio.gather(*self._guests, return_exceptions=True)

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.create_task(self._lead(reader, writer))
        self._guests.add(guest)
        guest.add_done_callback(self._guests.discard)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection(
                LOOPBACK, self._target_port, ssl=self._tls, server_hostname="localhost"
            )
        except OSError:
            writer.close()
            return
        ways = [asyncio.create_task(_pipe(reader, inner_writer)), asyncio.create_task(_pipe(inner_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)  # HTTP is over when either side hangs up
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (inner_writer, writer):
                end.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()

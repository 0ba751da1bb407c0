"""A listening socket that comes and goes as the faults have it, and the clients on it."""

import asyncio
import logging
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from sungaze_sim.faults import Faults

_WATCH_S = 0.02
_log = logging.getLogger(__name__)


class Client(Protocol):
    """One connected client."""

    async def serve(self) -> None:
        """Answer until it goes or a fault ends it."""
        ...

    def reset(self) -> None:
        """End the connection as a device does that lost power."""
        ...


type Welcome = Callable[[int, asyncio.StreamReader, asyncio.StreamWriter], Client]
"""Takes over a socket; the number counts the connections."""


class Listener:
    """Accepts clients, and goes away and comes back on the same port."""

    def __init__(self, faults: Faults, welcome: Welcome, tls: ssl.SSLContext | None = None) -> None:
        """Prepare; nothing listens yet."""
        self._faults = faults
        self._welcome = welcome
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[None], Client] = {}
        self._accepted = 0
        self._watcher: asyncio.Task[None] | None = None
        self._host = ""
        self.port = 0
        """The port in use once started; the same one after an outage."""

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._clients)

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one, see `port`.

        Raises:
            OSError: the address cannot be listened on.
        """
        self._host, self.port = host, port
        await self._listen()
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        if self._watcher:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
        self._close()
        self.drop_connections()
        tasks = list(self._clients)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop_connections(self) -> None:
        """Reset every connection; clients may come back at once."""
        for client in self._clients.values():
            client.reset()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, self._host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    def _close(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    async def _watch(self) -> None:
        """Open and close the listening socket as the faults come and go."""
        while True:
            rebooting = self._faults.on("reboot")
            if rebooting:
                self.drop_connections()
            if rebooting or self._faults.on("offline"):
                if self._server:
                    _log.info(f"No longer listening on {self._host}:{self.port}")
                self._close()
            elif self._server is None:
                with suppress(OSError):  # somebody else took the port; try again until it is free
                    await self._listen()
                    _log.info(f"Listening on {self._host}:{self.port} again")
            await asyncio.sleep(_WATCH_S)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        client = self._welcome(self._accepted, reader, writer)
        if self._clients and self._faults.take("one_client"):
            client.reset()
            return
        task = asyncio.create_task(client.serve())
        self._clients[task] = client
        task.add_done_callback(self._clients.pop)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection without a goodbye: the client sees a reset."""
    transport: asyncio.WriteTransport | None = writer.transport
    if transport is None:  # it was lost in the midst of `start_tls`
        return
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()

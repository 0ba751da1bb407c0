import asyncio
import json
from contextlib import suppress

import pytest

from faults.http_link import pass_requests
from faults.link import Link, pass_bytes
from sungaze_sim.stack import free_port


class Echo:
    """A server that says after each line how many it has heard."""

    def __init__(self):
        self.heard = b""
        self._clients = []

    async def connect(self):
        """Connect to it by way of the link."""
        stream = await asyncio.open_connection("127.0.0.1", self.link.port)
        self._clients.append(stream[1])
        return stream

    async def stop(self):
        for writer in self._clients:
            writer.transport.abort()
        await self.link.stop()
        self.server.close()

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        with suppress(ConnectionError):
            while data := await reader.read(1000):
                self.heard += data
                if data.endswith(b"\n"):
                    writer.write(b"heard %d of them\n" % self.heard.count(b"\n"))
        writer.close()


class Store:
    """A little HTTP server that stores bodies and says how many it has."""

    def __init__(self):
        self.stored = []

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                self.stored.append(await reader.readexactly(length))
                body = json.dumps({"inserted": len(self.stored)}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def linked(server, talk):
    await server.start()
    link = Link("test", free_port(), server.port, talk)
    await link.start()
    return link


@pytest.fixture
async def echo():
    """Give a server and the way to it."""
    server = Echo()
    server.link = await linked(server, pass_bytes)
    yield server
    await server.stop()


@pytest.fixture
async def store():
    """Give an HTTP server and the way to it."""
    server = Store()
    server.link = await linked(server, pass_requests)
    yield server
    await server.link.stop()
    server.server.close()

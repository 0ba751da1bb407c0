"""A peer on a real socket that answers with what it is told to."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from fuzz import loop

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """A server on a port of its own; `serve` is exchanged for each input."""

    def __init__(self) -> None:
        """Listen to nothing yet."""
        self.port = 0
        self.serve: Serve | None = None
        self._connections: set[asyncio.Task[None]] = set()
        loop.FORGET.append(self._forget)

    async def listen(self) -> None:
        """Listen until the process ends."""
        if self.port:
            return
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        loop.RESOURCES.callback(server.close)

    async def settle(self) -> None:
        """End what is still being served."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _forget(self) -> None:
        self.port = 0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self.serve is None:
            return
        self._connections.add(task)
        try:
            # Python 3.12.1 complains of a cancelled task here, and nobody but `settle` cancels.
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.serve(reader, writer)
        finally:
            self._connections.discard(task)
            writer.close()

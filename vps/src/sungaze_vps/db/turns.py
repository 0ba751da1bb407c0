"""Keeps those who write from taking every connection of the pool: whoever reads finds one free."""

import asyncio
from types import TracebackType

from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

_FOR_READERS = 2
_PATIENCE_S = 5


class Turns:
    """Lets few write at once, `async with turns:`, in the order in which they came."""

    def __init__(self, engine: AsyncEngine, pool_size: int) -> None:
        """Leave two connections of the pool to readers if it has more; SQLite has one writer anyway."""
        most = 1 if engine.dialect.name == "sqlite" else max(1, pool_size - _FOR_READERS)
        self._free = asyncio.Semaphore(most)

    async def __aenter__(self) -> None:
        """Wait for a turn.

        Raises:
            sqlalchemy.exc.TimeoutError: it did not come within five seconds.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._free.acquire()
        except TimeoutError as error:
            raise PoolTimeoutError(f"others were writing for {_PATIENCE_S:g} s") from error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let the next one write."""
        self._free.release()

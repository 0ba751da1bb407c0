"""Cheap load: bodies made beforehand, one process, bare streams on uvloop."""

import asyncio
import resource
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from typing import Any

import uvloop


@dataclass(slots=True)
class Load:
    """What came of a load."""

    requests: int = 0
    wall_s: float = 0
    cpu_s: float = 0
    """Of the process that made the load."""
    took_s: list[float] = field(default_factory=list)
    """Of each request, from when it was due to the end of its answer."""
    refused: int = 0
    """Requests at a fixed pace that were not answered with 200."""

    @property
    def cpu_share(self) -> float:
        """Of one core."""
        return self.cpu_s / self.wall_s


class RefusedError(RuntimeError):
    """An answer other than 200."""


class Connection:
    """One connection that is kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**20))

    async def ask(self, request: Sequence[bytes]) -> bytes:
        """Send a request; give the body of the answer, which has to be a 200, or a 204 without a body."""
        self._writer.writelines(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        body = await self._body(head.lower())
        if not head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 204 ")):
            raise RefusedError(f"{head.decode()}{body.decode()}")
        return body

    async def _body(self, head: bytes) -> bytes:
        if b"\r\ntransfer-encoding: chunked\r\n" not in head:
            return await self._reader.readexactly(
                int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            )
        body = b""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)
        return body

    def close(self) -> None:
        self._writer.close()


def get_request(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


@dataclass(frozen=True, slots=True)
class Posts:
    """Batches to ingest, each new: the same bodies again and again under other names of devices."""

    port: int
    token: str
    windows: Sequence[bytes]
    """Bodies of consecutive stretches of time; `placeholder` stands where the name of the device goes."""
    placeholder: bytes
    devices: Sequence[str]
    batch_size: int
    path: str = "/v1/ingest"
    answer: bytes | None = None
    """What has to be answered; without it, that all samples were inserted."""

    def requests(self, first: int) -> Iterator[tuple[bytes, bytes]]:
        """Give the requests from number `first` on: all devices for the first window, then for the next."""
        for number in count(first):
            window, device = divmod(number, len(self.devices))
            body = self.windows[window].replace(self.placeholder, self.devices[device].encode())
            head = (
                f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            yield head.encode(), body


def post(posts: Posts, first: int, connections: int, seconds: float) -> Load:
    """Keep `connections` batches in flight for a while, from a process of its own."""
    return _apart(_post, posts, first, connections, seconds)


def pace(port: int, token: str, path: str, rate_per_s: float, seconds: float) -> Load:
    """Ask at a fixed rate whatever the answers take (open loop), from a process of its own."""
    return _apart(_pace, port, token, path, rate_per_s, seconds)


def hammer(port: int, token: str, path: str, connections: int, seconds: float) -> Load:
    """Ask as fast as answers come, from a process of its own."""
    return _apart(_hammer, port, token, path, connections, seconds)


def _apart(load: Callable[..., Coroutine[Any, Any, Load]], *arguments: Any) -> Load:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measured, load, *arguments).result()


def _measured(load: Callable[..., Coroutine[Any, Any, Load]], *arguments: Any) -> Load:
    return uvloop.run(load(*arguments))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _post(posts: Posts, first: int, connections: int, seconds: float) -> Load:
    requests = posts.requests(first)
    expected = b'{"inserted":%d}' % posts.batch_size if posts.answer is None else posts.answer

    async def keep_sending(connection: Connection, until: float, load: Load) -> None:
        while (began := time.perf_counter()) < until:
            answer = await connection.ask(next(requests))
            if answer != expected:
                raise RuntimeError(f"{answer!r} instead of {expected!r}")
            load.took_s.append(time.perf_counter() - began)

    return await _closed_loop(posts.port, connections, seconds, keep_sending)


async def _hammer(port: int, token: str, path: str, connections: int, seconds: float) -> Load:
    request = [get_request(path, token)]

    async def keep_asking(connection: Connection, until: float, load: Load) -> None:
        while (began := time.perf_counter()) < until:
            await connection.ask(request)
            load.took_s.append(time.perf_counter() - began)

    return await _closed_loop(port, connections, seconds, keep_asking)


async def _closed_loop(
    port: int, connections: int, seconds: float, work: Callable[[Connection, float, Load], Coroutine[Any, Any, None]]
) -> Load:
    opened = [await Connection.open(port) for _ in range(connections)]
    load, cpu_s, began = Load(), _cpu_s(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for connection in opened:
            group.create_task(work(connection, began + seconds, load))
    load.wall_s, load.cpu_s, load.requests = time.perf_counter() - began, _cpu_s() - cpu_s, len(load.took_s)
    for connection in opened:
        connection.close()
    return load


async def _pace(port: int, token: str, path: str, rate_per_s: float, seconds: float) -> Load:
    request = [get_request(path, token)]
    idle = [await Connection.open(port) for _ in range(64)]
    opened, load = list(idle), Load()

    async def ask(due: float) -> None:
        if not idle:
            idle.append(await Connection.open(port))
            opened.append(idle[-1])
        connection = idle.pop()
        try:
            await connection.ask(request)
        except RefusedError:
            load.refused += 1
        load.took_s.append(time.perf_counter() - due)
        idle.append(connection)

    cpu_s, began = _cpu_s(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate_per_s * seconds)):
            due = began + number / rate_per_s
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(ask(due))
    load.wall_s, load.cpu_s, load.requests = time.perf_counter() - began, _cpu_s() - cpu_s, len(load.took_s)
    for connection in opened:
        connection.close()
    return load

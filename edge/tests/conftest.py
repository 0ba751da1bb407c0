"""Real parts for the edge's tests: an HTTPS server, a clock with hands, a loop whose time jumps."""

import asyncio
import json
import selectors
import ssl
import sys
import zlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from sungaze_edge import sources
from sungaze_edge.clock import Clock
from sungaze_edge.reading import Reading
from sungaze_edge.spool import Spool

NOON_S = datetime(2026, 6, 21, 12, tzinfo=UTC).timestamp()


@dataclass
class Hands:
    """A clock that a test moves."""

    wall_s: float = NOON_S
    uptime_s: float = 1000.0
    kernel: bool | None = True
    timesyncd: bool = False
    boot: str = "boot-1"

    def clock(self) -> Clock:
        return Clock(
            wall_s=lambda: self.wall_s,
            uptime_s=lambda: self.uptime_s,
            kernel_synced=lambda: self.kernel,
            timesyncd_synced=lambda: self.timesyncd,
            boot=self.boot,
        )

    def pass_s(self, seconds: float) -> None:
        self.wall_s += seconds
        self.uptime_s += seconds

    def reboot(self, *, wall_s: float, boot: str) -> None:
        self.wall_s, self.uptime_s, self.boot = wall_s, 10.0, boot


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def samples(self) -> list[dict[str, Any]]:
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(zlib.decompress(self.body, wbits=31) if packed else self.body)["samples"]


@dataclass
class Reply:
    status: int = 200
    document: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    content: bytes | None = None
    lost: bool = False
    """The server does its work, and the answer never arrives."""
    delay_s: float = 0


@dataclass
class Cloud:
    """A Sungaze server as the wire sees it; `replies` come first, then it stores everything it is sent."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    replies: deque[Reply | Callable[[Request], Reply | None]] = field(default_factory=deque)
    judge: Callable[[Request], Reply | None] | None = None
    stored: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    sent_twice: int = 0
    date_s: float | None = NOON_S

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/v1/ingest"

    def store(self, request: Request) -> Reply:
        new = 0
        for sample in request.samples:
            identity = (sample["device_id"], sample["ts"])
            new += identity not in self.stored
            self.sent_twice += identity in self.stored
            self.stored[identity] = sample
        return Reply(document={"inserted": new})

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        reply: Reply | None = None
        if self.replies:
            scripted = self.replies.popleft()
            reply = scripted if isinstance(scripted, Reply) else scripted(request)
        elif self.judge:
            reply = self.judge(request)
        if reply is not None and not reply.lost:
            return reply
        done = self.store(request) if request.method == "POST" else Reply(document={"devices": []})
        return Reply(lost=True) if reply is not None else done

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (line := await reader.readline()).strip():
                method, path, _ = line.decode().split()
                headers = {}
                while (line := await reader.readline()).strip():
                    name, _, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                reply = self.answer(Request(method, path, headers, body))
                await asyncio.sleep(reply.delay_s)
                if reply.lost:
                    break
                writer.write(self.render(reply))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def render(self, reply: Reply) -> bytes:
        body = reply.content
        if body is None:
            body = (reply.text if reply.text is not None else json.dumps(reply.document)).encode()
        headers = {"Content-Length": str(len(body)), **reply.headers}
        if self.date_s is not None:
            headers["Date"] = format_datetime(datetime.fromtimestamp(self.date_s, UTC), usegmt=True)
        lines = [f"HTTP/1.1 {reply.status} X", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop that never waits: when nothing is ready, its time jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self.now_s = 0.0
        select = self._selector.select

        def jump(timeout: float | None = None) -> Any:
            self.now_s += timeout or 0
            return select(0)

        self._selector.select = jump

    def time(self) -> float:
        return self.now_s


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def clock(hands: Hands) -> Clock:
    return hands.clock()


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def in_jumping_time() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine on a loop that never waits."""

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            return runner.run(coroutine)

    return run


@pytest.fixture
def reading(hands: Hands, clock: Clock) -> Callable[..., Reading]:
    """Make a reading now; the clock moves on by five seconds."""

    def make(*, by: Clock = clock, device_id: str = "home", **values: Any) -> Reading:
        hands.pass_s(5)
        return Reading(device_id, "sungrow", values or {"pv_power_w": 1200}, by.instant())

    return make


@pytest.fixture
def fill(reading: Callable[..., Reading]) -> Callable[..., Awaitable[None]]:
    """Put readings into a spool, numbered from `start`."""

    async def put(spool: Spool, count: int, start: int = 0) -> None:
        for number in range(start, start + count):
            await spool.enqueue(reading(n=number))

    return put


@pytest.fixture
def token() -> str:
    return "a-token-for-the-tests-0123456789"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def serve_tls(authority: trustme.CA) -> Callable[..., Any]:
    """Start a `Cloud` in a context: `async with serve_tls(cloud, certificate)`."""

    @asynccontextmanager
    async def serve(cloud: Cloud | None = None, certificate: trustme.LeafCert | None = None) -> AsyncIterator[Cloud]:
        cloud = cloud or Cloud()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (certificate or authority.issue_cert("localhost")).configure_cert(context)
        server = await asyncio.start_server(cloud.serve, "localhost", cloud.port, ssl=context, reuse_address=True)
        cloud.port = server.sockets[0].getsockname()[1]
        try:
            yield cloud
        finally:
            server.close()

    return serve


@pytest.fixture
async def cloud(serve_tls: Callable[..., Any]) -> AsyncIterator[Cloud]:
    async with serve_tls() as running:
        yield running


@pytest.fixture
def toy_folder() -> Path:
    """A folder with one kind of source in it, for `sungaze_edge.sources.__path__`."""
    return Path(__file__).parent / "toy_sources"


@pytest.fixture
def with_toy(toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process find the toy source, and only it."""
    monkeypatch.setattr(sources, "__path__", [str(toy_folder)])
    sources.source_types.cache_clear()
    yield
    sources.source_types.cache_clear()
    sys.modules.pop("sungaze_edge.sources.toy", None)

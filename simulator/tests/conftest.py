"""A raw Modbus client that trusts nothing, a careful HTTPS client, and devices to point them at."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from sungaze_sim.house import House
from sungaze_sim.p1 import P1Meter
from sungaze_sim.profile import Profile
from sungaze_sim.server import WinetServer
from sungaze_sim.world import HouseWorld

NOON = datetime(2026, 5, 14, 11, 0, tzinfo=UTC)
SILENCE_S = 0.25


class FakeClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(1.8e9 + self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class RawClient:
    """One socket and the bytes on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    transaction: int = 0

    async def send(self, start: int, count: int, *, function: int = 4, unit: int = 1) -> int:
        self.transaction += 1
        self.writer.write(struct.pack(">HHHBBHH", self.transaction, 0, 6, unit, function, start, count))
        await self.writer.drain()
        return self.transaction

    async def frame(self) -> tuple[int, bytes]:
        """Read one well-formed frame: transaction id and PDU."""
        transaction, protocol, length, _unit = struct.unpack(">HHHB", await self.reader.readexactly(7))
        assert protocol == 0
        return transaction, await self.reader.readexactly(length - 1)

    async def ask(self, start: int, count: int, *, function: int = 4, unit: int = 1) -> bytes:
        """Ask and give the PDU of the answer, which must carry the same transaction id."""
        sent = await self.send(start, count, function=function, unit=unit)
        received, pdu = await asyncio.wait_for(self.frame(), 30)
        assert received == sent
        return pdu

    async def words(self, start: int, count: int, *, function: int = 4) -> list[int]:
        pdu = await self.ask(start, count, function=function)
        assert pdu[:2] == bytes([function, 2 * count]), pdu.hex()
        return list(struct.unpack(f">{count}H", pdu[2:]))

    async def poll(self) -> tuple[list[int], list[int]]:
        """Poll as the edge does: the block with the PV power first, the one from 13000 on last."""
        return await self.words(4999, 37), await self.words(12999, 79)

    async def hears_nothing(self) -> bool:
        try:
            await asyncio.wait_for(self.reader.read(1), SILENCE_S)
        except TimeoutError:
            return True
        return False

    async def rest(self) -> bytes:
        """Read whatever comes until the server ends the connection."""
        return await asyncio.wait_for(self.reader.read(-1), 5)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def cleanup() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


type Connect = Callable[[WinetServer], Awaitable[RawClient]]


@pytest.fixture
def connect(cleanup: AsyncExitStack) -> Connect:
    async def open_client(server: WinetServer) -> RawClient:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        cleanup.callback(writer.close)
        return RawClient(reader, writer)

    return open_client


@pytest.fixture
def serve(cleanup: AsyncExitStack):
    """Start a server, with a house at noon in May unless a world is given, and stop it after the test."""

    async def start(world=None, **options) -> WinetServer:
        server = WinetServer(world or HouseWorld(House(NOON), Profile()), **options)
        await server.start()
        cleanup.push_async_callback(server.stop)
        return server

    return start


@pytest.fixture
async def meter():
    """Give a P1 meter that nobody has paired with."""
    async with P1Meter() as meter:
        yield meter


@pytest.fixture
def trusting():
    """Make contexts as a careful client has them: this authority alone, no host name; the CN is looked at apart."""

    def context_for(meter: P1Meter) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(meter.ca_file)
        return context

    return context_for


@pytest.fixture
def client_of(trusting):
    """Make clients of the API v2."""

    def open_client(meter: P1Meter, token: str | None = None) -> httpx.AsyncClient:
        headers = {"X-Api-Version": "2"} | ({"Authorization": f"Bearer {token}"} if token else {})
        url = f"https://127.0.0.1:{meter.port}"
        return httpx.AsyncClient(base_url=url, verify=trusting(meter), headers=headers, trust_env=False, timeout=5)

    return open_client


@pytest.fixture
async def client(meter, client_of):
    async with client_of(meter, meter.pair("local/test")) as client:
        yield client


@pytest.fixture
async def stranger(meter, client_of):
    async with client_of(meter) as client:
        yield client


@pytest.fixture
async def old_client(meter):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{meter.v1_port}", trust_env=False) as client:
        yield client

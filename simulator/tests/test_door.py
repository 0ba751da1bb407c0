"""The door pipes bytes to a TLS server, lets nobody wait who cannot be served, and leads on when it is back."""

import asyncio
import ssl

import pytest
import trustme

from sungaze_sim.door import Door

LOOPBACK = "127.0.0.1"


class House:
    """A TLS server that says everything back in capitals, until it hears "bye"."""

    def __init__(self, folder):
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._tls)
        self._server = None
        self._guests = set()
        self.port = 0

    async def start(self):
        self._server = await asyncio.start_server(self._answer, LOOPBACK, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for guest in self._guests:
            guest.transport.abort()
        await asyncio.sleep(0)

    async def _answer(self, reader, writer):
        self._guests.add(writer)
        while (heard := await reader.read(65536)) not in (b"", b"bye"):
            writer.write(heard.upper())
            await writer.drain()
        self._guests.discard(writer)
        writer.close()


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    await house.start()
    yield house
    await house.stop()


@pytest.fixture
async def door(house):
    door = Door(house.port, house.ca_file)
    await door.open(0)
    yield door
    await door.close()


@pytest.fixture
async def knock(door, cleanup):
    async def connect():
        reader, writer = await asyncio.open_connection(LOOPBACK, door.port)
        cleanup.callback(writer.close)
        return reader, writer

    return connect


async def hears(guest, said, answer):
    reader, writer = guest
    writer.write(said)
    return await asyncio.wait_for(reader.readexactly(len(answer)), 30) == answer


async def test_bytes_go_both_ways_for_many_at_once(knock):
    guests = [await knock() for _ in range(5)]
    for number, guest in enumerate(guests):
        assert await hears(guest, b"hello %d" % number, b"HELLO %d" % number)
    assert await hears(guests[0], b"again", b"AGAIN")


async def test_more_than_any_buffer_holds_arrives_whole(knock):
    assert await hears(await knock(), b"much" * 500_000, b"MUCH" * 500_000)


async def test_when_the_server_hangs_up_so_does_the_door(knock):
    reader, writer = await knock()
    writer.write(b"bye")
    assert await asyncio.wait_for(reader.read(), 30) == b""


async def test_who_comes_while_the_server_is_away_is_let_go_and_let_in_when_it_is_back(house, knock):
    inside, _ = guest = await knock()
    assert await hears(guest, b"here", b"HERE")
    await house.stop()
    assert await asyncio.wait_for(inside.read(), 30) == b""
    reader, _ = await knock()
    assert await asyncio.wait_for(reader.read(), 30) == b""
    await house.start()
    assert await hears(await knock(), b"back", b"BACK")


async def test_a_server_with_another_authority_is_not_led_to(house, tmp_path):
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    door = Door(house.port, stranger)
    await door.open(0)
    reader, writer = await asyncio.open_connection(LOOPBACK, door.port)
    assert await asyncio.wait_for(reader.read(), 30) == b""
    writer.close()
    await door.close()


async def test_another_port_is_taken_when_somebody_has_the_wished_one(house, door):
    second = Door(house.port, house.ca_file)
    await second.open(door.port)
    assert second.port not in (0, door.port)
    await second.close()


async def test_closing_sees_everybody_out(door, knock):
    reader, _ = guest = await knock()
    assert await hears(guest, b"in", b"IN")
    await door.close()
    assert await asyncio.wait_for(reader.read(), 30) == b""
    with pytest.raises(ConnectionRefusedError):
        await knock()

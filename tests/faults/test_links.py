"""The fault proxy does what it is told to real connections."""

import asyncio
import ssl
import time

import pytest
import trustme

from faults.link import Mode, Trouble

RESET = (ConnectionResetError, BrokenPipeError)


async def say(stream, line=b"hello, are you there?\n"):
    reader, writer = stream
    writer.write(line)
    async with asyncio.timeout(5):
        return await reader.readline()


async def read_into(received, reader):
    async with asyncio.timeout(5):
        while data := await reader.read(100):
            received += data


async def post(server, body=b"a reading"):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.link.port)
    writer.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    try:
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
            return head + await reader.readexactly(int(head.split(b"Length: ")[1].split(b"\r\n")[0]))
    finally:
        writer.close()


async def test_without_trouble_everything_passes(echo, store):
    assert await say(await echo.connect()) == b"heard 1 of them\n"
    assert (await post(store)).endswith(b'{"inserted": 1}')


@pytest.mark.parametrize(
    ("mode", "heard", "told"),
    [
        (Mode.CUT_BEFORE, b"", b""),
        (Mode.CUT_IN_REQUEST, b"hello, are ", b""),
        (Mode.LOSE_REPLY, b"hello, are you there?\n", b""),
        (Mode.CUT_IN_REPLY, b"hello, are you there?\n", b"heard 1 "),
    ],
)
async def test_a_cut_passes_exactly_what_its_name_says_and_ends_in_a_reset(echo, mode, heard, told):
    echo.link.begin(Trouble(mode, times=1))
    reader, writer = await echo.connect()
    writer.write(b"hello, are you there?\n")
    received = bytearray()
    with pytest.raises(RESET):
        await read_into(received, reader)
    await asyncio.sleep(0.05)
    assert (echo.heard, bytes(received), echo.link.struck) == (heard, told, 1)
    assert (await say(await echo.connect())).startswith(b"heard"), "it strikes as often as it was told to"


@pytest.mark.parametrize(
    ("mode", "stored"), [(Mode.CUT_BEFORE, 0), (Mode.CUT_IN_REQUEST, 0), (Mode.LOSE_REPLY, 1), (Mode.CUT_IN_REPLY, 1)]
)
async def test_where_http_is_spoken_a_cut_knows_whether_the_server_has_done_its_work(store, mode, stored):
    store.link.begin(Trouble(mode, times=1))
    with pytest.raises((*RESET, asyncio.IncompleteReadError)):
        await post(store)
    assert len(store.stored) == stored


@pytest.mark.parametrize(("mode", "stored"), [(Mode.ANSWER, 0), (Mode.STORE_AND_ANSWER, 1)])
async def test_somebody_else_answers_before_or_after_the_server_did_its_work(store, mode, stored):
    store.link.begin(Trouble(mode, answer=b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"))
    assert (await post(store)).startswith(b"HTTP/1.1 502")
    assert len(store.stored) == stored


async def test_half_open_lets_nothing_pass_closes_nothing_and_stays_so(echo):
    stream = await echo.connect()
    await say(stream)
    echo.link.begin(Trouble(Mode.HALF_OPEN))
    stream[1].write(b"anybody?\n")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await stream[0].read(1)
    echo.link.end()
    stream[1].write(b"and now?\n")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await stream[0].read(1)
    assert echo.heard.count(b"\n") == 1
    assert await say(await echo.connect()) == b"heard 2 of them\n", "a new connection is a good one"


async def test_latency_and_trickle_take_their_time_and_change_nothing(echo):
    for trouble, least_s in (
        (Trouble(Mode.LATENCY, delay_s=0.1), 0.1),
        (Trouble(Mode.TRICKLE, delay_s=0.005, piece=2), 0.05),
    ):
        echo.link.begin(trouble)
        stream, began = await echo.connect(), time.monotonic()
        assert (await say(stream)).startswith(b"heard")
        assert time.monotonic() - began >= least_s
    assert echo.heard == b"hello, are you there?\n" * 2


async def test_who_refuses_twice_must_accept_twice(echo):
    stream = await echo.connect()
    await say(stream)
    echo.link.refuse()
    echo.link.refuse()
    with pytest.raises(RESET):
        await stream[0].read(1)
    echo.link.accept_again()
    with pytest.raises(RESET):
        await say(await echo.connect())
    echo.link.accept_again()
    assert (await say(await echo.connect())).startswith(b"heard")


async def test_a_client_that_leaves_in_the_midst_of_an_impostors_handshake_harms_nobody(echo):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    echo.link.begin(Trouble(Mode.IMPOSTOR, context=context))
    for _ in range(5):
        _, writer = await echo.connect()
        await asyncio.sleep(0.01)
        writer.transport.abort()
    await asyncio.sleep(0.05)
    echo.link.reset_all()
    echo.link.end()
    assert await say(await echo.connect()) == b"heard 1 of them\n"


async def test_an_impostor_hears_what_a_client_that_does_not_verify_tells_it(echo):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    echo.link.begin(Trouble(Mode.IMPOSTOR, context=context))
    careful, careless = ssl.create_default_context(), ssl._create_unverified_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("localhost", echo.link.port, ssl=careful)
    assert echo.link.heard == b""
    _, writer = await asyncio.open_connection("localhost", echo.link.port, ssl=careless)
    writer.write(b"my token")
    await writer.drain()
    async with asyncio.timeout(5):
        while echo.link.heard != b"my token":  # noqa: ASYNC110 - it is on its way
            await asyncio.sleep(0.01)
    writer.close()
    assert echo.heard == b""

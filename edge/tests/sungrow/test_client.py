"""The connection against a dongle that misbehaves, on a real socket."""

import asyncio
import struct

import pytest

from sungaze_edge.errors import SourceUnavailableError
from sungaze_edge.sources.sungrow import client
from sungaze_edge.sources.sungrow.client import ModbusConnection, Refusal


@pytest.fixture
async def connection(dongle, monkeypatch):
    monkeypatch.setattr(client, "REQUEST_TIMEOUT_S", 0.3)
    dongle.words[4] = {wire: wire for wire in range(5000, 5100)}
    made = ModbusConnection("127.0.0.1", dongle.port, 1, 0)
    await made.open()
    yield made
    await made.close()


def once(answer):
    """Misbehave at the first request only."""
    done = []

    def misbehave(request):
        if done:
            return False
        done.append(request)
        return answer(request)

    return misbehave


def registers(*words):
    return struct.pack(f">BB{len(words)}H", 4, 2 * len(words), *words)


async def works(connection):
    return await connection.read(4, 5000, 3) == [5000, 5001, 5002]


async def test_registers_are_read(connection):
    assert await works(connection)
    assert await connection.read(4, 5000, 100) == list(range(5000, 5100))


@pytest.mark.parametrize("length", [2, 3])
@pytest.mark.parametrize("cut", [None, 6, 8])
async def test_an_exception_is_understood_however_it_is_framed(dongle, connection, length, cut):
    def answer(request):
        raw = dongle.frame(request, bytes([0x84, 2]), length=length)
        return [raw] if cut is None else [raw[:cut], raw[cut:]]

    dongle.misbehave = once(answer)
    assert await connection.read(4, 5014, 2) == Refusal(2)
    assert await works(connection)
    assert dongle.connections == 1


@pytest.mark.parametrize(("code", "is_unsupported"), [(1, True), (2, True), (3, True), (4, False), (6, False)])
async def test_not_supported_is_told_from_busy(dongle, connection, code, is_unsupported):
    dongle.misbehave = lambda request: [dongle.frame(request, bytes([0x84, code]))]
    assert (await connection.read(4, 5000, 1)).is_unsupported is is_unsupported


async def test_an_answer_in_pieces_is_put_together(dongle, connection):
    dongle.misbehave = lambda request: [bytes([byte]) for byte in dongle.right_answer(request)]
    assert await works(connection)


WRONG = {
    "transaction": lambda d, r: d.frame(r, registers(1, 2, 3), transaction=r.transaction + 1),
    "transaction 0": lambda d, r: d.frame(r, registers(1, 2, 3), transaction=0),
    "unit": lambda d, r: d.frame(r, registers(1, 2, 3))[:6] + b"\x07" + registers(1, 2, 3),
    "function": lambda d, r: d.frame(r, b"\x03" + registers(1, 2, 3)[1:]),
    "exception of another function": lambda d, r: d.frame(r, bytes([0x83, 2])),
    "exception length": lambda d, r: d.frame(r, bytes([0x84, 2]), length=9),
    "too few registers": lambda d, r: d.frame(r, registers(1, 2)),
    "too many registers": lambda d, r: d.frame(r, registers(1, 2, 3, 4)),
    "odd byte count": lambda d, r: d.frame(r, b"\x04\x05" + bytes(5)),
    "byte count against length": lambda d, r: d.frame(r, registers(1, 2, 3), length=7),
    "protocol id": lambda d, r: d.right_answer(r)[:2] + b"\0\1" + d.right_answer(r)[4:],
    "stray byte in front": lambda d, r: b"\x02" + d.right_answer(r),
    "garbage": lambda _d, _r: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "an earlier answer in front": lambda d, r: d.frame(r, registers(9), transaction=0xFFFF) + d.right_answer(r),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_an_answer_to_something_else_is_never_taken(dongle, connection, wrong):
    dongle.misbehave = once(lambda request: [wrong(dongle, request)])
    started = asyncio.get_running_loop().time()
    with pytest.raises(SourceUnavailableError, match="did not answer the read of 3 registers at 5001"):
        await connection.read(4, 5000, 3)
    assert asyncio.get_running_loop().time() - started < 0.25, "it is noticed at once, not by the timeout"
    assert not connection.is_open
    await connection.open()
    assert await works(connection)


async def test_bytes_behind_a_right_answer_do_no_harm(dongle, connection):
    dongle.misbehave = lambda request: [dongle.right_answer(request) + b"\x02\x00"]
    assert await works(connection)
    assert await works(connection)


async def test_a_stray_byte_that_comes_between_two_requests_does_no_harm(dongle, connection):
    dongle.misbehave = once(lambda request: [dongle.right_answer(request), b"\x02"])
    assert await works(connection)
    await asyncio.sleep(0.05)
    assert await works(connection)


async def test_silence_ends_with_the_timeout_and_a_closed_socket(dongle, connection):
    dongle.misbehave = once(lambda _: None)
    with pytest.raises(SourceUnavailableError, match="no answer within"):
        await connection.read(4, 5000, 3)
    assert not connection.is_open


async def test_a_cancelled_read_closes_the_socket(dongle, connection):
    dongle.misbehave = once(lambda _: None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connection.read(4, 5000, 3), 0.05)
    assert not connection.is_open


async def test_a_device_that_hangs_up_is_noticed_at_once(dongle, connection):
    dongle.misbehave = once(lambda _: [])
    started = asyncio.get_running_loop().time()
    with pytest.raises(SourceUnavailableError, match="closed"):
        await connection.read(4, 5000, 3)
    assert asyncio.get_running_loop().time() - started < 0.25


async def test_a_device_that_hung_up_between_two_requests_is_noticed(dongle, connection):
    dongle.misbehave = once(lambda request: [dongle.right_answer(request)])
    assert await works(connection)
    for writer in dongle.writers:
        writer.close()
    await asyncio.sleep(0.05)
    assert not connection.is_open
    with pytest.raises(SourceUnavailableError, match="the connection was closed"):
        await connection.read(4, 5000, 3)


async def test_hc004_a_connection_that_was_lost_is_not_opened_again_unasked(dongle, connection):
    assert await works(connection)
    for writer in dongle.writers:
        writer.close()
    await asyncio.sleep(0.5)
    assert dongle.connections == 1


async def test_nobody_there_is_said_with_what_to_check(unused_tcp_port):
    connection = ModbusConnection("127.0.0.1", unused_tcp_port, 1, 0)
    with pytest.raises(SourceUnavailableError, match="is the WiNet-S on"):
        await connection.open()
    with pytest.raises(SourceUnavailableError):
        await connection.read(4, 5000, 1)


async def test_there_is_a_pause_between_two_requests(dongle):
    connection = ModbusConnection("127.0.0.1", dongle.port, 1, 0.05)
    await connection.open()
    started = asyncio.get_running_loop().time()
    for _ in range(3):
        await connection.read(4, 5000, 1)
    await connection.close()
    assert asyncio.get_running_loop().time() - started >= 0.15


async def test_failures_are_not_logged_by_the_library(dongle, connection, caplog):
    dongle.misbehave = lambda _: [b"garbage garbage"]
    with pytest.raises(SourceUnavailableError):
        await connection.read(4, 5000, 3)
    assert not caplog.records

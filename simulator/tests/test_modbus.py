import json
import shutil
import struct
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from sungaze_sim.capture import CaptureWorld
from sungaze_sim.house import House
from sungaze_sim.profile import Path, Profile
from sungaze_sim.world import HouseWorld

NOON = datetime(2026, 5, 14, 11, 0, tzinfo=UTC)


async def test_input_and_holding_registers_can_be_read(serve, connect):
    client = await connect(await serve())
    assert await client.words(4999, 2) == [0xD18, 40]
    assert (await client.words(4999, 3, function=3))[:3] == [2026, 5, 14]


async def test_an_unsupported_function_is_refused(serve, connect):
    client = await connect(await serve())
    assert await client.ask(13049, 2, function=6) == bytes([0x86, 1])
    assert await client.ask(13049, 2, function=1) == bytes([0x81, 1])


async def test_another_unit_does_not_answer(serve, connect):
    client = await connect(await serve())
    for unit in (0, 2, 247):
        assert await client.ask(4999, 1, unit=unit) == bytes([0x84, 0x0B])
    other = await connect(await serve(unit_id=3))
    assert await other.ask(4999, 1, unit=3) == struct.pack(">BBH", 4, 2, 0xD18)


@pytest.mark.parametrize("count", [0, 126, 1000])
async def test_a_count_beyond_the_protocol_is_refused(serve, connect, count):
    client = await connect(await serve())
    assert await client.ask(4999, count) == bytes([0x84, 3])
    assert len(await client.words(4999, 125)) == 125


async def test_a_range_with_nothing_in_it_is_refused_and_a_hole_is_filled(serve, connect):
    client = await connect(await serve())
    for start, count in ((5070, 1), (5014, 2), (6099, 96), (65535, 2)):
        assert await client.ask(start, count) == bytes([0x84, 2]), start
    assert (await client.words(5010, 8))[4:6] == [0, 0], "tracker 3 over WiNet-S"
    lan = await connect(await serve(HouseWorld(House(NOON), Profile(path=Path.LAN))))
    assert (await lan.words(5010, 12))[4:6] == [0xFFFF, 0xFFFF]


async def test_nonsense_ends_the_connection_and_not_the_server(serve, connect):
    server = await serve()
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\0\1\0\0\0\0\1", b"\0\1\0\0\xff\xff\1", b"\0\1\0\0\0\6\1\4"):
        client = await connect(server)
        client.writer.write(nonsense)
        client.writer.write_eof()
        assert await client.rest() == b""
    assert len(await (await connect(server)).words(4999, 1)) == 1


async def test_a_read_without_a_body_is_refused(serve, connect):
    client = await connect(await serve())
    client.writer.write(struct.pack(">HHHBB", 7, 0, 2, 1, 4))
    assert await client.frame() == (7, bytes([0x84, 3]))


async def test_two_clients_are_served_side_by_side(serve, connect):
    server = await serve()
    first, second = await connect(server), await connect(server)
    assert await first.words(4999, 1) == await second.words(4999, 1)
    assert server.connections == 2


async def test_another_world_is_seen_at_the_next_poll(serve, connect):
    server = await serve()
    client = await connect(server)
    assert (await client.poll())[0][0] == 0xD18
    server.world = CaptureWorld("winets_sh8rt20_discharging")
    assert (await client.poll())[0][0] == 0xE12


@pytest.mark.skipif(not shutil.which("mbpoll"), reason="mbpoll is not on PATH (apt install mbpoll)")
def test_mbpoll_reads_it():
    command = [sys.executable, "-m", "sungaze_sim", "winet", "--port", "0", "--capture", "winets_sh8rt20_discharging"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            port = simulator.stdout.readline().rsplit(":", 1)[1].strip()
            poll = ["mbpoll", "-m", "tcp", "-a", "1", "-0", "-r", "13021", "-t", "3", "-c", "2", "-1", "-p", port]
            shown = subprocess.run([*poll, "127.0.0.1"], capture_output=True, text=True, timeout=10, check=True).stdout
        finally:
            simulator.terminate()
    assert "[13021]: \t1920" in shown
    assert "[13022]: \t0" in shown


async def test_shipped_captures_are_served_word_for_word(serve, connect):
    from importlib.resources import files

    for name in ("winets_sh8rt20_discharging", "lan_sh8rt20_charging"):
        document = json.loads((files("sungaze_sim") / "captures" / f"{name}.json").read_text())
        client = await connect(await serve(CaptureWorld(name)))
        for number in (5000, 5008, 5017, 13000, 13022, 13034):
            assert await client.words(number - 1, 1) == [document["registers"][str(number)]]
        assert await client.words(13057, 1, function=3) == [document["holding_registers"]["13058"]]


async def test_a_recorded_exchange_is_played_back_byte_for_byte(serve, connect):
    client = await connect(await serve(CaptureWorld("winets_sh6rt_malformed_exception")))
    transaction = await client.send(5007, 1)
    answer = await client.reader.readexactly(9)
    assert answer == transaction.to_bytes(2, "big") + bytes.fromhex("00 00 00 02 01 84 02")

"""Each fault as a client sees it on the wire."""

import asyncio
import struct

import pytest

from sungaze_sim.capture import CaptureWorld
from sungaze_sim.faults import FAULTS

PROBE = (4999, 1)


async def frame_of(client, start, count, *, function=4):
    """Give transaction id sent, and the raw bytes that come within a moment."""
    sent = await client.send(start, count, function=function)
    return sent, await asyncio.wait_for(client.reader.read(500), 2)


async def refused(connect, server):
    """Tell whether a new client gets no answer: refused at once, or reset as soon as it asks."""
    try:
        async with asyncio.timeout(0.5):
            client = await connect(server)
            await client.words(*PROBE)
    except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        return True
    return False


async def until(condition):
    """Ask again and again, a hundred times at most."""
    for _ in range(100):
        if await condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"{condition} never held")


async def test_silence_swallows_requests_and_then_is_over(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("silence")
    await client.send(*PROBE)
    assert await client.hears_nothing()
    server.faults.clear("silence")
    assert await client.words(*PROBE)


async def test_a_half_open_connection_stays_dead_after_the_fault_is_over(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("half_open", times=1)
    await client.send(*PROBE)
    assert await client.hears_nothing()
    await client.send(*PROBE)
    assert await client.hears_nothing(), "not even a FIN"
    assert await (await connect(server)).words(*PROBE), "a new connection works"


async def test_a_reply_can_be_lost_with_its_connection(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("drop_before", times=1)
    await client.send(*PROBE)
    with pytest.raises(ConnectionResetError):
        await client.rest()
    assert not await refused(connect, server)


async def test_a_reply_can_be_cut_in_the_middle(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("drop_mid", times=1)
    await client.send(4999, 37)
    part = await client.rest()
    assert 0 < len(part) < 9 + 2 * 37


async def test_a_connection_can_end_right_after_a_whole_reply(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("drop_after", times=1)
    await client.send(*PROBE)
    assert len(await client.rest()) == 9 + 2


async def test_stray_bytes_follow_a_reply(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("stray", times=1)
    _, answer = await frame_of(client, *PROBE)
    assert len(answer) > 9 + 2
    assert answer[: 9 + 2].endswith(struct.pack(">H", 0xD18))


async def test_a_late_answer_belongs_to_the_request_before(serve, connect):
    server = await serve()
    client = await connect(server)
    assert await client.words(4999, 1) == [0xD18]
    server.faults.set("late", times=1)
    sent = await client.send(5000, 1)
    received, pdu = await client.frame()
    assert received == sent - 1
    assert pdu == struct.pack(">BBH", 4, 2, 0xD18)


async def test_a_late_answer_to_nothing_is_silence(serve, connect):
    server = await serve()
    server.faults.set("late", times=1)
    client = await connect(server)
    first = await client.send(*PROBE)
    assert await client.hears_nothing()
    server.faults.set("late", times=1)
    await client.send(5000, 1)
    assert (await client.frame())[0] == first


async def test_a_reply_can_carry_another_transaction_id(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("wrong_transaction", times=1)
    sent = await client.send(*PROBE)
    assert (await client.frame())[0] != sent


async def test_a_truncated_reply_leaves_the_connection_open(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("truncated", times=1)
    _, answer = await frame_of(client, 4999, 4)
    assert len(answer) == 9 + 8 - 3
    assert struct.unpack(">H", answer[4:6]) == (3 + 8,)
    assert await client.hears_nothing()


async def test_garbage_comes_instead_of_a_reply(serve, connect):
    server = await serve()
    client = await connect(server)
    proper = await client.words(4999, 30)
    server.faults.set("garbage", times=1)
    _, answer = await frame_of(client, 4999, 30)
    assert struct.pack(">30H", *proper) not in answer


async def test_exception_frames_can_be_malformed(serve, connect):
    server = await serve()
    client = await connect(server)
    assert await client.ask(5070, 1) == bytes([0x84, 2])
    server.faults.set("malformed_exception")
    sent, answer = await frame_of(client, 5070, 1)
    assert answer == struct.pack(">HHHBBB", sent, 0, 2, 1, 0x84, 2)


async def test_a_busy_device_answers_with_exception_04(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("busy", times=1)
    assert await client.ask(*PROBE) == bytes([0x84, 4])
    assert await client.words(*PROBE)


async def test_slow_replies_come_late_and_whole(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("slow", value=0.4, times=1)
    await client.send(*PROBE)
    assert await client.hears_nothing()
    _, pdu = await client.frame()
    assert pdu == struct.pack(">BBH", 4, 2, 0xD18)


async def test_holding_registers_are_passed_through_slowly_and_fail_first(serve, connect):
    server = await serve()
    server.faults.set("slow_holding")
    client = await connect(server)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await client.ask(4999, 6, function=3) == bytes([0x83, 4])
    assert loop.time() - began >= 0.06
    assert (await client.words(4999, 1, function=3)) == [2026]


async def test_a_second_client_is_refused_while_the_first_is_there(serve, connect):
    server = await serve()
    server.faults.set("one_client")
    first = await connect(server)
    assert await first.words(*PROBE)
    assert await refused(connect, server)
    assert await first.words(*PROBE)
    first.writer.close()

    async def gone():
        return server.connections == 0

    await until(gone)
    assert not await refused(connect, server)


async def test_stale_values_do_not_move(serve, connect):
    server = await serve()
    client = await connect(server)
    before = await client.poll()
    server.faults.set("stale")
    assert await client.poll() == await client.poll() == before
    server.faults.clear()
    assert await client.poll() != before


async def test_spikes_are_impossible_values(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("spikes")
    first, last = await client.poll()
    assert first[5016 - 4999] == 65000
    assert last[13022 - 12999] == 1500
    assert last[13021 - 12999] == 30000
    server.faults.clear()
    _, last = await client.poll()
    assert last[13022 - 12999] <= 1000


async def test_sentinels_stand_for_live_values(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("sentinels")
    first, last = await client.poll()
    assert first[5016 - 4999 : 5018 - 4999] == [0xFFFF, 0xFFFF]
    assert last[13007 - 12999 : 13011 - 12999] == [0xFFFF, 0x7FFF, 0xFFFF, 0x7FFF]
    assert last[13021 - 12999 : 13023 - 12999] == [0x7FFF, 0xFFFF]


async def test_unsupported_ranges_can_read_as_zeros(serve, connect):
    server = await serve()
    client = await connect(server)
    server.faults.set("unsupported_zeros")
    assert await client.words(6099, 3) == [0, 0, 0]


async def test_a_reboot_resets_and_refuses_and_keeps_the_counters(serve, connect):
    server = await serve(CaptureWorld("winets_sh8rt20_discharging"))
    client = await connect(server)
    counter = await client.words(13002, 2)
    server.faults.set("reboot")
    with pytest.raises(ConnectionResetError):
        await client.rest()
    await until(lambda: refused(connect, server))
    server.faults.clear()
    await until(lambda: _answers(connect, server))
    assert await (await connect(server)).words(13002, 2) == counter


async def test_offline_refuses_new_clients_and_leaves_old_ones_hanging(serve, connect):
    server = await serve()
    client = await connect(server)
    port = server.port
    server.faults.set("offline")
    await until(lambda: refused(connect, server))
    await client.send(*PROBE)
    assert await client.hears_nothing()
    server.faults.clear()
    await until(lambda: _answers(connect, server))
    assert server.port == port


async def _answers(connect, server):
    return not await refused(connect, server)


def test_every_fault_is_explained_and_tried_here(request):
    from pathlib import Path

    tests = Path(__file__).read_text()
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    for name in FAULTS:
        assert f'"{name}"' in tests, name
        assert f"`{name}" in readme, name

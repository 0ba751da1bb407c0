"""The record is a judge: it must hold exactly what a client can have received."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sungaze_sim.house import House
from sungaze_sim.profile import Profile
from sungaze_sim.record import Record, read_record
from sungaze_sim.world import HouseWorld

NOON = datetime(2026, 5, 14, 11, 0, tzinfo=UTC)


@pytest.fixture
def record(tmp_path):
    record = Record(tmp_path / "record.jsonl")
    yield record
    record.close()


async def test_a_poll_is_one_reading_with_the_truth_of_its_words(serve, connect, record):
    server = await serve(record=record)
    client = await connect(server)
    before = datetime.now(UTC)
    first, last = await client.poll()
    after = datetime.now(UTC)
    [reading] = record.readings
    assert before <= reading.first_request_at <= reading.last_reply_at <= after
    assert reading.blocks == {4999: first, 12999: last}
    assert reading.truth["pv_power_w"] == first[5016 - 4999]
    assert reading.truth["battery_soc_pct"] == last[13022 - 12999] / 10
    assert reading.truth["load_power_w"] == last[13007 - 12999]
    assert NOON <= reading.house_time <= NOON + timedelta(seconds=10)
    assert (reading.certain, reading.faults, reading.connection) == (True, [], 1)


async def test_all_reads_of_a_poll_are_one_snapshot_and_the_next_poll_is_another(serve, connect, record):
    world = HouseWorld(House(NOON), Profile(), speed=100_000)
    client = await connect(await serve(world, record=record))
    seen = []
    for _ in range(5):
        first, last = await client.poll()
        pv_w, load_w, export_w = first[5016 - 4999], last[13007 - 12999], _s32(last, 13009)
        assert _s32(last, 13033) == load_w + export_w
        again = await client.words(12999, 79)
        assert again == last
        seen.append((pv_w, load_w, export_w))
    assert len(set(seen)) == 5
    assert len(record.readings) == 5


def _s32(words, address):
    low, high = words[address - 12999 : address - 12997]
    value = high << 16 | low
    return value - (1 << 32) if value >> 31 else value


async def test_two_polls_within_one_house_second_can_be_told_apart(serve, connect, record):
    for profile in (Profile(), Profile(meter=False, battery=False)):
        world = HouseWorld(House(NOON, spec=profile.house_spec()), profile, speed=1e-6)
        client = await connect(await serve(world, record=record))
        for _ in range(20):
            await client.poll()
    assert all(one.truth != other.truth for one, other in pairwise(record.readings))


async def test_memory_can_be_bounded(serve, connect):
    record = Record(keep=2)
    client = await connect(await serve(record=record))
    for _ in range(5):
        await client.poll()
    assert [reading.sequence for reading in record.readings] == [4, 5]
    assert record.count == 5


def test_a_house_that_undoes_the_ripple_is_told_apart_all_the_same(clock):
    class Contrary(House):
        looks = 0

        def at(self, moment):
            self.looks += 1
            return super().at(min(moment, self.start)).rippled(-self.looks)

    world = HouseWorld(Contrary(NOON), Profile(), clock=clock)
    truths = [world.snapshot().truth for _ in range(20)]
    assert all(one != other for one, other in pairwise(truths))


async def test_live_takes_a_new_snapshot_for_every_read(serve, connect):
    server = await serve(live=True)
    client = await connect(server)
    assert await client.words(12999, 79) != await client.words(12999, 79)
    await client.poll()
    assert len(server.record.readings) == 1


async def test_identity_and_probes_are_no_readings(serve, connect, record):
    client = await connect(await serve(record=record))
    await client.words(4989, 10)
    await client.words(5213, 2)
    await client.words(12999, 79)
    assert record.readings == []
    await client.words(4999, 37)
    await client.words(12999, 30)
    assert record.readings == []
    await client.words(12999, 79)
    assert len(record.readings) == 1


async def test_a_poll_across_two_connections_is_no_reading(serve, connect, record):
    server = await serve(record=record)
    first, second = await connect(server), await connect(server)
    await first.words(4999, 37)
    await second.words(12999, 79)
    assert record.readings == []


@pytest.mark.parametrize(
    "fault",
    ["silence", "half_open", "drop_before", "drop_mid", "late", "wrong_transaction", "truncated", "garbage", "busy"],
)
@pytest.mark.parametrize("at_block", [1, 2])
async def test_a_reading_that_no_client_can_have_is_not_recorded(serve, connect, record, fault, at_block):
    server = await serve(record=record)
    client = await connect(server)
    if at_block == 2:
        await client.words(4999, 37)
    server.faults.set(fault, times=1)
    await client.send(4999 if at_block == 1 else 12999, 37 if at_block == 1 else 79)
    with suppress(ConnectionError):
        await client.hears_nothing()
    assert record.readings == []
    fresh = await connect(server)
    await fresh.poll()
    assert [reading.connection for reading in record.readings] == [2]


async def test_a_lost_first_block_spoils_the_poll_even_when_the_client_reads_on(serve, connect, record):
    server = await serve(record=record)
    client = await connect(server)
    server.faults.set("busy", times=1)
    await client.ask(4999, 37)
    await client.words(12999, 79)
    assert record.readings == []


@pytest.mark.parametrize("fault", ["busy", "silence", "wrong_transaction"])
async def test_a_poll_with_a_hole_in_the_middle_is_marked(serve, connect, record, fault):
    server = await serve(record=record)
    client = await connect(server)
    await client.words(4999, 37)
    server.faults.set(fault, times=1)
    await client.send(5600, 39)
    if not await client.hears_nothing():
        await client.reader.read(500)
    await client.words(12999, 79)
    await client.poll()
    assert [reading.certain for reading in record.readings] == [False, True]


@pytest.mark.parametrize("fault", ["stray", "drop_after", "slow"])
async def test_a_reading_that_a_client_may_refuse_is_marked(serve, connect, record, fault):
    server = await serve(record=record)
    client = await connect(server)
    await client.words(4999, 37)
    server.faults.set(fault, times=1, value=0.01)
    await client.words(12999, 79)
    assert [reading.certain for reading in record.readings] == [False]


async def test_a_client_that_has_left_before_the_answer_gets_no_reading(serve, connect, record):
    server = await serve(record=record)
    client = await connect(server)
    await client.words(4999, 37)
    server.faults.set("slow", value=0.1)
    await client.send(12999, 79)
    client.writer.close()
    fresh = await connect(server)
    await fresh.words(4999, 1)
    await fresh.words(4999, 1)
    assert record.readings == []


@pytest.mark.parametrize("fault", ["stale", "spikes", "sentinels"])
async def test_a_reading_with_altered_words_names_the_fault(serve, connect, record, fault):
    server = await serve(record=record)
    client = await connect(server)
    await client.poll()
    server.faults.set(fault)
    await client.poll()
    server.faults.clear()
    await client.poll()
    assert [reading.faults for reading in record.readings] == [[], [fault], []]


async def test_a_client_that_asks_on_confirms_what_it_got(serve, connect, record, tmp_path):
    client = await connect(await serve(record=record))
    await client.poll()
    assert [reading.confirmed for reading in record.readings] == [False]
    await client.poll()
    assert [reading.confirmed for reading in record.readings] == [True, False]
    assert read_record(tmp_path / "record.jsonl") == record.readings


async def test_the_file_is_complete_at_any_moment(serve, connect, record, tmp_path):
    client = await connect(await serve(record=record))
    await client.poll()
    [line] = (tmp_path / "record.jsonl").read_text().splitlines()
    assert json.loads(line)["sequence"] == 1


async def test_a_record_is_carried_on_after_a_cut_line(serve, connect, record, tmp_path):
    client = await connect(await serve(record=record))
    await client.poll()
    await client.poll()
    path = tmp_path / "record.jsonl"
    path.write_text(path.read_text()[:-40])
    reopened = Record(path)
    try:
        again = await connect(await serve(record=reopened))
        await again.poll()
    finally:
        reopened.close()
    sequences = [reading.sequence for reading in read_record(path)]
    assert sequences == sorted(set(sequences))
    assert len(sequences) == 2


async def test_a_day_of_the_house_runs_in_seconds(serve, connect, clock):
    world = HouseWorld(House(NOON), Profile(), speed=1440, clock=clock)
    server = await serve(world)
    client = await connect(server)
    for _ in range(288):
        clock.seconds += 300 / 1440
        await client.poll()
    readings = server.record.readings
    assert len(readings) == 288
    assert readings[-1].house_time - readings[0].house_time > timedelta(hours=23)
    assert all(one.truth["pv_total_kwh"] <= other.truth["pv_total_kwh"] for one, other in pairwise(readings))


async def test_lifetime_counters_keep_to_the_watchers_clock_at_any_speed(clock):
    world = HouseWorld(House(NOON - timedelta(hours=4)), Profile(), speed=60, clock=clock)
    first = world.snapshot().truth
    seen_kwh = 0.0
    for _ in range(360):
        clock.seconds += 10
        truth = world.snapshot().truth
        seen_kwh += truth["pv_power_w"] * 10 / 3.6e6
    counted_kwh = truth["pv_total_kwh"] - first["pv_total_kwh"]
    assert counted_kwh > 0.5
    assert abs(counted_kwh - seen_kwh) < 0.15

"""The ring keeps what it took, through damage of every kind, and gives way to SQLite where it cannot."""

import fcntl
import json
import os
import random
import string
from contextlib import closing, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sungaze_edge.reading import Reading
from sungaze_edge.ring import Ring, ring_path
from sungaze_edge.slot import SLOT_BYTES, Slot, decoded, encoded
from sungaze_edge.spool import Spool
from sungaze_edge.spool_file import open_spool_file


def row(number, text="x"):
    return (number, "home", "toy", 1_000_000 + number, json.dumps({"n": number, "text": text}))


def move(spool, to, suffix):
    with suppress(FileNotFoundError):
        spool.with_name(spool.name + suffix).rename(to.with_name(to.name + suffix))


def filled(path, count):
    ring = Ring(path)
    for number in range(1, count + 1):
        assert ring.put(row(number))
    return ring


@given(
    number=st.integers(0, 2**63),
    ts_ms=st.integers(-(2**62), 2**62),
    device=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
    text=st.text(st.characters(codec="utf-8"), max_size=300),
)
def test_a_slot_gives_back_the_reading_it_took_or_does_not_take_it(number, ts_ms, device, text):
    slot = Slot(number, number, (number, device, "toy", ts_ms, text))
    raw = encoded(slot)
    if raw is not None:
        assert len(raw) in (512, 1024)
        assert decoded(raw.ljust(SLOT_BYTES, b"\xff")) == slot


def test_a_slot_is_one_sector_or_two_whatever_the_length_of_the_reading():
    noise = "".join(random.Random(1).choices(string.printable, k=1400))
    lengths = [len(encoded(Slot(9, 9, row(9, noise[:size]))) or b"") for size in range(len(noise))]
    assert lengths == sorted(lengths, key=[512, 1024, 0].index)
    assert set(lengths) == {512, 1024, 0}


@pytest.mark.parametrize("direct", [True, False])
def test_hc001_each_write_goes_through_to_the_disk_and_only_the_owner_may_read_it(path, monkeypatch, direct):
    if not direct:
        monkeypatch.setattr(os, "O_DIRECT", 0)
    before = os.umask(0)
    try:
        with closing(Ring(path)) as ring:
            assert fcntl.fcntl(ring._file, fcntl.F_GETFL) & os.O_DSYNC
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


@given(st.binary(max_size=SLOT_BYTES))
def test_noise_is_no_slot(noise):
    assert decoded(noise) is None
    assert decoded(b"SGr1" + noise) is None


@pytest.mark.usefixtures("few_slots")
def test_hc001_a_flipped_byte_costs_at_most_the_reading_in_its_slot(path):
    with closing(filled(path, 6)) as ring:
        ring.forget([1, 2])
        ring.put(row(7))
    content = path.read_bytes()
    for place in range(len(content)):
        if place % SLOT_BYTES > 110:  # nobody reads what is behind the reading
            continue
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        found = Ring(path, read_only=True).waiting
        assert {3, 4, 5, 6, 7} - set(found) <= {place // SLOT_BYTES}
        assert set(found) <= set(range(1, 8))
        assert all(found[number] == row(number) for number in found)


@pytest.mark.usefixtures("few_slots")
def test_a_torn_write_leaves_the_readings_that_wait_alone(path):
    with closing(filled(path, 6)) as ring:
        ring.forget(range(1, 7))
        for number in range(7, 11):
            ring.put(row(number))
    content = bytearray(path.read_bytes())
    new = encoded(Slot(11, 7, row(11)))
    for torn_at in range(0, len(new), 64):
        place = 11 % 8 * SLOT_BYTES
        content[place : place + torn_at] = new[:torn_at]
        path.write_bytes(content)
        assert list(Ring(path, read_only=True).waiting)[:4] == [7, 8, 9, 10]


@pytest.mark.parametrize("size", [0, 1, 700, 5 * SLOT_BYTES, 5 * SLOT_BYTES + 40, 9 * SLOT_BYTES])
@pytest.mark.usefixtures("few_slots")
def test_a_ring_of_a_wrong_size_is_made_whole_and_keeps_what_it_had(path, size, caplog):
    filled(path, 6).close()
    content = path.read_bytes()
    path.write_bytes(content[:size].ljust(size, b"\0"))
    whole = {number for number in range(1, 7) if (number * SLOT_BYTES + 512) <= size}
    with closing(Ring(path)) as ring:
        assert set(ring.waiting) == whole
        assert path.stat().st_size == 8 * SLOT_BYTES
        ring.forget(list(ring.waiting))
        assert ring.put(row(100))
    assert ("instead of" in caplog.text) == (size > 0)


async def test_hc001_after_a_crash_what_waits_in_the_ring_is_there_with_its_identity(
    path, clock, numbers, fill, crash, opened
):
    spool = await opened(path)
    await fill(spool, 30)
    before = await spool.peek(100, clock.instant())
    await spool.ack([2, 3])
    crash(spool)
    spool = await opened(path)
    assert await spool.peek(100, clock.instant()) == before, "what was just delivered is sent again"
    await spool.ack([2, 3])
    await fill(spool, 1, start=30)
    crash(spool)
    async with Spool(path) as spool:
        assert numbers(await spool.peek(100, clock.instant())) == [0, *range(3, 31)]


async def test_no_time_is_given_twice_after_a_crash(path, clock, hands, crash, opened):
    spool = await opened(path)
    for _ in range(3):
        await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
    shown = await spool.peek(10, clock.instant())
    await spool.ack([row.id for row in shown])
    crash(spool)
    async with Spool(path) as spool:
        await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        (fresh,) = [row for row in await spool.peek(10, clock.instant()) if row not in shown]
    assert fresh.sample not in [row.sample for row in shown]


async def test_hc001_an_older_version_may_run_after_a_crash(path, clock, numbers, fill, crash, opened):
    spool = await opened(path)
    await fill(spool, 5)
    crash(spool)
    with closing(open_spool_file(path)) as older:  # knows SQLite alone, and goes on with the ids there
        rows = [
            (number, "home", "sungrow", 1_800_000_000_000 + number, json.dumps({"n": 100 + number}))
            for number in (2, 3)
        ]
        older.executemany("INSERT INTO reading (id, device_id, kind, ts_ms, payload) VALUES (?, ?, ?, ?, ?)", rows)
    async with Spool(path) as spool:
        found = numbers(await spool.peek(100, clock.instant()))
        assert sorted(found) == [0, 1, 2, 3, 4, 102, 103]
        await spool.quarantine({row.id: "no" for row in await spool.peek(100, clock.instant())}, clock.instant())
        assert await spool.length() == 0


async def test_hc001_a_broken_sqlite_file_costs_nothing_in_the_ring(path, clock, numbers, fill, crash, opened):
    spool = await opened(path)
    await fill(spool, 30)
    crash(spool)
    path.write_bytes(b"garbage" * 1000)
    async with Spool(path) as spool:
        assert numbers(await spool.peek(100, clock.instant())) == list(range(1, 30))


async def test_hc001_a_broken_ring_costs_nothing_in_sqlite(path, clock, numbers, fill, crash, caplog):
    async with Spool(path) as spool:
        await fill(spool, 30)
    ring_path(path).write_bytes(random.randbytes(512 * SLOT_BYTES))
    async with Spool(path) as spool:
        await fill(spool, 1, start=30)
        assert numbers(await spool.peek(100, clock.instant())) == list(range(31))
    assert "512 of 512 places" in caplog.text


async def test_a_reading_too_large_for_a_slot_keeps_its_place_in_the_order(path, clock, numbers, fill, reading):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.enqueue(reading(n=3, noise=random.randbytes(2000).hex()))
        await fill(spool, 3, start=4)
        assert len(spool._ring.waiting) == 5
        assert numbers(await spool.peek(4, clock.instant())) == [0, 1, 2, 3]
        assert numbers(await spool.peek(100, clock.instant())) == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.usefixtures("few_slots")
async def test_a_reading_that_cannot_leave_is_moved_once_and_not_with_every_other(path, clock, reading, fill):
    async with Spool(path) as spool:
        await fill(spool, 1)  # with the mark of the time, in SQLite
        await spool.enqueue(reading(device_id="denied", n=1))
        commits = []
        spool._store._db.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
        for number in range(60):
            await fill(spool, 1, start=number)
            rows = await spool.peek(9, clock.instant(), ["denied"])
            await spool.ack([row.id for row in rows])
        assert len(commits) <= 3
        (stuck,) = await spool.peek(9, clock.instant())
        assert '"denied"' in stuck.sample


@pytest.mark.usefixtures("few_slots")
async def test_hc001_where_nothing_else_waits_a_reading_that_cannot_leave_keeps_its_slot(
    path, clock, reading, fill, crash, opened
):
    spool = await opened(path)
    await fill(spool, 1)  # with the mark of the time, in SQLite
    await spool.enqueue(reading(device_id="denied", n=1))
    await fill(spool, 7)
    assert spool._store.next_id % 8 == 2, "the slot of the one that waits"
    await spool.ack([row.id for row in await spool.peek(9, clock.instant(), ["denied"])])
    assert await spool.peek(9, clock.instant(), ["denied"]) == []
    crash(spool)
    async with Spool(path) as spool:
        assert any('"denied"' in row.sample for row in await spool.peek(99, clock.instant()))


async def test_where_nothing_changes_nothing_is_written(path, clock, fill):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.ack([row.id for row in await spool.peek(9, clock.instant())])
        assert await spool.peek(9, clock.instant()) == []
        before = ring_path(path).read_bytes()
        for _ in range(3):
            assert await spool.peek(9, clock.instant()) == []
        assert ring_path(path).read_bytes() == before


@pytest.mark.parametrize("spool_of", ["early", "late", "another", "none"])
@pytest.mark.parametrize("ring_of", ["early", "late", "another", "none"])
@pytest.mark.usefixtures("few_slots")
async def test_hc001_whatever_ring_and_file_come_together_no_new_reading_is_lost(
    path, clock, numbers, fill, crash, ring_of, spool_of, opened
):
    """As after a backup was restored, a file was deleted, or one came from another machine."""

    async def live(name, readings):
        place = path.with_name(f"{name}.db")
        spool = await opened(place)
        for count in readings:
            await fill(spool, count)
            await spool.ack([row.id for row in (await spool.peek(100, clock.instant()))[:-2]])
        crash(spool)
        return place

    histories = {
        "early": await live("early", [3]),
        "late": await live("late", [3, 9, 20, 6]),
        "another": await live("another", [30, 30, 30, 30]),
    }
    for suffix, name in (("", spool_of), ("-wal", spool_of), ("-ring", ring_of)):
        if name != "none":
            move(histories[name], path, suffix)
    spool = await opened(path)
    await fill(spool, 4, start=1000)
    crash(spool)
    spool = await opened(path)
    await fill(spool, 10, start=1004)
    await spool.ack([row.id for row in await spool.peek(2, clock.instant())])
    crash(spool)
    async with Spool(path) as spool:
        found = await spool.peek(500, clock.instant())
        assert numbers(found)[-12:] == list(range(1002, 1014))
        assert len({row.id for row in found}) == len(found)

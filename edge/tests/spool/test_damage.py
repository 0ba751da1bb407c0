"""A broken file costs what cannot be read any more, and nothing else."""

import json
import os
import random
from datetime import UTC, datetime

import pytest

from sungaze_edge import salvage
from sungaze_edge.clock import Instant
from sungaze_edge.errors import SpoolError
from sungaze_edge.reading import Reading
from sungaze_edge.spool import Spool


async def prepared(path, reading, count=400):
    async with Spool(path) as spool:
        for number in range(count):
            await spool.enqueue(reading(n=number, text="x" * 200))


@pytest.fixture
def survivors(path, clock, numbers):
    """Open the spool; give the numbers that are still there, and its status."""

    async def look():
        async with Spool(path) as spool:
            return numbers(await spool.peek(100_000, clock.instant())), await spool.status()

    return look


async def test_a_file_that_is_no_database_is_moved_aside_and_work_goes_on(path, caplog, survivors):
    path.write_bytes(b"this is not a database at all, but it is long enough to have a header" * 100)
    found, status = await survivors()
    assert found == []
    assert len(status.corrupt_files) == 1
    assert (path.parent / status.corrupt_files[0]).read_bytes().startswith(b"this is not")
    assert "replace it soon" in caplog.text


async def test_a_broken_page_costs_only_its_own_readings(path, reading, survivors):
    await prepared(path, reading)
    with path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(os.urandom(4096))
    found, status = await survivors()
    assert len(status.corrupt_files) == 1
    assert 360 <= len(found) < 400
    assert found == sorted(found)
    assert {0, 399} <= set(found), "from before the damage and from behind it"


async def test_a_truncated_file_gives_what_it_still_has(path, reading, survivors):
    await prepared(path, reading)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    _, status = await survivors()
    assert len(status.corrupt_files) == 1


def break_pages(path, spool):
    """Fill all but the first page with noise, behind the back of an open spool."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    spool._store._db.execute("PRAGMA shrink_memory")


async def test_a_file_that_breaks_while_it_is_used_is_replaced_under_way(path, reading, clock, caplog, numbers):
    await prepared(path, reading)
    async with Spool(path) as spool:
        await spool.peek(1, clock.instant())
        break_pages(path, spool)
        for number in range(400, 420):
            await spool.enqueue(reading(n=number))
            await spool.peek(100, clock.instant())
        found = numbers(await spool.peek(10_000, clock.instant()))
    assert found[-20:] == list(range(400, 420))
    assert "The spool was corrupt" in caplog.text


def flip_bits(path, dice, how_many):
    content = bytearray(path.read_bytes())
    for _ in range(dice.choice(how_many)):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


@pytest.mark.parametrize("seed", range(12))
async def test_flipped_bits_never_stop_the_spool(path, reading, clock, seed):
    await prepared(path, reading, count=100)
    flip_bits(path, random.Random(seed), [1, 5, 50])
    async with Spool(path) as spool:
        await spool.enqueue(reading(n=1000))
        while batch := await spool.peek(30, clock.instant()):
            last = batch[-1]
            await spool.ack([row.id for row in batch])
        assert json.loads(last.sample)["n"] == 1000


async def test_two_broken_files_are_both_kept(path, survivors):
    for _ in range(2):
        path.write_bytes(b"garbage" * 1000)
        os.utime(path, (0, 0))
        _, status = await survivors()
        path.unlink()
    assert len(status.corrupt_files) == 2


async def test_hc001_an_ack_on_its_way_while_the_file_is_replaced_hits_no_new_reading(
    path, reading, clock, numbers, fill
):
    await prepared(path, reading)
    async with Spool(path) as spool:
        batch = await spool.peek(100, clock.instant())
        break_pages(path, spool)
        await fill(spool, 20, start=400)
        await spool.ack([row.id for row in batch])
        assert numbers(await spool.peek(10_000, clock.instant()))[-20:] == list(range(400, 420))


async def test_hc001_polling_goes_on_when_nothing_can_be_taken_over(path, reading, clock, numbers, fill, monkeypatch):
    def fail(*_):
        raise OSError("the disk is full")

    await prepared(path, reading)
    async with Spool(path) as spool:
        await spool.peek(1, clock.instant())
        break_pages(path, spool)
        with monkeypatch.context() as patch:
            patch.setattr(salvage, "rescue", fail)
            await fill(spool, 1, start=400)
        assert numbers(await spool.peek(10, clock.instant())) == [400]


async def test_a_spool_that_cannot_be_replaced_at_once_is_replaced_later(
    path, reading, clock, numbers, fill, monkeypatch
):
    def fail(*_):
        raise OSError("the disk is full")

    await prepared(path, reading)
    async with Spool(path) as spool:
        break_pages(path, spool)
        with monkeypatch.context() as patch:
            patch.setattr(salvage, "move_aside", fail)
            with pytest.raises(SpoolError, match="cannot be replaced: the disk is full"):
                await spool.peek(10, clock.instant())
        await fill(spool, 1, start=400)
        assert numbers(await spool.peek(10_000, clock.instant()))[-1] == 400


@pytest.mark.parametrize(
    ("seed", "what"),
    [
        (77, "a name in the schema that is no text any more"),
        (92, "the name of a column, in a file whose rows can still be read"),
        (172, "the name of a column that is asked for by name"),
        (216, "a reading without a time and now without a boot"),
    ],
)
async def test_flipped_bits_in_readings_that_wait_for_their_time_never_stop_the_spool(path, numbers, seed, what):
    noon = datetime(2026, 6, 21, 12, tzinfo=UTC)
    async with Spool(path) as spool:
        for number in range(100):
            taken = Instant(noon, 10.0 + 5 * number, "boot-1", synced=False)
            await spool.enqueue(Reading("home", "toy", {"n": number, "text": "x" * 200}, taken))
    flip_bits(path, random.Random(seed), [1, 5, 50, 300])
    now = Instant(noon, 20_000.0, "boot-2", synced=True)
    found = []
    async with Spool(path) as spool:
        await spool.enqueue(Reading("home", "toy", {"n": 1000}, now))
        while batch := await spool.peek(30, now):
            found += numbers(batch)
            await spool.ack([row.id for row in batch])
    assert 1000 in found, what

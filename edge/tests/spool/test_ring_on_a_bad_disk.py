"""The ring on a disk that is full, fails, or cannot do what it needs; and beside whoever looks in."""

import errno
import io
import os
from contextlib import closing

import pytest

from sungaze_edge import ring as ring_module
from sungaze_edge import store as store_module
from sungaze_edge.errors import SpoolError
from sungaze_edge.ring import Ring, ring_path
from sungaze_edge.slot import SLOT_BYTES
from sungaze_edge.spool import Spool
from sungaze_edge.spool_file import open_spool_file
from sungaze_edge.store import Store


def open_on_a_full_disk(*arguments):
    db = open_spool_file(*arguments)
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count={pages}")
    return db


@pytest.mark.parametrize("make", ["mkdir", "link"])
async def test_where_no_ring_can_be_made_readings_go_to_sqlite_and_it_is_said_once(
    path, clock, numbers, fill, caplog, make
):
    if make == "mkdir":
        ring_path(path).mkdir()
    else:
        ring_path(path).symlink_to(path.parent / "nowhere" / "ring")
    async with Spool(path) as spool:
        await fill(spool, 5)
        assert numbers(await spool.peek(10, clock.instant())) == [0, 1, 2, 3, 4]
        assert (await spool.status()).rows == 5
    assert caplog.text.count("until the next start") == 1


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EROFS])
async def test_hc001_when_the_ring_fails_under_way_sqlite_takes_over(
    path, clock, numbers, fill, caplog, monkeypatch, code
):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    async with Spool(path) as spool:
        await fill(spool, 5)
        monkeypatch.setattr(ring_module, "_write_through", fail)
        await fill(spool, 5, start=5)
        await spool.ack([2])
        assert numbers(await spool.peek(20, clock.instant())) == [0, *range(2, 10)]
    assert caplog.text.count("cannot be written") == 1
    monkeypatch.undo()
    async with Spool(path) as spool:
        assert set(numbers(await spool.peek(20, clock.instant()))) >= {0, *range(2, 10)}


async def test_a_write_that_stops_half_way_is_a_failed_one(path, clock, numbers, fill, caplog, monkeypatch):
    async with Spool(path) as spool:
        await fill(spool, 2)
        monkeypatch.setattr(os, "pwritev", lambda *_: 100)
        await fill(spool, 1, start=2)
        assert numbers(await spool.peek(20, clock.instant())) == [0, 1, 2]
    assert "a part was not written" in caplog.text


@pytest.mark.parametrize("call", ["open", "preadv"])
async def test_a_disk_with_large_sectors_or_no_way_past_the_cache_gets_whole_blocks(
    path, clock, numbers, fill, caplog, monkeypatch, call, opened
):
    real = getattr(os, call)

    def refuse(name, *arguments):
        if call == "preadv" or arguments[0] & os.O_DIRECT:
            raise OSError(errno.EINVAL, "no")
        return real(name, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        spool = await opened(path)
    await fill(spool, 5)
    assert len(Ring(ring_path(path), read_only=True).waiting) == 4
    await spool.__aexit__()
    assert caplog.text == ""


async def test_where_the_disk_has_no_room_for_a_ring_none_is_left_half_made(
    path, clock, numbers, fill, caplog, monkeypatch
):
    class FullDisk(io.FileIO):
        room = 100_000

        def write(self, data):
            if not self.room:
                raise OSError(errno.ENOSPC, "no")
            written = super().write(data[: self.room])
            self.room -= written
            return written

    with monkeypatch.context() as patch:
        patch.setattr(
            ring_module, "open", lambda name, mode, opener, **_: FullDisk(name, mode, opener=opener), raising=False
        )
        async with Spool(path) as spool:
            await fill(spool, 3)
            assert numbers(await spool.peek(9, clock.instant())) == [0, 1, 2]
            assert ring_path(path).stat().st_size == 0
    assert caplog.text.count("until the next start") == 1
    async with Spool(path) as spool:
        await fill(spool, 2, start=3)
        assert len(spool._ring.waiting) == 1, "one went to SQLite with the mark"


async def test_hc001_after_a_crash_a_full_disk_does_not_keep_the_spool_from_opening(
    path, clock, numbers, fill, crash, monkeypatch, opened
):
    spool = await opened(path)
    await fill(spool, 100)
    crash(spool)
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "open_spool_file", open_on_a_full_disk)
        spool = await opened(path)
        assert numbers(await spool.peek(10, clock.instant())) == list(range(10))
        await spool.ack([row.id for row in await spool.peek(10, clock.instant())])
        await fill(spool, 2, start=100)
        crash(spool)
    async with Spool(path) as spool:
        assert numbers(await spool.peek(200, clock.instant()))[-92:] == list(range(10, 102))


async def test_hc001_a_sector_that_cannot_be_read_costs_what_is_in_it(
    path, clock, numbers, fill, crash, caplog, monkeypatch, opened
):
    read = os.pread

    def fail(file, length, place):
        if place == 5 * SLOT_BYTES:
            raise OSError(errno.EIO, "no")
        return read(file, length, place)

    spool = await opened(path)
    await fill(spool, 10)
    crash(spool)
    monkeypatch.setattr(os, "pread", fail)
    async with Spool(path) as spool:
        assert numbers(await spool.peek(20, clock.instant())) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert caplog.text.count("until the next start") == 1


async def test_hc001_marks_that_could_not_be_read_settle_nothing_when_they_can_be_again(
    path, clock, numbers, fill, crash, monkeypatch, opened
):
    def fail(*_):
        raise OSError(errno.EIO, "no")

    spool = await opened(path)
    await fill(spool, 30)
    await spool.ack([row.id for row in await spool.peek(100, clock.instant())])
    assert await spool.peek(100, clock.instant()) == []
    crash(spool)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", fail)
        spool = await opened(path)
        await fill(spool, 3, start=30)
        crash(spool)
    async with Spool(path) as spool:
        assert numbers(await spool.peek(100, clock.instant()))[-3:] == [30, 31, 32]


async def test_looking_into_the_spool_counts_the_ring_and_changes_nothing(path, clock, fill):
    async with Spool(path) as spool:
        await fill(spool, 4)
        before = ring_path(path).read_bytes()
        with closing(Store(path)) as other:
            status = other.status()
        assert (status.rows, status.oldest) == (4, (await spool.status()).oldest)
        assert ring_path(path).read_bytes() == before
        assert await spool.length() == 4


async def test_looking_into_the_spool_does_not_take_a_write_under_way_for_damage(path, fill, caplog):
    async with Spool(path) as spool:
        await fill(spool, 4)
        with ring_path(path).open("r+b") as ring:
            ring.seek(7 * SLOT_BYTES)
            ring.write(b"half a slot")
        Store(path).close()
    assert caplog.text == ""


async def test_a_full_disk_takes_readings_for_a_while_yet(path, fill):
    async with Spool(path) as spool:
        await fill(spool, 1)
        spool._reserve_bytes = 2**62
        await fill(spool, 512, start=1)
        with pytest.raises(SpoolError, match="the disk is full"):
            await fill(spool, 1)


async def test_hc001_a_full_disk_and_numbers_that_an_older_version_took_wait_for_room(
    path, clock, numbers, fill, crash, monkeypatch, opened
):
    spool = await opened(path)
    await fill(spool, 100)
    crash(spool)
    with closing(open_spool_file(path)) as older:
        older.execute(
            "INSERT INTO reading (id, device_id, kind, ts_ms, payload) VALUES (7, 'home', 'toy', 7, '{\"n\":7}')"
        )
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "open_spool_file", open_on_a_full_disk)
        with pytest.raises(SpoolError, match="full"):
            await opened(path)
    async with Spool(path) as spool:
        found = await spool.peek(200, clock.instant())
        assert sorted(numbers(found)) == sorted([*range(100), 7])
        assert len({row.id for row in found}) == 101

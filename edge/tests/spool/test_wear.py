"""What spares the SD card, and that it costs no reading."""

import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest

from sungaze_edge.reading import Reading
from sungaze_edge.ring import Ring, ring_path
from sungaze_edge.spool import Spool
from sungaze_edge.store import Store


@pytest.fixture
def onlooker(path):
    """Look at the file as another process does: what is in it, and whether anything was written since the last look."""

    class Onlooker:
        def __init__(self):
            self.db = sqlite3.connect(path, isolation_level=None)
            self.version = None

        def is_written(self):
            before, self.version = self.version, self.db.execute("PRAGMA data_version").fetchone()
            return self.version != before

        def ids(self):
            return [row[0] for row in self.db.execute("SELECT id FROM reading ORDER BY id")]

    opened = []

    def look():
        opened.append(Onlooker())
        return opened[-1]

    yield look
    for one in opened:
        one.db.close()


@pytest.fixture
def without_ring(monkeypatch):
    """Let the disk refuse the ring, so that each reading is written to SQLite."""

    def refuse(*_):
        raise OSError("no")

    monkeypatch.setattr("sungaze_edge.ring._open_direct", refuse)


async def test_in_quiet_times_nothing_but_the_ring_is_written(path, clock, fill, onlooker):
    async with Spool(path) as spool:
        await fill(spool, 1)
        await spool.ack([row.id for row in await spool.peek(1, clock.instant())])
        file = onlooker()
        file.is_written()
        for number in range(30):
            await fill(spool, 3, start=3 * number)
            batch = await spool.peek(10, clock.instant())
            assert len(batch) == 3
            ring = ring_path(path).read_bytes()
            await spool.ack([row.id for row in batch])
            assert ring_path(path).read_bytes() == ring, "a delivery writes nothing at all"
        assert not file.is_written()


async def test_a_reading_takes_one_sector_of_its_slot(path, fill):
    async with Spool(path) as spool:
        await fill(spool, 20)
    content = ring_path(path).read_bytes()
    assert not any(any(content[place : place + 512]) for place in range(512, len(content), 1024))


async def test_when_the_ring_is_full_of_what_waits_all_of_it_is_moved_at_once(path, clock, numbers, fill, onlooker):
    async with Spool(path) as spool:
        await fill(spool, 512)
        assert len(onlooker().ids()) == 5, "one beside each mark of the time"
        await fill(spool, 200, start=512)
        assert 512 < len(onlooker().ids()) < 520
        assert numbers(await spool.peek(1000, clock.instant())) == list(range(712))
        assert await spool.length() == 712


async def test_what_waits_behind_a_denied_device_does_not_fill_the_ring_for_ever(path, clock, numbers, fill, reading):
    async with Spool(path) as spool:
        await fill(spool, 3)
        shed = Reading("shed", "toy", {"n": -1}, clock.instant())
        await spool.enqueue(shed)
        for _ in range(20):
            await fill(spool, 60)
            await spool.ack([row.id for row in await spool.peek(100, clock.instant(), {"shed"})])
        assert numbers(await spool.peek(1000, clock.instant())) == [-1]
        assert await spool.length() == 1


async def test_an_older_version_that_knows_no_ring_finds_everything_after_a_clean_stop(path, fill, onlooker):
    async with Spool(path) as spool:
        await fill(spool, 7)
        await spool.ack([2, 3])
    assert onlooker().ids() == [1, 4, 5, 6, 7]
    assert Ring(ring_path(path), read_only=True).waiting == {}


async def test_when_all_is_delivered_and_no_reading_comes_an_onlooker_sees_that_nothing_waits(path, clock, fill):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.ack([row.id for row in await spool.peek(10, clock.instant())])
        with closing(Store(path)) as other:
            assert other.length() == 3, "the disk was spared"
        assert await spool.peek(10, clock.instant()) == []
        with closing(Store(path)) as other:
            assert other.length() == 0
        await fill(spool, 2)
        with closing(Store(path)) as other:
            assert other.length() == 2
            assert len(other.peek(10, clock.instant())) == 2
        assert len(await spool.peek(10, clock.instant())) == 2


@pytest.mark.usefixtures("without_ring")
async def test_a_delivery_writes_nothing_itself_and_leaves_with_the_next_reading(path, clock, fill, onlooker):
    async with Spool(path) as spool:
        await fill(spool, 7)
        file = onlooker()
        file.is_written()
        await spool.ack([row.id for row in await spool.peek(5, clock.instant())])
        assert not file.is_written()
        await fill(spool, 1, start=7)
        assert file.is_written()
        assert file.ids() == [6, 7, 8]


@pytest.mark.usefixtures("without_ring")
async def test_what_is_delivered_is_neither_shown_nor_counted_again_though_the_file_has_it(
    path, clock, numbers, fill, onlooker
):
    async with Spool(path) as spool:
        await fill(spool, 4)
        newest = (await spool.status()).oldest
        await spool.ack([1, 2])
        await spool.ack([2])
        assert onlooker().ids() == [1, 2, 3, 4]
        assert numbers(await spool.peek(1, clock.instant())) == [2]
        status = await spool.status()
        assert (status.rows, await spool.length()) == (2, 2)
        assert status.oldest > newest


async def test_a_refused_reading_takes_along_what_was_delivered_before(path, clock, numbers, fill, onlooker):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.ack([1])
        await spool.quarantine({2: "no"}, clock.instant())
        assert onlooker().ids() == [3]
        assert await spool.length() == 1


@pytest.mark.usefixtures("without_ring")
async def test_many_deliveries_are_written_at_once(path, clock, fill, onlooker):
    async with Spool(path) as spool:
        await fill(spool, 120)
        await spool.ack([row.id for row in await spool.peek(110, clock.instant())])
        assert len(onlooker().ids()) == 10


async def test_when_no_reading_comes_any_more_the_file_is_emptied_all_the_same(path, clock, fill, onlooker):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.ack([row.id for row in await spool.peek(10, clock.instant())])
        assert await spool.peek(10, clock.instant()) == []
        assert onlooker().ids() == []


async def test_what_was_delivered_is_not_there_after_an_orderly_restart(path, clock, numbers, fill):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.ack([1, 2])
    async with Spool(path) as spool:
        assert numbers(await spool.peek(10, clock.instant())) == [2]


async def test_what_another_process_puts_back_is_counted_beside_what_was_delivered(path, clock, numbers, fill):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.quarantine({2: "no"}, clock.instant())
        await spool.ack([1])
        with closing(sqlite3.connect(path)) as other, other:
            other.execute(
                "INSERT INTO reading (id, device_id, kind, ts_ms, payload) "
                "SELECT id, device_id, kind, ts_ms, payload FROM quarantine"
            )
        assert await spool.length() == 2
        assert numbers(await spool.peek(10, clock.instant())) == [1, 2]


@pytest.mark.usefixtures("without_ring")
async def test_hc001_a_reading_that_does_not_fit_leaves_the_deliveries_as_they_were(
    path, clock, numbers, fill, reading
):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.ack([1])
        spool._store._db.execute("CREATE TEMP TRIGGER no BEFORE INSERT ON reading BEGIN SELECT RAISE(ABORT, 'no'); END")
        with pytest.raises(Exception, match="no"):
            await spool.enqueue(reading(n=3))
        assert numbers(await spool.peek(10, clock.instant())) == [1, 2]
        assert await spool.length() == 2


def test_hc001_kill_9_after_a_delivery_sends_it_again_and_loses_nothing(path):
    script = textwrap.dedent("""
        import asyncio, pathlib, sys
        from sungaze_edge.clock import Clock
        from sungaze_edge.reading import Reading
        from sungaze_edge.spool import Spool
        async def main():
            clock = Clock(kernel_synced=lambda: True)
            async with Spool(pathlib.Path(sys.argv[1])) as spool:
                for n in range(5):
                    await spool.enqueue(Reading("home", "toy", {"n": n}, clock.instant()))
                await spool.ack([1, 2, 3])
                print("ready", flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
    """)
    writer = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "ready\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    with closing(Store(path)) as store:
        assert store.length() == 5


async def test_a_new_spool_has_small_pages(path, fill):
    async with Spool(path) as spool:
        await fill(spool, 1)
        assert spool._store._db.execute("PRAGMA page_size").fetchone() == (1024,)

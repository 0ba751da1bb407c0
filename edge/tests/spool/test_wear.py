"""What spares the SD card, and that it costs no reading."""

import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest

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

"""What was stored is on the disk, whatever befalls the process, and however full the disk is."""

import asyncio
import random
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sungaze_edge.errors import SpoolError
from sungaze_edge.spool import Spool
from sungaze_edge.store import Store


async def test_what_was_not_acknowledged_is_there_after_a_restart(path, clock, numbers, fill):
    async with Spool(path) as spool:
        await fill(spool, 3)
        await spool.ack([1])
    async with Spool(path) as spool:
        assert numbers(await spool.peek(10, clock.instant())) == [1, 2]
        assert await spool.length() == 2


async def test_a_spool_is_its_owners_alone(path, fill):
    async with Spool(path) as spool:
        await fill(spool, 1)
        files = [path, path.with_name("spool.db-wal"), path.with_name("spool.db-shm")]
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


async def test_an_empty_file_in_the_spools_place_becomes_a_spool(path, clock, numbers, fill):
    path.touch()
    async with Spool(path) as spool:
        await fill(spool, 1)
        assert numbers(await spool.peek(10, clock.instant())) == [0]
        assert spool._store._db.execute("PRAGMA auto_vacuum").fetchone() == (2,), "INCREMENTAL"


async def test_hc001_the_disk_is_told_to_be_sure(path):
    async with Spool(path) as spool:
        db = spool._store._db
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"


STORE_TWENTY = textwrap.dedent("""
    import asyncio, pathlib, sys
    from sungaze_edge.clock import Clock
    from sungaze_edge.reading import Reading
    from sungaze_edge.spool import Spool
    async def main(synced):
        clock = Clock(kernel_synced=lambda: synced)
        async with Spool(pathlib.Path(sys.argv[1])) as spool:
            for _ in range(20):
                await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
    asyncio.run(main(sys.argv[2] == "True"))
""")


@pytest.mark.parametrize("is_time_known", [True, False])
def test_hc001_each_enqueue_forces_the_reading_to_the_disk(path, tmp_path, is_time_known):
    strace, log = Path("/usr/bin/strace"), tmp_path / "strace"
    if not strace.exists():
        pytest.skip("strace, which shows what reaches the disk, is not installed")
    watch = [strace, "-f", "-y", "-e", "trace=openat,fsync,fdatasync,pwritev,pwritev2", "-o", log]
    command = [*watch, sys.executable, "-c", STORE_TWENTY, path, str(is_time_known)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    calls = log.read_text()
    if is_time_known:
        assert len(re.findall(rf"pwritev2?\(\d+<{path}-ring>", calls)) >= 19
        assert re.search(rf'openat\(.*"{path}-ring", O_RDWR\|O_DSYNC', calls)
    else:
        assert len(re.findall(rf"sync\(\d+<{path}-wal>", calls)) >= 20
    assert f"<{path.parent}>)" in calls, "a new spool's name is as durable as its content"


def test_hc001_nothing_that_was_enqueued_is_lost_by_kill_9(path, clock, numbers):
    script = textwrap.dedent("""
        import asyncio, pathlib, sys
        from sungaze_edge.clock import Clock
        from sungaze_edge.reading import Reading
        from sungaze_edge.spool import Spool
        async def main():
            clock = Clock(kernel_synced=lambda: True)
            async with Spool(pathlib.Path(sys.argv[1])) as spool:
                n = int(sys.argv[2])
                while True:
                    await spool.enqueue(Reading("home", "toy", {"n": n}, clock.instant()))
                    print(n, flush=True)
                    n += 1
        asyncio.run(main())
    """)
    promised = -1
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", script, path, str(promised + 1)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(random.randint(5, 60)):
            promised = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        promised = max([promised, *map(int, writer.stdout.read().split())])
        writer.wait()
        writer.stdout.close()
        store = Store(path)
        kept = numbers(store.peek(1000, clock.instant()))
        store.close()
        assert kept[: promised + 1] == list(range(promised + 1))
        promised = kept[-1]


async def test_after_an_outage_the_disk_gets_its_room_back(path, reading, clock, fill):
    async with Spool(path) as spool:
        for number in range(1000):
            await spool.enqueue(reading(n=number, text=random.randbytes(1500).hex()))
        while batch := await spool.peek(500, clock.instant()):
            await spool.ack([row.id for row in batch])
        for _ in range(6):
            await fill(spool, 1)
            await spool.ack([row.id for row in await spool.peek(1, clock.instant())])
    assert path.stat().st_size < 1.5 * 2**20, "of the three that the readings took"


async def test_a_disk_that_is_nearly_full_refuses_readings_and_still_lets_them_go(path, clock, numbers, fill, reading):
    async with Spool(path) as spool:
        await fill(spool, 3)
        spool._reserve_bytes = 2**62
        stored = 3
        while await fits(spool, reading(n=stored)):
            stored += 1
        assert stored == 513, "as many as the ring has room for"
        with pytest.raises(SpoolError, match="the disk is full"):
            await fill(spool, 1, start=stored)
        await spool.ack([1])
        spool._reserve_bytes = 0
        await fill(spool, 1, start=stored)
        assert numbers(await spool.peek(1000, clock.instant())) == list(range(1, stored + 1))


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("no small file system can be mounted here (that needs root)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


async def test_hc001_a_disk_that_is_really_full_loses_nothing(small_disk, reading, clock, numbers):
    async with Spool(small_disk / "spool.db", reserve_bytes=0) as spool:
        stored, noise = 0, random.randbytes(2000).hex()
        while await fits(spool, reading(n=stored, text=noise)):
            stored += 1
        assert stored > 10
        assert numbers(await spool.peek(10_000, clock.instant())) == list(range(stored))
        assert not await fits(spool, reading(n=stored, text=noise))
        grow = await asyncio.create_subprocess_exec("mount", "-o", "remount,size=8m", small_disk)
        await grow.wait()
        assert await fits(spool, reading(n=stored, text=noise))
        assert numbers(await spool.peek(10_000, clock.instant())) == list(range(stored + 1))


async def fits(spool, one):
    try:
        await spool.enqueue(one)
    except SpoolError:
        return False
    return True

"""The spool keeps every reading, in order, until it is acknowledged: whatever befalls process, file or disk."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sungaze_edge.errors import SpoolError
from sungaze_edge.reading import Reading
from sungaze_edge.spool import Spool
from sungaze_edge.store import Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spool.db"


def numbers(waiting):
    return [json.loads(row.sample)["n"] for row in waiting]


async def fill(spool, reading, count, start=0):
    for number in range(start, start + count):
        await spool.enqueue(reading(n=number))


async def test_readings_come_out_in_the_order_they_went_in_and_leave_by_ack(path, reading, clock):
    async with Spool(path) as spool:
        await fill(spool, reading, 10)
        first = await spool.peek(4, clock.instant())
        assert numbers(first) == [0, 1, 2, 3]
        assert await spool.peek(4, clock.instant()) == first, "peek changes nothing"
        await spool.ack([row.id for row in first])
        assert numbers(await spool.peek(100, clock.instant())) == [4, 5, 6, 7, 8, 9]
        assert await spool.length() == 6


async def test_a_reading_is_on_the_wire_what_the_contract_says(path, reading, clock):
    async with Spool(path) as spool:
        await spool.enqueue(reading(pv_power_w=1.5, battery_soc_pct=None, running_state='Run "é"', load=float("nan")))
        (row,) = await spool.peek(1, clock.instant())
    assert json.loads(row.sample) == {
        "device_id": "home",
        "kind": "sungrow",
        "ts": "2026-06-21T12:00:05.000Z",
        "pv_power_w": 1.5,
        "battery_soc_pct": None,
        "running_state": 'Run "é"',
        "load": None,
    }


async def test_a_reading_without_values_is_still_a_reading(path, clock):
    async with Spool(path) as spool:
        await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        (row,) = await spool.peek(1, clock.instant())
    assert json.loads(row.sample)["ts"] == "2026-06-21T12:00:00.000Z"


async def test_what_was_not_acknowledged_is_there_after_a_restart(path, reading, clock):
    async with Spool(path) as spool:
        await fill(spool, reading, 3)
        await spool.ack([1])
    async with Spool(path) as spool:
        assert numbers(await spool.peek(10, clock.instant())) == [1, 2]
        assert await spool.length() == 2


async def test_hc001_the_disk_is_told_to_be_sure(path):
    async with Spool(path) as spool:
        db = spool._store._db
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"


def test_hc001_each_enqueue_forces_the_log_to_the_disk(path, tmp_path):
    strace = Path("/usr/bin/strace")
    if not strace.exists():
        pytest.skip("strace, which shows what reaches the disk, is not installed")
    script = """
        import asyncio, pathlib, sys
        from sungaze_edge.clock import Clock
        from sungaze_edge.reading import Reading
        from sungaze_edge.spool import Spool
        async def main():
            async with Spool(pathlib.Path(sys.argv[1])) as spool:
                for _ in range(20):
                    await spool.enqueue(Reading("home", "toy", {}, Clock().instant()))
        asyncio.run(main())
    """
    log = tmp_path / "strace"
    command = [
        strace,
        "-f",
        "-e",
        "trace=fsync,fdatasync",
        "-o",
        log,
        sys.executable,
        "-c",
        textwrap.dedent(script),
        path,
    ]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    assert log.read_text().count("sync(") >= 20


def test_hc001_nothing_that_was_enqueued_is_lost_by_kill_9(path):
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
        kept = [row[0] for row in store._db.execute("SELECT payload ->> 'n' FROM reading ORDER BY id")]
        store.close()
        assert kept[: promised + 1] == list(range(promised + 1))
        promised = kept[-1]


async def test_two_readings_never_get_the_same_identity(path, hands, clock):
    async with Spool(path) as spool:
        for _ in range(3):
            await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        await spool.enqueue(Reading("shed", "toy", {}, clock.instant()))
        first = await spool.peek(10, clock.instant())
        await spool.ack([row.id for row in first])
        await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        rows = [json.loads(row.sample) for row in [*first, *await spool.peek(10, clock.instant())]]
    assert [(row["device_id"], row["ts"][-5:]) for row in rows] == [
        ("home", ".000Z"),
        ("home", ".001Z"),
        ("home", ".002Z"),
        ("shed", ".000Z"),
        ("home", ".003Z"),
    ]


async def test_a_clock_set_back_an_hour_gives_no_time_twice(path, hands, clock):
    async with Spool(path) as spool:
        for _ in range(20):
            hands.pass_s(5)
            await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        hands.wall_s -= 100
        for _ in range(20):
            hands.pass_s(5)
            await spool.enqueue(Reading("home", "toy", {}, clock.instant()))
        times = [json.loads(row.sample)["ts"] for row in await spool.peek(100, clock.instant())]
    assert len(set(times)) == 40


async def test_a_refused_reading_is_set_aside_listed_and_retried_at_its_old_place(path, reading, clock):
    async with Spool(path) as spool:
        await fill(spool, reading, 3)
        await spool.quarantine({2: "pv_power_w: too big"}, clock.instant())
        assert numbers(await spool.peek(10, clock.instant())) == [0, 2]
        assert (await spool.status()).quarantined == 1
        other = Store(path)  # as `sungaze-edge spool` does beside the daemon
        (refused,) = other.quarantined()
        assert (refused.id, refused.reason) == (2, "pv_power_w: too big")
        assert other.retry([99]) == 0
        assert other.retry() == 1
        other.close()
        assert await spool.length() == 3, "the daemon notices"
        await fill(spool, reading, 1, start=3)
        assert numbers(await spool.peek(10, clock.instant())) == [0, 1, 2, 3]


async def test_the_id_of_a_reading_is_never_used_again_while_an_ack_may_be_late(path, reading, clock):
    async with Spool(path) as spool:
        await fill(spool, reading, 2)
        await spool.ack([1, 2])
        await fill(spool, reading, 2, start=2)
        await spool.ack([1, 2])
        assert numbers(await spool.peek(10, clock.instant())) == [2, 3]


async def test_a_second_daemon_on_the_same_spool_is_refused(path):
    async with Spool(path):
        second = Spool(path)
        with pytest.raises(SpoolError, match="Another sungaze-edge is running"):
            await second.__aenter__()


async def test_a_spool_of_a_newer_version_is_refused_and_left_alone(path):
    async with Spool(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    before = path.read_bytes()
    newer = Spool(path)
    with pytest.raises(SpoolError, match="made by a newer sungaze-edge"):
        await newer.__aenter__()
    assert path.read_bytes() == before


@pytest.mark.parametrize(("place", "complaint"), [("missing/spool.db", "SPOOL_PATH"), (".", "cannot be")])
async def test_a_place_that_cannot_be_written_is_named_with_a_remedy(tmp_path, place, complaint):
    spool = Spool(tmp_path / place)
    with pytest.raises(SpoolError, match=complaint):
        await spool.__aenter__()


async def test_after_an_outage_the_disk_gets_its_room_back(path, reading, clock):
    async with Spool(path) as spool:
        for number in range(1000):
            await spool.enqueue(reading(n=number, text="x" * 3000))
        swollen = (await spool.status()).file_bytes
        while batch := await spool.peek(500, clock.instant()):
            await spool.ack([row.id for row in batch])
        for _ in range(6):
            await fill(spool, reading, 1)
            await spool.ack([row.id for row in await spool.peek(1, clock.instant())])
    assert path.stat().st_size < swollen / 2
    assert path.stat().st_size < 3 * 2**20


# --- a full disk ---


async def test_a_disk_that_is_nearly_full_refuses_readings_and_still_lets_them_go(path, reading, clock):
    async with Spool(path) as spool:
        await fill(spool, reading, 3)
        spool._reserve_bytes = 2**62
        with pytest.raises(SpoolError, match="the disk is full"):
            await fill(spool, reading, 1)
        await spool.ack([1])
        spool._reserve_bytes = 0
        await fill(spool, reading, 1, start=3)
        assert numbers(await spool.peek(10, clock.instant())) == [1, 2, 3]


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", folder], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("no small file system can be mounted here (that needs root)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


async def test_hc001_a_disk_that_is_really_full_loses_nothing(small_disk, reading, clock):
    async with Spool(small_disk / "spool.db", reserve_bytes=0) as spool:
        stored = 0
        while await fits(spool, reading(n=stored, text="x" * 2000)):
            stored += 1
        assert stored > 10
        assert numbers(await spool.peek(10_000, clock.instant())) == list(range(stored))
        assert not await fits(spool, reading(n=stored, text="x" * 2000))
        grow = await asyncio.create_subprocess_exec("mount", "-o", "remount,size=4m", small_disk)
        await grow.wait()
        assert await fits(spool, reading(n=stored, text="x" * 2000))
        assert numbers(await spool.peek(10_000, clock.instant())) == list(range(stored + 1))


async def fits(spool, one):
    try:
        await spool.enqueue(one)
    except SpoolError:
        return False
    return True


# --- a broken file ---


async def prepared(path, reading, count=400):
    async with Spool(path) as spool:
        for number in range(count):
            await spool.enqueue(reading(n=number, text="x" * 200))


async def survivors(path, clock):
    async with Spool(path) as spool:
        return numbers(await spool.peek(100_000, clock.instant())), await spool.status()


async def test_a_file_that_is_no_database_is_moved_aside_and_work_goes_on(path, clock, caplog):
    path.write_bytes(b"this is not a database at all, but it is long enough to have a header" * 100)
    found, status = await survivors(path, clock)
    assert found == []
    assert len(status.corrupt_files) == 1
    assert (path.parent / status.corrupt_files[0]).read_bytes().startswith(b"this is not")
    assert "replace it soon" in caplog.text


async def test_a_broken_page_costs_only_its_own_readings(path, reading, clock):
    await prepared(path, reading)
    with path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(os.urandom(4096))
    found, status = await survivors(path, clock)
    assert len(status.corrupt_files) == 1
    assert 360 <= len(found) < 400
    assert found == sorted(found)
    assert {0, 399} <= set(found), "from before the damage and from behind it"


async def test_a_truncated_file_gives_what_it_still_has(path, reading, clock):
    await prepared(path, reading)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    _, status = await survivors(path, clock)
    assert len(status.corrupt_files) == 1


async def test_a_file_that_breaks_while_it_is_used_is_replaced_under_way(path, reading, clock, caplog):
    await prepared(path, reading)
    async with Spool(path) as spool:
        await spool.peek(1, clock.instant())
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(path.stat().st_size - 4096))
        spool._store._db.execute("PRAGMA shrink_memory")
        for number in range(400, 420):
            await spool.enqueue(reading(n=number))
            await spool.peek(100, clock.instant())
        found = numbers(await spool.peek(10_000, clock.instant()))
    assert found[-20:] == list(range(400, 420))
    assert "The spool was corrupt" in caplog.text


@pytest.mark.parametrize("seed", range(12))
async def test_flipped_bits_never_stop_the_spool(path, reading, clock, seed):
    await prepared(path, reading, count=100)
    dice = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 5, 50])):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)
    async with Spool(path) as spool:
        await spool.enqueue(reading(n=1000))
        while batch := await spool.peek(30, clock.instant()):
            last = batch[-1]
            await spool.ack([row.id for row in batch])
        assert json.loads(last.sample)["n"] == 1000


async def test_two_broken_files_are_both_kept(path, clock):
    for _ in range(2):
        path.write_bytes(b"garbage" * 1000)
        os.utime(path, (0, 0))
        _, status = await survivors(path, clock)
        path.unlink()
    assert len(status.corrupt_files) == 2


async def test_the_event_loop_never_waits_for_the_disk(path, reading, clock):
    async with Spool(path) as spool:
        beats = 0

        async def heart():
            nonlocal beats
            while True:
                await asyncio.sleep(0)
                beats += 1

        task = asyncio.create_task(heart())
        await fill(spool, reading, 20)
        task.cancel()
    assert beats > 20

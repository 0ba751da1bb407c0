"""Making a backup: complete, of one moment, beside a working server; whole or not there at all."""

import asyncio
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import FileIO

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sungaze_vps.db.session import make_engine
from sungaze_vps.measurements import measurements
from sungaze_vps.services.archive import total
from sungaze_vps.services.archive_reader import ArchiveReader
from sungaze_vps.services.backup import back_up
from sungaze_vps.services.backup_file import new_file
from sungaze_vps.services.ingestion import store

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


def row(measurement, device_id, seconds):
    return (device_id, NOON + timedelta(seconds=seconds), 1, *(None for _ in measurement.fields))


def stored_in(path, kinds):
    with path.open("rb") as file:
        return [row for _, rows in ArchiveReader(file, path.name, kinds).batches() for row in rows]


def test_a_backup_holds_every_reading_and_only_its_owner_may_read_it(run, home_url, home_rows, meter_rows, tmp_path):
    path = tmp_path / "home.backup"
    run(home_url, "backup", path)
    assert sorted(stored_in(path, measurements())) == sorted(home_rows + meter_rows)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_check_backup_tells_what_is_in_it_and_needs_no_settings(run, home_url, tmp_path, capsys, monkeypatch):
    path = tmp_path / "home.backup"
    run(home_url, "backup", path)
    capsys.readouterr()
    command = [sys.executable, "-m", "sungaze_vps", "check-backup"]
    known = {"PATH": os.environ["PATH"]}
    done = subprocess.run([*command, str(path)], env=known, capture_output=True, text=True, check=True)
    good, meter, cabin, home = done.stdout.splitlines()
    assert good.startswith("good: ")
    assert meter == "  p1 home: 300 readings, 2026-03-01 to 2026-03-03"
    assert cabin.startswith("  sungrow cabin: ")
    assert cabin.endswith(" readings, 2026-03-01 to 2026-03-29")
    assert home.endswith(" readings, 2025-10-20 to 2026-03-29")
    with path.open("rb") as file:
        piped = subprocess.run([*command, "-"], stdin=file, env=known, capture_output=True, text=True, check=True)
    assert piped.stdout == done.stdout


def elsewhere(coroutine):
    """Run it to its end in another thread, while the backup stands where it is."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


async def test_readings_that_arrive_meanwhile_are_stored_at_once_and_not_in_the_backup(
    engine, database_url, sungrow, tmp_path
):
    before = [row(sungrow, device, seconds) for device in "bdf" for seconds in range(10)]
    later = [row(sungrow, device, seconds) for device in "abcdefg" for seconds in range(-5, 15)]
    await store(engine, {sungrow: before})
    stored = []

    async def ingest():
        other = make_engine(database_url, pool_size=1)
        stored.append(await store(other, {sungrow: later}))
        await other.dispose()

    path = tmp_path / "home.backup"
    with new_file(path) as file:
        contents = await back_up(engine, {"sungrow": sungrow}, file, NOON, lambda *_: elsewhere(ingest()))
    assert stored == [len(later) - len(before), 0, 0]
    assert total(contents) == len(before)
    assert stored_in(path, {"sungrow": sungrow}) == before


async def test_a_table_cannot_be_emptied_under_a_backup(engine, database_url, sungrow, tmp_path):
    """TRUNCATE, with which TimescaleDB empties a chunk that it compressed, would show through the snapshot."""
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE; its snapshot holds everything still")
    rows = [row(sungrow, device, 0) for device in "ab"]
    await store(engine, {sungrow: rows})

    async def truncate():
        other = make_engine(database_url, pool_size=1)
        async with other.connect() as connection:
            await connection.execute(text("SET lock_timeout = '50ms'"))
            with pytest.raises(DBAPIError, match="lock timeout"):
                await connection.execute(text("TRUNCATE sungrow_samples"))
        await other.dispose()

    with new_file(tmp_path / "home.backup") as file:
        contents = await back_up(engine, {"sungrow": sungrow}, file, NOON, lambda *_: elsewhere(truncate()))
    assert total(contents) == 2


def test_a_file_that_is_there_is_replaced_only_by_force(run, refusal, database_url, tmp_path):
    path = tmp_path / "home.backup"
    path.write_text("the only copy of something else")
    assert "is there already" in refusal(database_url, "backup", path)
    assert path.read_text() == "the only copy of something else"
    run(database_url, "backup", path, "--force")
    run(database_url, "check-backup", path)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_place_that_cannot_take_a_backup_is_named(refusal, database_url, tmp_path):
    assert "there and is not a file" in refusal(database_url, "backup", tmp_path)
    assert "there and is not a file" in refusal(database_url, "backup", "/dev/null", "--force")
    missing = tmp_path / "missing" / "home.backup"
    assert refusal(database_url, "backup", missing) == (
        f"{missing} cannot be written (No such file or directory); nothing is left of it"
    )


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # the limit would hold for a SQLite file, too
def test_a_disk_without_room_leaves_no_file_and_says_why(start, many, database_url, tmp_path):
    many(database_url, 20_000)
    process = start(database_url, "backup", tmp_path / "home.backup", stderr=subprocess.PIPE, max_file_bytes=100_000)
    told = process.communicate()[1].decode()
    assert process.returncode == 2
    assert told == "sungaze-vps: the backup cannot be written (File too large); nothing is left of it\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_standard_output_without_room_is_an_error(start, database_url):
    with FileIO("/dev/full", "wb") as full:
        process = start(database_url, "backup", "-", stdout=full, stderr=subprocess.PIPE)
        told = process.communicate()[1].decode()
    assert process.returncode == 2
    assert "No space left on device" in told


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(start, many, run, refusal, database_url, tmp_path):
    many(database_url, 40_000)
    path = tmp_path / "home.backup"
    process = start(database_url, "backup", path)
    while not any(part.stat().st_size > 0 for part in tmp_path.glob("*.part")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not path.exists()
    (part,) = tmp_path.glob("*.part")
    assert "damaged or cut off" in refusal(database_url, "check-backup", part)
    run(database_url, "backup", path)
    run(database_url, "check-backup", path)


def peak_kib(environment, *arguments):
    """Give the most memory a command used; a small process starts it, as a child inherits its parent's peak."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stderr=-3, stdout=-3);"
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    command = [sys.executable, "-c", code, sys.executable, "-m", "sungaze_vps", *map(str, arguments)]
    environ = os.environ | environment
    return int(subprocess.run(command, env=environ, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_memory_does_not_grow_with_the_readings(many, database_url, environment, tmp_path):
    peaks = []
    for size in (10_000, 100_000):
        many(database_url, size)
        peaks.append(peak_kib(environment(database_url), "backup", tmp_path / "home.backup", "--force"))
    assert peaks[1] < 1.15 * peaks[0]

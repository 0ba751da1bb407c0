"""What was backed up answers every question as before, wherever and however often it is restored."""

import asyncio
import gzip
import subprocess
import time
from datetime import UTC, datetime

import pytest

from sungaze_vps.db.migrate import upgrade
from sungaze_vps.db.session import make_engine
from sungaze_vps.services.ingestion import store


@pytest.fixture
def home_backup(run, home_url, tmp_path):
    """Give the backup of the home, from every engine."""
    path = tmp_path / "home.backup"
    run(home_url, "backup", path)
    return path


@pytest.fixture
def sqlite_url(tmp_path):
    """Give a place for a database."""
    return f"sqlite+aiosqlite:///{tmp_path / 'restored.db'}"


def test_a_restored_home_answers_everything_as_before_on_every_engine(
    run, answers, home_answers, home_backup, empty_database_url, capsys, home_rows, meter_rows
):
    capsys.readouterr()
    run(empty_database_url, "restore", home_backup)
    assert capsys.readouterr().out == f"restored {len(home_rows + meter_rows):,} readings\n"
    assert answers(empty_database_url) == home_answers
    told = [answer for path, _, answer in home_answers if path == "/v1/series" or "month" in path]
    assert all(b'"bucket"' in answer for answer in told)  # none is empty
    assert all(b'"seconds"' in answer for path, _, answer in home_answers if path == "/v1/gaps")
    run(empty_database_url, "check")


def test_a_restored_backup_backs_up_to_the_same_rows(run, home_backup, sqlite_url, tmp_path):
    run(sqlite_url, "restore", home_backup)
    run(sqlite_url, "backup", tmp_path / "second.backup")
    first, second = (
        gzip.decompress(path.read_bytes()).splitlines() for path in (home_backup, tmp_path / "second.backup")
    )
    assert first[1:-1] == second[1:-1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_empty_database_comes_back_empty(run, database_url, empty_database_url, readings, tmp_path, capsys):
    run(database_url, "backup", tmp_path / "nothing.backup")
    run(empty_database_url, "restore", tmp_path / "nothing.backup")
    assert capsys.readouterr().out == "restored 0 readings\n"
    assert readings(empty_database_url) == 0


def test_restoring_into_a_home_that_goes_on_merges_and_overwrites_nothing(
    run, answers, home_rows, database_url, sungrow, tmp_path, capsys
):
    """Half of the readings are there, one of them with another value, and newer ones, too."""
    moved = [(*row[:3], 4711.0, *row[4:]) for row in home_rows[:1]]
    later = [("home", datetime(2026, 3, 29, 11, 59, tzinfo=UTC), 1, *row[3:]) for row in home_rows[:1]]

    async def fill(url, *batches):
        engine = make_engine(url)
        for rows in batches:
            await store(engine, {sungrow: rows})
        await engine.dispose()

    whole, expected = (f"sqlite+aiosqlite:///{tmp_path / name}.db" for name in ("whole", "expected"))
    for url in (whole, expected):
        upgrade(url)
    asyncio.run(fill(whole, home_rows))
    asyncio.run(fill(expected, moved, later, home_rows))
    asyncio.run(fill(database_url, moved, later, home_rows[::2]))
    run(whole, "backup", tmp_path / "home.backup")
    run(database_url, "restore", tmp_path / "home.backup")
    there = len(home_rows[::2])
    assert f"restored {len(home_rows) - there:,} readings; {there:,} were there already" in capsys.readouterr().out
    assert answers(database_url) == answers(expected)
    run(database_url, "restore", tmp_path / "home.backup")
    assert answers(database_url) == answers(expected)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_backup_touches_nothing(refusal, home_backup, sqlite_url, tmp_path):
    data = bytearray(home_backup.read_bytes())
    middle = len(data) // 2
    for broken in (data[:-3], data[:middle], data[:middle] + data[middle + 1 :]):
        (tmp_path / "broken.backup").write_bytes(broken)
        assert "damaged or cut off" in refusal(sqlite_url, "restore", tmp_path / "broken.backup")
        assert not (tmp_path / "restored.db").exists()


def test_a_file_that_is_no_backup_makes_no_database(refusal, sqlite_url, tmp_path):
    (tmp_path / "notes.txt").write_text("milk, bread")
    assert refusal(sqlite_url, "restore", tmp_path / "notes.txt").endswith("notes.txt is not a Sungaze backup")
    assert "No such file" in refusal(sqlite_url, "restore", tmp_path / "missing.backup")
    assert not (tmp_path / "restored.db").exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restore_that_is_killed_is_simply_run_again(
    start, many, run, readings, database_url, empty_database_url, tmp_path
):
    many(database_url, 30_000)
    path = tmp_path / "home.backup"
    run(database_url, "backup", path)
    run(empty_database_url, "migrate")
    process = start(empty_database_url, "restore", path)
    while not readings(empty_database_url):
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert 0 < readings(empty_database_url) < 30_000
    run(empty_database_url, "restore", path)
    assert readings(empty_database_url) == 30_000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_goes_through_a_pipe(start, home_url, sqlite_url, answers, home_answers):
    sender = start(home_url, "backup", "-", stdout=subprocess.PIPE)
    receiver = start(sqlite_url, "restore", "-", stdin=sender.stdout, stdout=subprocess.PIPE)
    assert receiver.communicate()[0].startswith(b"restored ")
    assert sender.wait() == 0
    assert answers(sqlite_url) == home_answers


def test_input_that_does_not_fit_where_it_is_kept_is_one_line_that_says_what_to_do(start, sqlite_url):
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    receiver = start(sqlite_url, "restore", "-", max_file_bytes=100_000, **pipes)
    told = receiver.communicate(b"x" * 200_000)[1].decode()
    assert receiver.returncode == 2
    assert told.startswith("sungaze-vps: standard input does not fit into ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_backup_and_restore_want_the_schema_of_this_version(refusal, sql, sqlite_url, home_backup, tmp_path):
    assert "there is no database" in refusal(sqlite_url, "backup", tmp_path / "new.backup")
    upgrade(sqlite_url)
    sql(sqlite_url, "UPDATE alembic_version SET version_num = '0000'")
    for command in (("backup", tmp_path / "new.backup"), ("restore", home_backup)):
        assert "run 'sungaze-vps migrate' first" in refusal(sqlite_url, *command)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_gone_is_one_line_that_says_to_go_on(refusal, home_backup):
    assert "cannot be used" in refusal("postgresql://nobody@127.0.0.1:1/none", "restore", home_backup)

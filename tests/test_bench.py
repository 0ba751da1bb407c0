"""`make bench`: what was measured is kept, compared and told without a hand in between; it leaves nothing behind."""

import importlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "bench"))  # scripts, no package

figures = importlib.import_module("figures")
parts = importlib.import_module("parts")
results = importlib.import_module("results")
tables = importlib.import_module("tables")
RUN = [sys.executable, str(ROOT / "bench/run.py")]


def record(**measured: float) -> object:
    return results.Record(
        began="2026-01-01T00:00Z",
        commit="abc1234",
        machine="2 x Thing",
        versions="Python 3.12",
        settings={"BENCH_SECONDS": 1.0},
        load_before=0.5,
        load_after=1.5,
        took_s=12,
        figures=measured,
        notes={"about": "a note"},
    )


def test_a_comparison_says_now_then_ratio_target_and_whether_it_is_met():
    now = {"drain": record(drain_s=54.4, drain_30_per_s=2121.0), "edge": record(peak_mb=51.0)}
    lines = results.comparison(now, {"drain": record(drain_s=27.2)})
    words = {line.split()[0]: line.split() for line in lines}
    assert words["drain_s"] == ["drain_s", "54.4", "s", "27.2", "s", "2.00", "at", "most", "60", "s", "yes"]
    assert words["drain_30_per_s"] == ["drain_30_per_s", "2,121/s"]
    assert words["peak_mb"] == ["peak_mb", "51", "MB", "at", "most", "50", "MB,", "aim", "40", "NO"]
    assert results.missed(now) == ["peak_mb"]


def test_a_target_is_a_most_or_a_least():
    assert figures.figure("ingest_1000_per_s").met(60_000)
    assert figures.figure("ingest_1000_per_s").met(59_999) is False
    assert figures.figure("power_lost").met(0)
    assert figures.figure("power_lost").met(1) is False
    assert figures.figure("never_heard_of").met(5) is None


def test_a_table_is_put_between_its_marks_and_only_there():
    text = "before\n<!-- figures: drain edge -->\nold\n<!-- end -->\nafter\n"
    made = tables.with_tables(text, {"drain": record(drain_s=54.4)})
    assert made.startswith("before\n<!-- figures: drain edge -->\n| figure |")
    assert made.endswith("<!-- end -->\nafter\n")
    assert "| 54.4 s | at most 60 s | yes |" in made
    assert (
        "- `drain`: 2026-01-01T00:00Z, 2 x Thing, commit abc1234, load average 0.5 before and 1.5 after, 12 s" in made
    )
    assert "BENCH_SECONDS=1\n- about: a note\n" in made
    assert "old" not in made
    assert tables.with_tables(made, {"drain": record(drain_s=54.4)}) == made


def test_figures_that_say_the_same_of_several_programs_stand_side_by_side():
    made = tables.tables(
        {"peers": record(peers_sungaze_mb=180.0, peers_influxdb_mb=104.6, peers_orm_1_per_s=163.0)}, ["peers"]
    )
    assert "| store | Sungaze | InfluxDB | SQLAlchemy's ORM |\n| --- | --- | --- | --- |\n" in made
    assert "| memory after that (PSS) | 180 MB | 105 MB |  |\n" in made
    assert "| a reading and a commit at a time |  |  | 163/s |\n" in made


def test_records_come_back_from_their_file_as_they_were(tmp_path):
    records = {"drain": record(drain_s=54.4)}
    results.write(tmp_path / "results.json", records)
    assert results.read(tmp_path / "results.json") == records
    assert results.read(tmp_path / "none.json") == {}


def test_the_published_figures_hold_every_one_that_has_a_target_and_nothing_unknown():
    published = results.read(results.PUBLISHED)
    measured = {name for one in published.values() for name in one.figures}
    assert published.keys() <= parts.PARTS.keys()
    assert {figure.name for figure in figures.FIGURES.values() if figure.target is not None} - measured == set()
    assert measured - figures.FIGURES.keys() == set()


def test_the_tables_in_the_docs_are_those_of_the_published_figures():
    text = (ROOT / "docs/measurements.md").read_text()
    assert tables.with_tables(text, results.read(results.PUBLISHED)) == text
    shown = {part for marked in tables.marks(text) for part in marked}
    assert shown == parts.PARTS.keys()


def test_a_part_that_is_none_is_refused_with_those_there_are():
    done = subprocess.run([*RUN, "ingest", "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no part nonsense; the parts are: ingest, realtime" in done.stderr


def test_a_part_that_fails_costs_no_other_its_figures(tmp_path, monkeypatch, capfd):
    apart = importlib.import_module("apart")
    monkeypatch.setitem(parts.PARTS, "broken", parts.Part("no_such_module", 1))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert apart.run_apart("broken") is None
    assert "broken FAILED" in capfd.readouterr().err


@pytest.fixture
def folder():
    """Give a short path: PostgreSQL's socket lies below it."""
    with tempfile.TemporaryDirectory(prefix="b") as name:
        yield Path(name)


@pytest.fixture
def bench(folder):
    environment = {**os.environ, "TMPDIR": str(folder), "BENCH_RESULTS": str(folder / "results.json")}
    started = []

    def start(seconds: str, *names: str) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [*RUN, *names],
                env={**environment, "BENCH_SECONDS": seconds},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_short_run_measures_keeps_and_compares(bench, folder):
    told = bench("0.05", "backup").stdout.read()
    kept = results.read(folder / "results.json")
    assert 0.05 < kept["backup"].figures["backup_sqlite_to_reading"] < 5, told
    assert "backup_sqlite_to_reading" in told.rpartition("published")[2]
    assert list(folder.iterdir()) == [folder / "results.json"]


def test_ctrl_c_leaves_neither_processes_nor_files(bench, folder):
    process = bench("60", "storing")
    for line in process.stdout:
        if "database layer alone" in line:
            break
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    told = process.stdout.read()
    assert process.wait() == 1
    assert "NOT MEASURED: storing" in told
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    assert list(folder.iterdir()) == []

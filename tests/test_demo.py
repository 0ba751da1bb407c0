"""The demo is the first thing a new user sees: it must end well, by itself and by Ctrl-C."""

import asyncio
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
from asyncio.subprocess import PIPE
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from sungaze_sim.demo_screen import Screen, View
from sungaze_sim.judge import stored_count, stored_rows
from sungaze_sim.stack import script


def processes_in(folder: Path) -> list[str]:
    """Find processes that were given a path below a folder."""
    listed = subprocess.run(["ps", "-eww", "-o", "pid,args"], capture_output=True, text=True, check=True).stdout
    environments = (Path(f"/proc/{line.split()[0]}/environ") for line in listed.splitlines()[1:])
    return [str(path) for path in environments if path.exists() and str(folder).encode() in readable(path)]


def readable(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_short_demo_ends_by_itself_and_has_lost_nothing_of_two_devices_in_three_outages(tmp_path):
    result = await asyncio.create_subprocess_exec(
        script("sungaze-sim"), "demo", "--seconds", "25", stdout=PIPE, env=os.environ | {"TMPDIR": str(tmp_path)}
    )
    printed, _ = await result.communicate()
    lines = printed.decode().splitlines()
    summary = json.loads(lines[-1])
    assert result.returncode == 0
    devices = summary["devices"]
    assert set(devices) == {"home", "p1"}
    assert all(counted["polled"] == counted["stored"] >= 3 for counted in devices.values())
    assert summary["polled"] == summary["stored"] == sum(counted["stored"] for counted in devices.values())
    assert summary["lost"] == summary["duplicates"] == summary["wrong_values"] == 0
    assert summary["outages"] == {"server": 1, "inverter": 1, "meter": 1}
    assert sum("OUTAGE" in line for line in lines) == 3
    assert any("curl" in line for line in lines)
    assert list(tmp_path.glob("sungaze-demo-*")) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_ctrl_c_ends_the_demo_cleanly(tmp_path):
    demo = await asyncio.create_subprocess_exec(
        script("sungaze-sim"), "demo", stdout=PIPE, env=os.environ | {"TMPDIR": str(tmp_path)}
    )
    while not re.search(rb"stored [1-9]", await demo.stdout.readline()):
        assert demo.returncode is None
    demo.send_signal(signal.SIGINT)
    printed, _ = await demo.communicate()
    assert json.loads(printed.decode().splitlines()[-1])["lost"] == 0
    assert demo.returncode == 0
    assert list(tmp_path.glob("sungaze-demo-*")) == []
    assert processes_in(tmp_path / "sungaze-demo-") == []


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_with_a_history_the_house_lives_on_from_it_and_only_what_it_tells_then_is_judged(tmp_path):
    demo = await asyncio.create_subprocess_exec(
        *(script("sungaze-sim"), "demo", "--seconds", "25"),
        stdout=PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path), "DEMO_HISTORY_DAYS": "3"},
    )
    while not re.search(rb"stored [1-9]", await demo.stdout.readline()):
        assert demo.returncode is None
    [folder] = tmp_path.glob("sungaze-demo-*")
    past, live = stored_rows(folder / "server.db", "home"), datetime.now(UTC)
    printed, _ = await demo.communicate()
    lines = printed.decode().splitlines()
    summary = json.loads(lines[-1])
    assert demo.returncode == 0
    assert 3 * 24 * 12 < len(past) < 4 * 24 * 60
    assert live - past[0].ts > timedelta(days=3)
    assert all(counted["polled"] == counted["stored"] < 60 for counted in summary["devices"].values())
    assert summary["outages"] == {}
    assert not any("OUTAGE" in line for line in lines)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_ctrl_c_while_the_past_is_loading_ends_the_demo_cleanly(tmp_path):
    demo = await asyncio.create_subprocess_exec(
        *(script("sungaze-sim"), "demo", "--history-days", "1500"),
        stdout=PIPE,
        stderr=PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    while not stored(tmp_path):
        assert demo.returncode is None
        await asyncio.sleep(0.1)
    demo.send_signal(signal.SIGINT)
    printed, complaints = await demo.communicate()
    assert demo.returncode == 0
    assert complaints == b""
    assert b"Stopped before the whole past was loaded" in printed
    assert json.loads(printed.decode().splitlines()[-1]) == {"devices": {}, "outages": {}}
    assert list(tmp_path.glob("sungaze-demo-*")) == []
    assert processes_in(tmp_path / "sungaze-demo-") == []


def stored(folder: Path) -> int:
    """Count what the demo's server has of the inverter; 0 while there is no table."""
    databases = list(folder.glob("sungaze-demo-*/server.db"))
    try:
        return stored_count(databases[0], "home", "sungrow") if databases else 0
    except sqlite3.OperationalError:
        return 0


@pytest.mark.parametrize(
    ("days", "complaint"),
    [("1501", "from 0 to 1500 days"), ("-1", "from 0 to 1500 days"), ("a year", '"a year" is no whole number of days')],
)
def test_a_past_that_makes_no_sense_is_refused(days, complaint):
    result = subprocess.run(
        [script("sungaze-sim"), "demo"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"DEMO_HISTORY_DAYS": days},
    )
    assert result.returncode == 2
    assert complaint in result.stderr


@pytest.mark.parametrize(("length", "complaint"), [("3", "from 25 to"), ("abc", '"abc" is no number of seconds')])
def test_a_length_that_makes_no_sense_is_refused(length, complaint):
    result = subprocess.run(
        [script("sungaze-sim"), "demo", "--seconds", length], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert complaint in result.stderr


def test_on_a_terminal_the_house_and_what_arrived_stand_side_by_side():
    drawn = io.StringIO()
    view = View(
        device="a SH8.0RT-20",
        polled=7,
        stored=5,
        spooled=2,
        house={"pv_power_w": 2500},
        arrived={"pv_power_w": 2400.0},
        grid={"power_w": -1500},
        grid_arrived={"power_w": -1450.0},
        quarter={"so_far_w": 120.4, "forecast_w": 480, "free_w": 5210, "ends": "2026-11-21T18:15:00.000Z"},
    )
    with Screen(Console(file=drawn, force_terminal=True, width=100)) as screen:
        screen.print(["a hint"])
        screen.event(3.2, "OUTAGE: the server")
        screen.show(4.0, view)
    picture = drawn.getvalue()
    quarter = "this quarter, until 18:15 UTC: 120 W so far, 480 W expected, 5210 W free"
    assert quarter in picture
    for shown in ("a hint", "2500 W", "2400 W", "-1500 W", "-1450 W", "DOWN", "handed out 7", "OUTAGE: the server"):
        assert shown in picture

"""The demo is the first thing a new user sees: it must end well, by itself and by Ctrl-C."""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from rich.console import Console

from sungaze_sim.demo_screen import Screen, View
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
    with Screen(["a hint"], Console(file=drawn, force_terminal=True, width=100)) as screen:
        screen.event(3.2, "OUTAGE: the server")
        screen.show(4.0, view)
    picture = drawn.getvalue()
    quarter = "this quarter, until 18:15 UTC: 120 W so far, 480 W expected, 5210 W free"
    assert quarter in picture
    for shown in ("a hint", "2500 W", "2400 W", "-1500 W", "-1450 W", "DOWN", "handed out 7", "OUTAGE: the server"):
        assert shown in picture

"""One part in a process of its own, told of while it runs, and ended with all that it started."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from parts import PARTS, ROOT, YEARS, Part, settings_of
from results import Record, commit, now, versions

from sungaze_sim.machine import machine

_HEARTBEAT_S = 20
_LOOK_S = 0.2
_TIDY_S = 30
_YEARS_S = 3600
"""What making the readings may take."""
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Let whatever a part leaves behind become a child of this process, so that it can be ended; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def run_apart(name: str) -> Record | None:
    """Run a part; None when it failed, which has been said then."""
    began, began_s, load = now(), time.monotonic(), os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="sungaze-bench-"))
    folder.chmod(0o755)  # PostgreSQL, which runs as a user of its own, gets through
    try:
        answer = _answer(name, folder)
    finally:
        _end_children()
        shutil.rmtree(folder, ignore_errors=True)
    took_s = time.monotonic() - began_s
    print(f"({took_s:.0f} s)", flush=True)
    if answer is None or not answer["figures"]:
        return None
    return Record(
        began, commit(), machine(), versions(), settings_of(name), load, os.getloadavg()[0], round(took_s), **answer
    )


def _answer(name: str, folder: Path) -> dict[str, Any] | None:
    part, into = PARTS[name], folder / "figures.json"
    command = [sys.executable, "-u", str(ROOT / "bench/parts.py"), name, str(into)]
    # A session of its own: Ctrl-C comes to this process alone, which then asks the part to tidy up.
    process = subprocess.Popen(command, env={**os.environ, "TMPDIR": str(folder)}, start_new_session=True)
    try:
        status = _watched(process, name, part)
    finally:
        if process.poll() is None:
            _interrupt(process)
    if status or not into.exists():
        print(f"{name} FAILED with status {status}; the other parts go on", file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(into.read_text())
    return found


def _watched(process: "subprocess.Popen[bytes]", name: str, part: Part) -> int:
    """Wait, and say now and then that it goes on; -1 when it took far too long."""
    began, told_s = time.monotonic(), 0.0
    while (spent_s := time.monotonic() - began) < _limit_s(part):
        if (status := process.poll()) is not None:
            return status
        _bury_orphans(process.pid)
        if spent_s - told_s >= _HEARTBEAT_S:
            told_s = spent_s
            about = f" of about {part.about_s:.0f} s" if spent_s < part.about_s else ""
            print(f"  ... {name}: {spent_s:.0f} s{about}", file=sys.stderr, flush=True)
        time.sleep(_LOOK_S)
    return -1


def _bury_orphans(part_pid: int) -> None:
    """Take the exit status of adopted processes, which seem to run on otherwise: a part may restart a database."""
    look = os.WEXITED | os.WNOHANG | os.WNOWAIT
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, look)) and ended.si_pid != part_pid:
            os.waitpid(ended.si_pid, 0)


def _limit_s(part: Part) -> float:
    return 300 + 5 * part.about_s + (_YEARS_S * YEARS / 5 if part.needs_years else 0)


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_TIDY_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_children() -> None:
    """End what a part has left running: all of it descends from this process."""
    left = psutil.Process().children(recursive=True)
    for process in left:
        process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=_TIDY_S)
    for process in stubborn:
        process.kill()

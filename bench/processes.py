"""What processes cost: memory, processor time, bytes written; read from outside."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a process and its children, up to now."""

    processor_s: float
    peak_mb: float
    """The most that each has had resident (VmHWM), added up, in MB of 2^20 bytes."""
    pss_mb: float
    """Resident now, what is shared counted by its share."""
    written_bytes: int
    """Sent to a disk."""


def cost(*pids: int) -> Cost:
    """Add up what these processes and their children have cost; those that end meanwhile are left out."""
    costs = []
    for pid in pids:
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                costs.append(_cost(process))
    return Cost(
        sum(one.processor_s for one in costs),
        sum(one.peak_mb for one in costs),
        sum(one.pss_mb for one in costs),
        sum(one.written_bytes for one in costs),
    )


def _cost(process: psutil.Process) -> Cost:
    times, proc = process.cpu_times(), Path(f"/proc/{process.pid}")
    return Cost(
        times.user + times.system,
        _line(proc / "status", "VmHWM") / 1024,
        _line(proc / "smaps_rollup", "Pss") / 1024,
        _line(proc / "io", "write_bytes"),
    )


def _line(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise KeyError(name)

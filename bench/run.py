"""`make bench`: every figure, with the machine named; `make bench PARTS="ingest series"` for some of them.

For shorter runs: BENCH_SECONDS of each load (5), BENCH_EDGE_SECONDS to watch the edge (300), BENCH_YEARS (5).
"""

import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import capacity
import drain
import edge_memory
import edge_wear
import ingest
import ingest_http
import realtime
import series
import series_years
import storage

SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
EDGE_SECONDS = float(os.environ.get("BENCH_EDGE_SECONDS", "300"))
YEARS = float(os.environ.get("BENCH_YEARS", "5"))
_PACKAGES = ("fastapi", "uvicorn", "asyncpg", "sqlalchemy", "msgspec")

type Figures = dict[str, float]


def _storing() -> Figures:
    print("storing, database layer alone")
    ingest.main()
    return {}


def _sqlite_series() -> Figures:
    print("GET /v1/series, SQLite, five years of quarters")
    series.main()
    return {}


PARTS: dict[str, tuple[str, Callable[[], Figures]]] = {
    "ingest": ("2 minutes", lambda: ingest_http.main(SECONDS)),
    "realtime": ("1 minute", lambda: realtime.main(2 * SECONDS)),
    "series": ("5 minutes, and 15 to make the readings the first time", lambda: series_years.main(YEARS)),
    "capacity": ("4 minutes", capacity.main),
    "storage": ("3 minutes, and the same 15", lambda: storage.main(YEARS)),
    "drain": ("2 minutes", drain.main),
    "edge": (f"{EDGE_SECONDS:.0f} s", lambda: edge_memory.main(EDGE_SECONDS)),
    "wear": ("1 minute", lambda: edge_wear.main(1)),
    "storing": ("1 minute", _storing),
    "sqlite": ("2 minutes", _sqlite_series),
}


def machine() -> str:
    """Name the machine the figures are from, and how busy it is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    parts = [
        f"{os.cpu_count()} x {model}",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
    ]
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return ", ".join([*parts, *(f"{name} {version(name)}" for name in _PACKAGES)]) + f"; load average {load}"


def main(names: list[str]) -> int:
    """Run the parts; 1 when the edge is over its limit, 2 when there is no such part."""
    unknown = set(names) - PARTS.keys()
    if unknown:
        print(f"there is no part {', '.join(sorted(unknown))}; the parts are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    chosen = names or list(PARTS)
    print(f"before: {machine()}")
    print("about: " + "; ".join(f"{name} {PARTS[name][0]}" for name in chosen))
    figures: Figures = {}
    for name in chosen:
        began = time.monotonic()
        print(f"\n== {name}")
        figures |= PARTS[name][1]() or {}
        print(f"({time.monotonic() - began:.0f} s)")
    print(f"\nafter: {machine()}")
    return 1 if figures.get("peak_mb", 0) > edge_memory.TARGET_MB else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

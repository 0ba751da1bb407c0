"""The parts of `make bench`, and one of them run by itself: `python bench/parts.py NAME FILE`, figures into the file.

For shorter runs: BENCH_SECONDS of each load (5), BENCH_EDGE_SECONDS to watch the edge (120), BENCH_YEARS (5),
BENCH_PEERS_SECONDS to watch the other edges (75). BENCH_RESULTS names another file for the figures.
"""

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import figure, place

ROOT = Path(__file__).parent.parent
type Figures = dict[str, float]

_DEFAULTS = {"BENCH_SECONDS": 5.0, "BENCH_EDGE_SECONDS": 120.0, "BENCH_YEARS": 5.0, "BENCH_PEERS_SECONDS": 75.0}
SETTINGS = {name: float(os.environ.get(name, usual)) for name, usual in _DEFAULTS.items()}
SECONDS, EDGE_SECONDS, YEARS, PEERS_SECONDS = SETTINGS.values()


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the module that measures it, what that is given, about how long it takes."""

    module: str
    about_s: float
    setting: str = ""
    """The setting that makes it shorter or longer."""
    given: tuple[float, ...] = ()
    needs_years: bool = False
    """The first time it makes five years of readings."""

    def run(self) -> Figures:
        measure: Callable[..., Any] = importlib.import_module(self.module).main
        return measure(*self.given) or {}


PARTS = {
    "ingest": Part("ingest_http", 90, "BENCH_SECONDS", (SECONDS,)),
    "realtime": Part("realtime", 75, "BENCH_SECONDS", (2 * SECONDS,)),
    "series": Part("series_years", 120, "BENCH_YEARS", (YEARS,), needs_years=True),
    "capacity": Part("capacity", 240),
    "storage": Part("storage", 90, "BENCH_YEARS", (YEARS,), needs_years=True),
    "drain": Part("drain", 110),
    "edge": Part("edge_memory", EDGE_SECONDS + 10, "BENCH_EDGE_SECONDS", (EDGE_SECONDS,)),
    "imports": Part("imports", 15),
    "wear": Part("edge_wear", 60, "", (1,)),
    "storing": Part("ingest", 40, "BENCH_SECONDS", (SECONDS / 2.5,)),
    "backup": Part("backup", 25, "BENCH_SECONDS", (round(40_000 * SECONDS),)),
    "sqlite": Part("series", 70),
    "page": Part("page", 150),
    "peers": Part("peers", PEERS_SECONDS * 1.5 + 170, "BENCH_PEERS_SECONDS", (PEERS_SECONDS, SECONDS)),
}
if (ROOT / "faults/power_cuts.py").exists():
    PARTS["power"] = Part("power", 300)


def settings_of(name: str) -> dict[str, float]:
    """Give the settings of a part that are not the usual ones."""
    chosen = PARTS[name].setting
    return {chosen: SETTINGS[chosen]} if chosen and SETTINGS[chosen] != _DEFAULTS[chosen] else {}


def main(name: str, into: Path) -> None:
    """Run one part; what it notes beside its figures comes from its module's NOTES."""
    for asked_to_stop in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores the first
        signal.signal(asked_to_stop, signal.default_int_handler)
    part = PARTS[name]
    found = {key: float(f"{value:.5g}") for key, value in part.run().items()}  # more digits would be noise
    notes = getattr(sys.modules[part.module], "NOTES", {})
    found = {key: found[key] for key in sorted(found, key=place)}
    for key, value in found.items():
        known = figure(key)
        print(
            f"  {known.says}: {known.shown(value)}"
            + (f" (target {known.wanted()})" if known.target is not None else "")
        )
    into.write_text(json.dumps({"figures": found, "notes": notes}))


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except KeyboardInterrupt:
        sys.exit(130)  # as shells report Ctrl-C

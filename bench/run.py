"""`make bench`: every figure, with the machine named; `make bench PARTS="ingest series"` for some of them.

Each part runs in a process of its own, so that one that fails or hangs takes no other's figures with it.
`.bench/results.json` is written after each. `make bench-publish` takes it over into `bench/results.json` and makes the
tables of docs/measurements.md from that.
"""

import os
import signal
import sys

from apart import adopt_orphans, run_apart
from parts import PARTS
from results import (
    LAST,
    PUBLISHED,
    ROOT,
    Records,
    commit,
    comparison,
    missed,
    read,
    versions,
    write,
)
from tables import with_tables

from sungaze_sim.machine import machine

DOCUMENT = ROOT / "docs/measurements.md"


def main(names: list[str]) -> int:
    """Run the parts: 1 when one failed or was stopped, 2 when there is no such part."""
    if unknown := sorted(set(names) - PARTS.keys()):
        print(f"there is no part {', '.join(unknown)}; the parts are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    chosen = names or list(PARTS)
    published = read(PUBLISHED)
    minutes = sum(PARTS[name].about_s for name in chosen) / 60
    print(f"{machine()}, {versions()}; commit {commit()}; load average {os.getloadavg()[0]:.1f}")
    print(f"parts: {', '.join(chosen)}; about {minutes:.0f} minutes where nothing has to be made or fetched first")
    found, without = _measure(chosen)
    print("", *comparison(found, published), "", sep="\n")
    print(f"load average {os.getloadavg()[0]:.1f}; targets missed: {', '.join(missed(found)) or 'none'}")
    if without:
        print(f"NOT MEASURED: {', '.join(without)}", file=sys.stderr)
    return 1 if without else 0


def _measure(chosen: list[str]) -> tuple[Records, list[str]]:
    """Run each part; give what was found, and the parts that brought nothing."""
    adopt_orphans()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    found: Records = {}
    try:
        for number, name in enumerate(chosen, 1):
            print(f"\n== {name} ({number} of {len(chosen)})", flush=True)
            if record := run_apart(name):
                found[name] = record
                write(LAST, read(LAST) | {name: record})
    except KeyboardInterrupt:
        print("\nstopped; what was measured so far:", file=sys.stderr)
    return found, [name for name in chosen if name not in found]


def publish() -> int:
    """Take the last figures over into the repository."""
    known = read(PUBLISHED) | read(LAST)
    records = {name: known[name] for name in PARTS if name in known}
    write(PUBLISHED, records)
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text(), records))
    print(f"written: {PUBLISHED.relative_to(ROOT)} and the tables of {DOCUMENT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(publish() if sys.argv[1:] == ["--publish"] else main(sys.argv[1:]))

"""Power cuts: what the spool has stored is there afterwards, exactly once, however the power went.

A writer fills a spool on an ext4 of its own; at a random moment all that was not forced to the disk is forgotten
(`sungaze_sim.disk`); the file system is mounted again and the spool opened as after a boot. Every other cut also tears
what was being written just then. At the end mistakes are planted that a power cut must uncover, or this could not tell.

    python -m faults.power_cuts [--cuts 200] [--readings 100000] [--seed 1]

The device below the file system keeps its cache, so this says nothing about a card that lies about having written.
"""

import argparse
import json
import logging
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from faults.power_cut_writer import PLANTS, instant, number_of, values
from faults.torn_writes import tear_log, tear_ring
from sungaze_edge.reading import Waiting
from sungaze_edge.ring import Ring, ring_path
from sungaze_edge.store import Store
from sungaze_sim import disk

CANNOT_RUN_HERE = 77
_TORN_EVERY = 2
_OPENS_WITHIN_S = 1.0


@dataclass
class Tally:
    """What the cuts did."""

    cuts: int = 0
    torn: int = 0
    stored: int = 0
    acknowledged: int = 0
    sent_again: int = 0
    lost: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest_open_s: float = 0.0


class Trial:
    """One spool through many power cuts."""

    def __init__(self, on: disk.Disk, seed: str, plant: str = "") -> None:
        self._disk = on
        self._dice = random.Random(seed)
        self._plant = plant
        self._path = on.folder / "spool.db"
        self._waiting: set[int] = set()
        self._acknowledged: set[int] = set()
        self._next = 0
        self.tally = Tally()

    def cut(self, after: int) -> None:
        """Let the writer store about `after` readings, take its power, and look what is there."""
        stored, acknowledged = self._write(after)
        self._disk.restart()
        torn = self._tear() if self.tally.cuts % _TORN_EVERY else None
        self.tally.cuts += 1
        self.tally.stored += len(stored)
        self.tally.acknowledged += len(acknowledged)
        must = (self._waiting | stored) - acknowledged - ({torn} if torn is not None else set())
        self._acknowledged |= acknowledged
        self._judge(must, max(stored, default=self._next))

    def _write(self, after: int) -> tuple[set[int], set[int]]:
        command = [sys.executable, "-m", "faults.power_cut_writer", str(self._path), str(self._next)]
        command += [str(self._dice.random()), self._plant]
        lines, stored = [], 0
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stderr is not None
            for line in writer.stdout:
                lines.append(line)
                stored += line.startswith("+")
                if stored == after and line.startswith("+"):
                    time.sleep(self._dice.random() * 0.003)
                    self._disk.lose_power()
            complaints = writer.stderr.read()
        if writer.returncode or stored < after:
            raise RuntimeError(f"The writer ended by itself: {complaints[-2000:]}")
        told = {"+": set[int](), "-": set[int]()}
        for line in lines:
            told[line[0]].add(int(line[1:]))
        return told["+"], told["-"]

    def _tear(self) -> int | None:
        self.tally.torn += 1
        tear_log(self._path, self._dice)
        return tear_ring(self._path, self._dice)

    def _judge(self, must: set[int], last: int) -> None:
        with self._opened(last + 2) as (store, rows):
            if (verdict := store._db.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":  # noqa: SLF001
                self.tally.wrong.append(f"integrity_check: {verdict}")
            refused = {int(json.loads(one.sample)["n"]) for one in store.quarantined()}
        numbers = [number_of(row) for row in rows]
        found = set(numbers) | refused
        self.tally.lost += sorted(must - found)
        self.tally.sent_again += len(found & self._acknowledged)
        self.tally.wrong += [
            f"{number} is there {times} times" for number, times in Counter(numbers).items() if times > 1
        ]
        self.tally.wrong += [f"{row.sample} is not what was stored" for row in rows if not _is_right(row)]
        if numbers != sorted(numbers) or len({json.loads(row.sample)["ts"] for row in rows}) != len(rows):
            self.tally.wrong.append("the order of the readings, or a time, is wrong")
        self._waiting, self._next = found, max(found | {last}) + 1

    @contextmanager
    def _opened(self, number: int) -> Iterator[tuple[Store, list[Waiting]]]:
        """Open as after a boot, and leave as a power cut does."""
        began = resource.getrusage(resource.RUSAGE_SELF)
        ring = Ring(ring_path(self._path))
        store = Store(self._path, ring)
        ended = resource.getrusage(resource.RUSAGE_SELF)
        open_s = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
        self.tally.slowest_open_s = max(self.tally.slowest_open_s, open_s)
        try:
            yield store, store.peek(10_000_000, instant(number, f"look-{number}", 1.0))
        finally:
            store.abandon()
            ring.close()


def _is_right(row: Waiting) -> bool:
    sample = json.loads(row.sample)
    return {name: sample.get(name) for name in ("n", "pv_power_w", "noise")} == values(sample["n"])


def run(cuts: int, readings: int, seed: str, plant: str = "") -> Tally:
    """Make so many cuts.

    Raises:
        OSError: no file system can be mounted here.
    """
    with disk.made() as on:
        trial = Trial(on, seed, plant)
        dice = random.Random(seed)
        for number in range(cuts):
            if trial.tally.lost or trial.tally.wrong:
                break
            trial.cut(round(dice.uniform(1, 2.2 * readings / cuts)))
            if sys.stderr.isatty():
                print(f"\r{number + 1} of {cuts} cuts ", end="", file=sys.stderr)
        return trial.tally


def main(arguments: list[str] | None = None) -> int:
    """Run it all and print what came out; give 0 if nothing is lost and every planted mistake was found."""
    parser = argparse.ArgumentParser(description="Take the power away from a spool, many times.")
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--readings", type=int, default=100_000)
    parser.add_argument("--seed", default=str(time.time_ns() % 1_000_000))
    options = parser.parse_args(arguments)
    print(f"power cuts, seed {options.seed}", flush=True)
    logging.getLogger("sungaze_edge").setLevel(logging.CRITICAL)  # torn slots are what this is about
    try:
        tally = run(options.cuts, options.readings, options.seed)
        blind = [plant for plant in PLANTS if not run(8, 4000, options.seed, plant).lost]
    except OSError as error:
        print(f"cannot run here: {error}")
        return CANNOT_RUN_HERE
    print(
        f"{tally.cuts} cuts, {tally.torn} with a torn write; {tally.stored} readings stored, {tally.acknowledged} "
        f"acknowledged, of these {tally.sent_again} seen again; {len(tally.lost)} lost, {len(tally.wrong)} wrong; "
        f"slowest start {tally.slowest_open_s:.2f} s of processor time"
    )
    for wrong in [*tally.wrong[:5], *(f"lost: {number}" for number in tally.lost[:5])]:
        print(f"  {wrong[:200]}")
    for plant in PLANTS:
        print(f"planted: {plant}: {'NOT FOUND' if plant in blind else 'found'}")
    is_good = not (tally.lost or tally.wrong or blind or tally.slowest_open_s > _OPENS_WITHIN_S)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())

"""`make soak`: hours of the living house at high speed with a fault now and then, to see whether anything drifts.

An hour brings about a day's worth of an inverter's readings. Edge and API run through, so that a slow leak has time to
show; everything else around them comes and goes. In the end every reading is asked for, as after each trial.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from faults import report, servers
from faults.arguments import positive
from faults.catalogue import CATALOGUE
from faults.fault import Fault, Lane
from faults.run import Outcome, run
from faults.trial import Trial
from faults.watch import Limit, growth

LIMITS = {
    # Faults leave holes in its heap, most of them early: what it gains in the first half says little (docs/faults.md).
    "edge": Limit(memory_mb=60, growth_mb=2, growth_descriptors=1, warm_up=0.5),
    "api": Limit(memory_mb=200, growth_mb=8, growth_descriptors=4),
    "caddy": Limit(memory_mb=200, growth_mb=20, growth_descriptors=8),
    "redis": Limit(memory_mb=60, growth_mb=4, growth_descriptors=2),
}
SPOOL_GROWTH_MB = 2.0
DATABASE_GROWTH = 1.25
"""By what factor the bytes that a reading takes may rise from the first quarter to the last."""
_BUSY = 0.05
_LOOK_EVERY_S = 10.0


@dataclass(slots=True)
class Sizes:
    """What grows on disks, noted while the house lives."""

    spool_mb: list[float] = field(default_factory=list)
    reading_bytes: list[float] = field(default_factory=list)
    """What the database takes for each reading that was handed out so far."""

    async def note(self, trial: Trial) -> None:
        """Look every few seconds until cancelled; while the database is away there is nothing to note."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            files = [path.stat().st_size for path in trial.spool_folder.glob("spool.db*")]
            self.spool_mb.append(sum(files) / 2**20)
            with suppress(OSError, asyncpg.PostgresError, TimeoutError):
                self.reading_bytes.append(await _database_bytes(trial) / max(trial.devices.handed_out(), 1))

    def complaints(self) -> list[str]:
        """Say what grew more than it may."""
        found = []
        if growth(self.spool_mb) > SPOOL_GROWTH_MB:
            found.append(f"the spool's files grew by {growth(self.spool_mb):.1f} MB")
        settled = self.reading_bytes[len(self.reading_bytes) // 4 :]
        if settled and growth(self.reading_bytes) > (DATABASE_GROWTH - 1) * settled[0]:
            found.append(f"a reading takes {growth(self.reading_bytes):.0f} bytes more of the database than at first")
        return found


async def _database_bytes(trial: Trial) -> int:
    async with asyncio.timeout(5):
        connection = await servers.connect(trial.programs["postgresql"].port or 0)
        try:
            return int(await connection.fetchval("SELECT pg_database_size(current_database())"))
        finally:
            await connection.close()


def lasting() -> list[Fault]:
    """Give the faults that let edge and API live."""
    others = [fault for fault in CATALOGUE.values() if fault.lane is not Lane.EDGE]
    return [fault for fault in others if not fault.name.startswith("api: ") and fault.name != "meter: token revoked"]


def drift(outcome: Outcome, sizes: Sizes) -> str:
    """Render what processes and disks took, and by how much that grew, as a table."""
    peak, more, opened = outcome.watch.peak_mb, outcome.watch.growth_mb, outcome.watch.growth_descriptors
    rows = [f"| {name} | {peak(name):.1f} MB | {more(name):+.2f} MB | {opened(name):+d} |" for name in LIMITS]
    rows.append(f"| spool, on disk | {max(sizes.spool_mb, default=0):.1f} MB | {growth(sizes.spool_mb):+.2f} MB | |")
    last = sizes.reading_bytes[-1] if sizes.reading_bytes else 0
    rows.append(f"| database, a reading | {last:.0f} bytes | {growth(sizes.reading_bytes):+.0f} bytes | |")
    return "\n".join(["| what | most | growth | open files |", "| --- | ---: | ---: | ---: |", *rows])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m faults.soak", description="Hours of a living house; does anything drift?"
    )
    parser.add_argument("--hours", type=positive, default=1, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the house and the faults (default: %(default)s)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak; 1 when a reading was lost, doubled or wrong, or something drifted."""
    options, sizes = _options(arguments), Sizes()
    folder = Path(tempfile.mkdtemp(prefix=f"sungaze-soak-{options.seed}-"))
    print(f"seed {options.seed}: {options.hours:g} hours; logs in {folder}", flush=True)
    soak = run(
        lasting(),
        seed=options.seed,
        seconds=3600 * options.hours,
        folder=folder,
        tell=report.tell,
        limits=LIMITS,
        busy=_BUSY,
        alongside=sizes.note,
    )
    outcome = asyncio.run(soak)
    complaints = [*report.complaints(outcome), *sizes.complaints()]
    print(f"\n{json.dumps(report.summary(outcome))}\n\n{report.environment()}; {outcome.engine}\n")
    print(drift(outcome, sizes))
    print("\n".join(f"  {complaint}" for complaint in complaints))
    if not complaints and outcome.verdict.faultless:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    return 1


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)

"""`make faults`: trials with a seed each, and a table of what was tried and what became of the readings."""

import argparse
import asyncio
import contextlib
import json
import logging
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from faults import report
from faults.arguments import count, positive
from faults.catalogue import CATALOGUE
from faults.fault import Fault
from faults.run import Outcome, run


def main() -> int:
    """Run what the arguments say; 1 when a reading was lost, doubled or wrong, or anything else went wrong."""
    options = _parser().parse_args()
    logging.getLogger("sungaze_edge").setLevel(logging.CRITICAL + 1)  # here it only looks into spools; broken ones, too
    if options.list:
        print("\n".join(CATALOGUE))
        return 0
    chosen = _chosen(options.only)
    if not chosen:
        print(f"there is no fault {', '.join(options.only)}; make faults ARGS=--list names all", file=sys.stderr)
        return 2
    outcomes = [_trial(chosen, seed, options) for seed in range(options.seed, options.seed + options.seeds)]
    print(f"\n{report.environment()}; {outcomes[0].engine}\n")
    print(report.markdown(report.merged(map(report.table, outcomes))))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(outcomes), indent=1) + "\n")
    kept = [outcome for outcome in outcomes if not outcome.verdict.faultless]
    for outcome in kept:
        print(f"seed {outcome.seed} is not faultless; its logs and records are kept in {outcome.folder}")
    return 1 if kept else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m faults", description="What goes wrong, done on purpose.")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default: %(default)s)")
    parser.add_argument("--seeds", type=count, default=1, help="how many seeds, one after the other")
    parser.add_argument("--minutes", type=positive, default=3, help="length of a trial (default: %(default)s)")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="faults whose names begin so")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    parser.add_argument("--list", action="store_true", help="name every fault and do nothing")
    return parser


def _chosen(beginnings: Sequence[str]) -> list[Fault]:
    return [fault for name, fault in CATALOGUE.items() if not beginnings or name.startswith(tuple(beginnings))]


def _trial(chosen: Sequence[Fault], seed: int, options: argparse.Namespace) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix=f"sungaze-faults-{seed}-"))
    print(f"seed {seed}: {len(chosen)} faults, {options.minutes:g} minutes", flush=True)
    try:
        outcome = asyncio.run(_until_signal(chosen, seed, 60 * options.minutes, folder))
    except BaseException:
        print(f"seed {seed}: broken off; logs in {folder}", file=sys.stderr)
        raise
    print(f"seed {seed}: {json.dumps(report.summary(outcome))}", flush=True)
    for complaint in report.complaints(outcome):
        print(f"  {complaint}", flush=True)
    if outcome.verdict.faultless:
        shutil.rmtree(folder, ignore_errors=True)
    return outcome


async def _until_signal(chosen: Sequence[Fault], seed: int, seconds: float, folder: Path) -> Outcome:
    """Run; SIGTERM ends it as Ctrl-C does."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(chosen, seed=seed, seconds=seconds, folder=folder, tell=report.tell)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(main())
    sys.exit(130)

"""`make fuzz`: every target for a while, guided by coverage; `make fuzz TARGET=ingest SECONDS=600` for one.

Kept in `.fuzz/`: inputs that led somewhere new in `corpus/`, those that broke something in `crashes/`.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fuzz import loop
from fuzz.targets import TARGETS, Target

_KEPT = Path(".fuzz")
_LONGEST_INPUT = 4096
_MOST_MEMORY_MB = 2048
_LONGEST_RUN_S = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run."""

    name: str
    executions: int
    edges: int
    """Of the instrumented code: how many were passed."""
    corpus: int
    crashes: list[Path]


def main(arguments: list[str]) -> int:
    """Fuzz; 1 when something was found, 2 when it cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one or more of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs")
    parser.add_argument("--again", type=Path, help="run one target once with the input in this file")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown or (options.again and len(options.targets) != 1):
        parser.error(
            f"there is no target {', '.join(unknown)}; the targets are: {', '.join(TARGETS)}"
            if unknown
            else "--again needs one TARGET"
        )
    if options.again:
        return _again(TARGETS[options.targets[0]], options.again)
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: 'make fuzz' does that, on Linux with an x86-64 processor", file=sys.stderr)
        return 2
    outcomes = [_fuzz(TARGETS[name], options.seconds) for name in options.targets or TARGETS]
    print("\n| target | executions | edges passed | corpus | crashes |\n| --- | --- | --- | --- | --- |")
    for one in outcomes:
        print(f"| `{one.name}` | {one.executions:,} | {one.edges:,} | {one.corpus:,} | {len(one.crashes)} |")
    for one in outcomes:
        for crash in one.crashes:
            print(f"again: .venv/bin/python -m fuzz {one.name} --again {crash}", file=sys.stderr)
    return 1 if any(one.crashes for one in outcomes) else 0


def _again(target: Target, path: Path) -> int:
    try:
        target.run(path.read_bytes())
    finally:
        loop.close()
    print(f"{target.name}: nothing is wrong with {path} now")
    return 0


def _fuzz(target: Target, seconds: int) -> Outcome:
    corpus, crashes = _KEPT / "corpus" / target.name, _KEPT / "crashes" / target.name
    for folder in (corpus, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    known = set(crashes.iterdir())
    print(f"{target.name}: {seconds} s ...", flush=True)
    log = _KEPT / f"{target.name}.log"
    command = [
        *(sys.executable, "-m", "fuzz.engine", target.name, str(crashes)),
        *(f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT}", f"-timeout={_LONGEST_RUN_S}"),
        *(f"-rss_limit_mb={_MOST_MEMORY_MB}", f"-artifact_prefix={crashes}/", "-print_final_stats=1", str(corpus)),
    ]
    with tempfile.TemporaryDirectory(prefix="sungaze-fuzz-") as scratch, log.open("wb") as output:
        environ = os.environ | {"TMPDIR": scratch}
        status = subprocess.run(command, env=environ, stdout=output, stderr=output, check=False).returncode
    told = log.read_text(encoding="utf-8", errors="replace")
    found = sorted(set(crashes.iterdir()) - known)
    if status and not found:
        raise SystemExit(f"{target.name} did not run; {log} says why:\n{told[-2000:]}")
    return Outcome(target.name, _last(r"^#(\d+)", told), _last(r"cov: (\d+)", told), len(list(corpus.iterdir())), found)


def _last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text, re.MULTILINE)
    return int(found[-1]) if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

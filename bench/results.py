"""What `make bench` measured, as JSON: a record for each part, kept and compared."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from figures import figure

ROOT = Path(__file__).parent.parent
LAST = Path(os.environ.get("BENCH_RESULTS") or ROOT / ".bench/results.json")
"""Of the last runs on this machine."""
PUBLISHED = ROOT / "bench/results.json"
"""What was committed; the tables in the docs are made from it."""
_PACKAGES = ("fastapi", "uvicorn", "asyncpg", "sqlalchemy", "msgspec", "redis")


@dataclass(frozen=True, slots=True)
class Record:
    """What a part found out, and under which circumstances."""

    began: str
    commit: str
    machine: str
    versions: str
    settings: dict[str, float]
    load_before: float
    load_after: float
    took_s: float
    figures: dict[str, float]
    notes: dict[str, str]
    """Facts to tell with the figures, as versions of programs measured."""


type Records = dict[str, Record]


def read(path: Path) -> Records:
    """Read the records of a file; none where there is no file."""
    if not path.exists():
        return {}
    return {part: Record(**record) for part, record in json.loads(path.read_text()).items()}


def write(path: Path, records: Mapping[str, Record]) -> None:
    """Write all, or leave the file as it was."""
    path.parent.mkdir(exist_ok=True)
    half = path.with_suffix(".part")
    half.write_text(json.dumps({part: asdict(record) for part, record in records.items()}, indent=1) + "\n")
    half.replace(path)


def versions() -> str:
    """Name what the server is made of."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)])


def commit() -> str:
    """Name the commit that is measured, with a `+` where files differ from it."""
    head, changed = (
        subprocess.run(["git", *command], cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip()
        for command in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
    )
    return f"{head or 'unknown'}{'+' if changed else ''}"


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"


def comparison(now: Mapping[str, Record], then: Mapping[str, Record]) -> list[str]:
    """Write a line for each figure: now, then, ratio, target, met or not."""
    lines = [f"{'figure':<40} {'now':>12} {'published':>12} {'ratio':>6}  {'target':<24} met"]
    for part, record in now.items():
        before = then[part].figures if part in then else {}
        for name, value in record.figures.items():
            lines.append(_compared(name, value, before.get(name)))
    return lines


def _compared(name: str, value: float, then: float | None) -> str:
    known = figure(name)
    ratio = f"{value / then:.2f}" if then else ""
    return (
        f"{name:<40} {known.shown(value):>12} {'' if then is None else known.shown(then):>12} {ratio:>6}  "
        f"{known.wanted():<24} {verdict(known.met(value))}"
    ).rstrip()


def missed(records: Mapping[str, Record]) -> list[str]:
    """Name the figures that miss their target."""
    return [
        name
        for record in records.values()
        for name, value in record.figures.items()
        if figure(name).met(value) is False
    ]


def verdict(met: bool | None) -> str:  # noqa: FBT001 - three words for three answers
    return "" if met is None else "yes" if met else "NO"

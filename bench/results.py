"""What `make bench` measured, as JSON: a record for each part, and the tables made from it."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
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
_MARK = re.compile(r"(<!-- figures: ([a-z ]+?) -->\n).*?(<!-- end -->)", re.DOTALL)


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


def machine() -> str:
    """Name the machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.machine()}"


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
    lines = [f"{'figure':<30} {'now':>12} {'published':>12} {'ratio':>6}  {'target':<24} met"]
    for part, record in now.items():
        before = then[part].figures if part in then else {}
        for name, value in record.figures.items():
            lines.append(_compared(name, value, before.get(name)))
    return lines


def _compared(name: str, value: float, then: float | None) -> str:
    known = figure(name)
    ratio = f"{value / then:.2f}" if then else ""
    return (
        f"{name:<30} {known.shown(value):>12} {'' if then is None else known.shown(then):>12} {ratio:>6}  "
        f"{known.wanted():<24} {_verdict(known.met(value))}"
    ).rstrip()


def missed(records: Mapping[str, Record]) -> list[str]:
    """Name the figures that miss their target."""
    return [
        name
        for record in records.values()
        for name, value in record.figures.items()
        if figure(name).met(value) is False
    ]


def _verdict(met: bool | None) -> str:  # noqa: FBT001 - three words for three answers
    return "" if met is None else "yes" if met else "NO"


def table(records: Mapping[str, Record], parts: Iterable[str]) -> str:
    """Make a Markdown table of some parts, and say under which circumstances they were measured."""
    found = {part: records[part] for part in parts if part in records}
    rows = [
        f"| {known.says} | {known.shown(value)} | {known.wanted()} | {_verdict(known.met(value))} |"
        for record in found.values()
        for known, value in ((figure(name), value) for name, value in record.figures.items())
    ]
    lines = ["| figure | measured | target | met |", "| --- | --- | --- | --- |", *rows, ""]
    return "\n".join([*lines, *(_circumstances(part, record) for part, record in found.items())]) + "\n"


def _circumstances(part: str, record: Record) -> str:
    settings = "".join(f", {name}={value:g}" for name, value in record.settings.items())
    notes = "".join(f" {name}: {text}." for name, text in record.notes.items())
    return (
        f"`{part}`: {record.began}, commit {record.commit}, load average {record.load_before:.1f} before and "
        f"{record.load_after:.1f} after, {record.took_s:.0f} s{settings}.{notes}  "
    )


def with_tables(text: str, records: Mapping[str, Record]) -> str:
    """Put the tables between their marks: `<!-- figures: PARTS -->` and `<!-- end -->`."""
    return _MARK.sub(lambda mark: f"{mark[1]}{table(records, mark[2].split())}{mark[3]}", text)


def marks(text: str) -> list[list[str]]:
    """Give the parts that each mark in a text stands for."""
    return [mark[2].split() for mark in _MARK.finditer(text)]

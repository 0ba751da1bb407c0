"""Days of the simulator's house, its inverter read every 5 s: rows as a table takes them; kept for the next run."""

import gzip
import hashlib
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from database import KEPT
from samples import INTERVAL, SUNGROW, Row

import sungaze_sim
from sungaze_sim.house import House
from sungaze_sim.profile import Profile
from sungaze_sim.world import HouseWorld

START = datetime(2026, 6, 1, tzinfo=UTC)
_MADE_BY = ("house", "household", "profile", "registers", "state", "watcher", "weather", "world")
_BEFORE = 3
"""Device, time and count stand before the fields in a row."""


class _HouseClock:
    """The time of the house goes on as asked."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.now(UTC)


def house_days(days: int) -> list[list[Row]]:
    """Live for some days and read the inverter's registers every 5 s, as an edge does."""
    kept = KEPT / f"house_{days}_days_{_version()}.json.gz"
    if not kept.exists():
        made = [[row[_BEFORE:] for row in day] for day in _live(days)]
        KEPT.mkdir(exist_ok=True)
        kept.write_bytes(gzip.compress(msgspec.json.encode(made), 1))
    values = msgspec.json.decode(gzip.decompress(kept.read_bytes()))
    return [[_row(day, step, row) for step, row in enumerate(rows)] for day, rows in enumerate(values)]


def _version() -> str:
    """Tell this simulator from any other; days of another one are not ours."""
    simulator = Path(sungaze_sim.__file__).parent
    sources = [Path(__file__), *(simulator / f"{name}.py" for name in _MADE_BY)]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _row(day: int, step: int, values: list[object]) -> Row:
    return ("home", START + timedelta(days=day) + INTERVAL * step, 1, *values)


def _live(days: int) -> Iterator[list[Row]]:
    profile, clock = Profile(), _HouseClock()
    world = HouseWorld(House(START, spec=profile.house_spec()), profile, clock=clock)
    names = [field.name for field in SUNGROW.fields]
    for _ in range(days):
        day = []
        for _ in range(timedelta(days=1) // INTERVAL):
            truth = world.snapshot().truth
            at = START + timedelta(seconds=clock.seconds)
            day.append(("home", at, 1, *(_column(name, truth) for name in names)))
            clock.seconds += INTERVAL.total_seconds()
        yield day


def only(row: Row, fields: Collection[str]) -> Row:
    """Leave the other fields out."""
    named = zip(row[_BEFORE:], SUNGROW.fields, strict=True)
    return (*row[:_BEFORE], *(value if field.name in fields else None for value, field in named))


def _column(name: str, truth: object) -> object:
    return "Running" if name == "running_state" else truth.get(name)

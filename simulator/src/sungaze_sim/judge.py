"""Compares what a device handed out with what a server stored: nothing lost, nothing invented, nothing changed.

The edge stamps a reading just before it asks, so the row of a reading is the last one stamped at or before the
reading's first request. Two readings on one row mean that the row of one is missing; a row without a reading was
never handed out, or is there twice.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sungaze_sim.record import Reading

_STAMP_ROUNDING = timedelta(milliseconds=1)
_AFTER_GARBAGE = 3
"""In so many readings after falsified ones, and as many as those were, a value may be missing: nobody can tell at once
which of two was wrong."""
_COMMIT_TIME = timedelta(seconds=1)
"""A process killed this soon after a reading's last byte may not have had the time to put it on disk."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stored sample."""

    ts: datetime
    values: Mapping[str, Any]


@dataclass(slots=True)
class Judgement:
    """What became of every reading."""

    polled: int
    stored: int
    lost: list[Reading] = field(default_factory=list)
    in_hand: list[Reading] = field(default_factory=list)
    """Those that were not on disk yet when a process was killed, or on their way when that was disturbed; no software
    could have kept them."""
    doubled: list[Row] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def faultless(self) -> bool:
        """Whether the promise was kept."""
        return self.polled > 0 and not (self.lost or self.doubled or self.wrong)

    def summary(self) -> dict[str, int]:
        """Count, for the last line of a run."""
        return {
            "polled": self.polled,
            "stored": self.stored,
            "lost": len(self.lost),
            "duplicates": len(self.doubled),
            "wrong_values": len(self.wrong),
            "in_hand_at_kill": len(self.in_hand),
        }


_EVER = datetime.fromtimestamp(0, UTC)


def stored_rows(database: Path, device_id: str, kind: str = "sungrow", *, since: datetime = _EVER) -> list[Row]:
    """Read a device's samples of one kind, from a time on, from the server's SQLite file, oldest first."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        query = f"SELECT * FROM {kind}_samples WHERE device_id = ? AND ts >= ? ORDER BY ts"  # noqa: S608 - a kind is ours
        found = connection.execute(query, (device_id, since.timestamp() * 1000))
        return [Row(datetime.fromtimestamp(row["ts"] / 1000, UTC), dict(row)) for row in found]


def stored_count(database: Path, device_id: str, kind: str, *, since: datetime = _EVER) -> int:
    """Count a device's samples of one kind, from a time on, in the server's SQLite file."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        query = f"SELECT count(*) FROM {kind}_samples WHERE device_id = ? AND ts >= ?"  # noqa: S608 - a kind is ours
        [count] = connection.execute(query, (device_id, since.timestamp() * 1000)).fetchone()
        return int(count)


def summaries(judgements: Mapping[str, "Judgement"]) -> dict[str, Any]:
    """Count for all devices together, and for each by its name."""
    each = {name: judgement.summary() for name, judgement in judgements.items()}
    names = next(iter(each.values()), {})
    return {name: sum(summary[name] for summary in each.values()) for name in names} | {"devices": each}


def judge(
    readings: Sequence[Reading],
    rows: Sequence[Row],
    kills: Iterable[datetime] = (),
    doubts: Iterable[tuple[datetime, datetime]] = (),
) -> Judgement:
    """Hold the record against the store.

    `kills` are the moments at which the edge was killed without warning. `doubts` are the times in which a device may
    believe that a reading has arrived and it has not: the edge was paused, or the way between them disturbed.
    """
    doubts = [*doubts, *((kill - _COMMIT_TIME, kill) for kill in kills)]
    verdict = Judgement(polled=0, stored=len(rows))
    by_row = _readings_by_row(readings, rows)
    startled = {id(reading) for reading in _startled(readings)}
    orphans = by_row.pop(-1, [])
    for index, row in enumerate(rows):
        claims = by_row.get(index, [])
        owner = _owner(row, claims)
        if owner is None:
            verdict.doubled.append(row)
        else:
            verdict.wrong.extend(_differences(owner, row, may_miss=id(owner) in startled))
        orphans.extend(reading for reading in claims if reading is not owner)
    missing = {id(reading) for reading in orphans}
    for reading in readings:
        absent = id(reading) in missing
        verdict.polled += reading.certain or not absent
        if absent and reading.certain:
            (verdict.in_hand if _was_in_hand(reading, doubts) else verdict.lost).append(reading)
    return verdict


def _readings_by_row(readings: Sequence[Reading], rows: Sequence[Row]) -> dict[int, list[Reading]]:
    times = [row.ts - _STAMP_ROUNDING for row in rows]
    claims: dict[int, list[Reading]] = {}
    for reading in readings:
        claims.setdefault(bisect_right(times, reading.first_request_at) - 1, []).append(reading)
    return claims


def _owner(row: Row, claims: Sequence[Reading]) -> Reading | None:
    exact = [reading for reading in claims if not _differences(reading, row)]
    return next(iter(exact or claims), None)


def _startled(readings: Sequence[Reading]) -> Iterator[Reading]:
    """Give the readings soon after falsified ones."""
    grace = 0
    for reading in readings:
        if reading.faults:
            grace = max(grace, _AFTER_GARBAGE) + 1
        elif grace > 0:
            grace -= 1
            yield reading


def _differences(reading: Reading, row: Row, *, may_miss: bool = False) -> list[str]:
    """Compare with the truth, unless a fault had changed what was served."""
    if reading.faults:
        return []
    return [
        f"{row.ts.isoformat()} {name}: {row.values.get(name)} was stored, {expected} was true"
        for name, expected in reading.truth.items()
        if not (expected is None and reading.house_time is None)  # a recording does not know everything
        if not (may_miss and row.values.get(name) is None)
        if not _same(expected, row.values.get(name))
    ]


def _same(expected: float | str | None, stored: Any) -> bool:
    if expected is None or stored is None:
        return expected is stored
    if isinstance(expected, str):
        return bool(stored == (_unix_ms(expected) if expected.endswith("Z") else expected))
    return bool(abs(expected - stored) < 1e-9)


def _unix_ms(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def _was_in_hand(reading: Reading, doubts: Sequence[tuple[datetime, datetime]]) -> bool:
    # An edge that asks on has committed what it got before.
    return not reading.confirmed and any(begins < reading.last_reply_at <= ends for begins, ends in doubts)

"""What became of every reading: the devices' records against the rows in PostgreSQL, device by device."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from faults import servers
from faults.trial import Breakage, Trial
from sungaze_sim.judge import Judgement, Row, judge
from sungaze_sim.record import Reading
from sungaze_sim.stack import DEVICE_ID, P1_DEVICE_ID

KINDS = {DEVICE_ID: "sungrow", P1_DEVICE_ID: "p1"}
_ROUNDING_MS = 2
"""A reading whose time was not known yet when its spool was read may get it from a witness that rounds otherwise."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A reading that a broken spool took with it: it was read from the files before, and never came."""

    row: Row
    broken_at: datetime
    """When the spool was broken; the last time, if more than once."""


@dataclass(slots=True)
class Verdict:
    """All that was found out."""

    devices: dict[str, Judgement]
    destroyed: dict[str, list[Destroyed]]
    at_stake: int
    """How many readings were in spool files when those were broken."""
    readings: dict[str, Sequence[Reading]] = field(repr=False)
    complaints: list[str] = field(default_factory=list)

    @property
    def faultless(self) -> bool:
        """Whether every promise was kept."""
        return not self.complaints and all(judgement.faultless for judgement in self.devices.values())


async def stored_rows(connection: asyncpg.Connection, device_id: str, kind: str) -> list[Row]:
    """Read a device's samples of one kind from PostgreSQL, oldest first, in the form in which the judge has them."""
    rows = await connection.fetch(f"SELECT * FROM {kind}_samples WHERE device_id = $1 ORDER BY ts", device_id)
    return [Row(row["ts"], {name: _plain(value) for name, value in row.items()}) for row in rows]


def _plain(value: Any) -> Any:
    return _ms(value) if isinstance(value, datetime) else value


async def reach(trial: Trial) -> Verdict:
    """Judge a trial that has come to rest."""
    connection = await servers.connect(trial.programs["postgresql"].port or 0)
    try:
        stored = {device: await stored_rows(connection, device, kind) for device, kind in KINDS.items()}
    finally:
        await connection.close()
    destroyed = {device: _destroyed(device, rows, trial.breakages) for device, rows in stored.items()}
    _keep(trial.folder, stored, destroyed)
    doubts = [(doubt.begins, doubt.ends) for doubt in trial.doubts]
    readings: dict[str, Sequence[Reading]] = {
        DEVICE_ID: trial.devices.inverter.record.readings,
        P1_DEVICE_ID: trial.devices.meter.record.readings,
    }
    return Verdict(
        {
            device: judge(
                readings[device], _with(stored[device], [lost.row for lost in destroyed[device]]), doubts=doubts
            )
            for device in KINDS
        },
        destroyed,
        len({key for breakage in trial.breakages for key in breakage.rows}),
        readings,
        list(trial.complaints),
    )


def _keep(folder: Path, stored: Mapping[str, Sequence[Row]], destroyed: Mapping[str, Sequence[Destroyed]]) -> None:
    """Write down what was found, for whoever looks into the folder of a trial that failed."""
    found = {
        device: {"stored": rows, "destroyed": [lost.row for lost in destroyed[device]]}
        for device, rows in stored.items()
    }
    times = {
        device: {what: [row.ts.isoformat() for row in rows] for what, rows in each.items()}
        for device, each in found.items()
    }
    (folder / "rows.json").write_text(json.dumps(times, indent=1))


def _destroyed(device: str, rows: Sequence[Row], breakages: Sequence[Breakage]) -> list[Destroyed]:
    arrived = {_ms(row.ts) + error for row in rows for error in range(-_ROUNDING_MS, _ROUNDING_MS + 1)}
    last = {key: Destroyed(row, breakage.at) for breakage in breakages for key, row in breakage.rows.items()}
    return [lost for (owner, _), lost in last.items() if owner == device and _ms(lost.row.ts) not in arrived]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _with(rows: Sequence[Row], destroyed: Sequence[Row]) -> list[Row]:
    return sorted([*rows, *(Row(row.ts, _times(row.values)) for row in destroyed)], key=lambda row: row.ts)


def _times(values: Mapping[str, Any]) -> dict[str, Any]:
    """Write the times in a reading as the database gives them."""
    return {
        name: _plain(datetime.fromisoformat(value).astimezone(UTC)) if name.endswith("_ts") and value else value
        for name, value in values.items()
    }

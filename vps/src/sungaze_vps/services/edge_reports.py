"""What an edge says of itself beside its readings: noted in passing, written behind them, now and then.

An edge that drains a backlog reports many times a second, and nobody looks that often: at most one write every
`INTERVAL_S` keeps the last word of each device. What comes in between waits for the next write and is not lost with
the quiet that follows. Nothing here can fail or delay storing readings.
"""

import asyncio
import logging
import re
from collections.abc import Collection, Iterable, Mapping
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from sungaze_vps.db.faults import DATABASE_ERRORS, reason
from sungaze_vps.db.models import UtcMillis
from sungaze_vps.db.reports import EDGE_REPORTS
from sungaze_vps.db.session import WRITER, reading
from sungaze_vps.db.sets import Columns, parameter_set, set_parameters
from sungaze_vps.db.turns import Turns
from sungaze_vps.log import Outage
from sungaze_vps.services.latest import render_ts

INTERVAL_S = 10.0
_COUNT = re.compile(r"[0-9]{1,10}")  # a reading a second for three hundred years
_EDGE = re.compile(r"sungaze-edge/([0-9A-Za-z.+-]{1,32})")
_COLUMNS: Columns = {
    "device_id": sa.Text,
    "reported_at": UtcMillis,
    "waiting": sa.BigInteger,
    "quarantined": sa.BigInteger,
    "version": sa.Text,
}


@dataclass(frozen=True, slots=True)
class EdgeReport:
    """What one delivery told; None for what it did not."""

    reported_at: datetime
    waiting: int
    quarantined: int | None
    version: str | None

    @classmethod
    def of(cls, headers: Mapping[str, str], now: datetime) -> Self | None:
        """Read the headers of a delivery; None when no edge speaks, or one that makes no sense."""
        waiting = _count(headers.get("sungaze-waiting"))
        if waiting is None:
            return None
        edge = _EDGE.match(headers.get("user-agent", ""))
        return cls(now, waiting, _count(headers.get("sungaze-quarantined")), edge and edge[1])


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and _COUNT.fullmatch(text) else None


class EdgeReports:
    """Keeps the last word of each device's edge."""

    def __init__(self, engine: AsyncEngine, turns: Turns, *, interval_s: float = INTERVAL_S) -> None:
        """Write into the database when a turn to write is free, every `interval_s` at most."""
        self._engine = engine
        self._turns = turns
        self._interval_s = interval_s
        self._waiting: dict[str, EdgeReport] = {}
        self._writer: asyncio.Task[None] | None = None
        self._outage = Outage(logging.getLogger(__name__), "writing down what edges report")

    def note(self, device_ids: Iterable[str], headers: Mapping[str, str], now: datetime) -> None:
        """Take what a delivery of readings of these devices told; returns at once."""
        report = EdgeReport.of(headers, now)
        if report is None:
            return
        self._waiting |= dict.fromkeys(device_ids, report)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_on(), context=Context())  # not this request's business

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])
        if self._waiting:
            await self._write()

    async def _write_on(self) -> None:
        """Write while there is something to write, with pauses."""
        while self._waiting:
            await self._write()
            await asyncio.sleep(self._interval_s)

    async def _write(self) -> None:
        reports = dict(self._waiting)
        dialect = self._engine.dialect.name
        rows = [(device_id, *_values(report)) for device_id, report in sorted(reports.items())]
        try:
            async with self._turns, self._engine.execution_options(**WRITER).begin() as connection:
                await connection.execute(_upsert(dialect), set_parameters("reports", _COLUMNS, rows, dialect))
        except DATABASE_ERRORS as error:
            self._outage.failed(reason(error))
            return
        self._outage.passed()
        for device_id, report in reports.items():
            if self._waiting[device_id] is report:
                del self._waiting[device_id]


def _values(report: EdgeReport) -> tuple[Any, ...]:
    return report.reported_at, report.waiting, report.quarantined, report.version


@cache
def _upsert(dialect: str) -> sa.Insert:
    """Write the set `reports`, of each device only what is newer than what is known."""
    rows = parameter_set("reports", _COLUMNS, dialect)
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(EDGE_REPORTS)
    # SQLite takes the ON of an upsert for a join's unless a WHERE stands between.
    filled: Any = insert.from_select(list(_COLUMNS), sa.select(rows).where(sa.true()))
    statement: sa.Insert = filled.on_conflict_do_update(
        index_elements=["device_id"],
        set_={name: insert.excluded[name] for name in _COLUMNS if name != "device_id"},
        where=insert.excluded.reported_at > EDGE_REPORTS.c.reported_at,
    )
    return statement


async def last_words(engine: AsyncEngine, device_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Give what the edges of these devices said last; device -> `{reported_at, waiting, quarantined, version}`."""
    query = sa.select(EDGE_REPORTS).where(EDGE_REPORTS.c.device_id.in_(sorted(device_ids)))
    async with reading(engine) as connection:
        found = (await connection.execute(query)).mappings().all()
    return {
        row["device_id"]: {name: row[name] for name in _COLUMNS if name != "device_id"}
        | {"reported_at": render_ts(row["reported_at"])}
        for row in found
    }

"""The newest reading of a device, and which devices there are."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from sungaze_vps.db.models import samples_table
from sungaze_vps.measurement import Measurement

type Measurements = Mapping[str, Measurement]
"""Kind -> measurement."""


async def latest(engine: AsyncEngine, measurements: Measurements, device_id: str) -> dict[str, Any] | None:
    """Give the newest reading of a device over all kinds, as the flat object of the wire; None when there is none."""
    newest: tuple[datetime, dict[str, Any]] | None = None
    async with engine.connect() as connection:
        for kind, measurement in measurements.items():
            row = (await connection.execute(latest_query(measurement), {"device_id": device_id})).mappings().first()
            if row is not None and (newest is None or row["ts"] > newest[0]):
                newest = row["ts"], {"device_id": device_id, "kind": kind, **row, "ts": render_ts(row["ts"])}
    return newest[1] if newest else None


async def devices(engine: AsyncEngine, measurements: Measurements, device_ids: Collection[str]) -> list[dict[str, Any]]:
    """Give `{device_id, kind, first_seen, last_seen}` of each device and kind that has readings, in order of name."""
    found = []
    async with engine.connect() as connection:
        for device_id in sorted(device_ids):
            for kind, measurement in measurements.items():
                first, last = (await connection.execute(span_query(measurement), {"device_id": device_id})).one()
                if first is not None:
                    seen = {"first_seen": render_ts(first), "last_seen": render_ts(last)}
                    found.append({"device_id": device_id, "kind": kind, **seen})
    return found


def render_ts(ts: datetime) -> str:
    """Write a UTC time as the contract wants it: milliseconds and `Z`."""
    return ts.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def latest_query(measurement: Measurement) -> sa.Select[Any]:
    """Select the newest reading of `:device_id`: one step backwards along the key."""
    table = samples_table(measurement)
    newest_first = sa.select(table).where(table.c.device_id == sa.bindparam("device_id")).order_by(table.c.ts.desc())
    return newest_first.limit(1)


@cache
def span_query(measurement: Measurement) -> sa.Select[Any]:
    """Select the times of the first and of the newest reading of `:device_id`; both null when there is none."""
    table = samples_table(measurement)
    of_device = sa.select(table.c.ts).where(table.c.device_id == sa.bindparam("device_id")).limit(1)
    return sa.select(
        of_device.order_by(table.c.ts).scalar_subquery(), of_device.order_by(table.c.ts.desc()).scalar_subquery()
    )

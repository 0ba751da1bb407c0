"""Reads what `db/boundaries.py` keeps, as whole numbers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.models import from_millis
from sungaze_vps.services.capacity.nameless import name_meters
from sungaze_vps.services.capacity.quarters import Stand

_ROWS = """
SELECT {quarter} AS a, meter AS b, {first_at} AS c, {first} AS d, {last_at} AS e, {last} AS f,
  lowest_kwh < first_kwh OR highest_kwh > last_kwh AS g, clocks AS h, {peak_at} AS i, peak_w AS j
FROM p1_boundaries
WHERE device_id = {mark}1
  AND quarter >= coalesce(
    (SELECT max(quarter) FROM p1_boundaries WHERE device_id = {mark}1 AND quarter < {mark}2), {mark}2)
  AND quarter <= coalesce(
    (SELECT min(quarter) FROM p1_boundaries WHERE device_id = {mark}1 AND quarter >= {mark}3), {mark}3)
ORDER BY quarter, first_at, last_at, meter
"""
_COLUMNS = f"SELECT {', '.join(f'array_agg({name})' for name in 'abcdefghij')} FROM ({_ROWS}) AS rows"
"""One array a column: the driver makes three thousand rows of ten in a third of the time."""
_NEWEST = """
SELECT {last_at} FROM p1_boundaries WHERE device_id = {mark}1 AND quarter <= {mark}2
ORDER BY quarter DESC, last_at DESC LIMIT 1
"""
_TIMES = ("quarter", "first_at", "last_at", "peak_at")
_SQLITE = {name: name for name in _TIMES} | {"mark": ":p"}
_POSTGRESQL = {name: f"CAST(date_part('epoch', {name}) * 1000 AS bigint)" for name in _TIMES} | {"mark": "$"}
_ENERGIES = {name: f"CAST(round({name}_kwh * 1000000) AS bigint)" for name in ("first", "last")}


async def read_rows(connection: AsyncConnection, device_id: str, start: int, end: int) -> list[Stand]:
    """Read the quarters from `start` to `end`, with the last before them and the first after them.

    Args:
        connection: to the database.
        device_id: whose.
        start: of the first quarter, in ms.
        end: of the last quarter, in ms.
    """
    if connection.dialect.name == "sqlite":
        rows: list[Stand] = list(map(tuple, await _fetch(connection, _ROWS, device_id, start, end)))
    else:
        (columns,) = await _fetch(connection, _COLUMNS, device_id, start, end)
        rows = list(zip(*(column or () for column in columns), strict=True))
    return name_meters(rows)


async def newest_reading(connection: AsyncConnection, device_id: str, until: int) -> int | None:
    """Give the time of the newest reading of a quarter that began by `until`, in ms; None without any."""
    rows = await _fetch(connection, _NEWEST, device_id, until)
    return rows[0][0] if rows else None


async def _fetch(connection: AsyncConnection, query: str, device_id: str, *times: int) -> Sequence[Any]:
    if connection.dialect.name == "sqlite":
        named = {"p1": device_id} | {f"p{number}": time for number, time in enumerate(times, start=2)}
        return (await connection.exec_driver_sql(query.format(**_SQLITE, **_ENERGIES), named)).all()
    numbered = (device_id, *map(from_millis, times))
    return (await connection.exec_driver_sql(query.format(**_POSTGRESQL, **_ENERGIES), numbered)).all()

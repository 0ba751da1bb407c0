"""Puts buckets of any length in any zone together from the UTC quarters and days."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.levels import find_levels, forget_levels
from sungaze_vps.db.models import MILLISECOND, UtcMillis, days_table, quarters_table
from sungaze_vps.db.session import reading
from sungaze_vps.db.sets import Columns, parameter_set, set_parameters
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.materialised import Question
from sungaze_vps.services.raw_rollups import quarters_from_raw
from sungaze_vps.services.rollup_statements import added_up, within
from sungaze_vps.services.rollups import DAY, floor
from sungaze_vps.services.totals import Series, Totals, add, describe, names

SPANS: Columns = {"device_id": sa.Text, "bucket": UtcMillis, "until": UtcMillis, "number": sa.Integer}
_UNDEFINED_TABLE = "42P01"


async def series(engine: AsyncEngine, measurement: Measurement, device_id: str, edges: Sequence[datetime]) -> Series:
    """Sum up the readings of a device between each two neighbouring edges.

    Powers and percentages come to a thousandth, energies to a millionth of a kWh.

    Args:
        engine: of the database.
        measurement: the kind of readings.
        device_id: whose readings.
        edges: UTC times on quarters of an hour, ascending.
    """
    totals: Mapping[int, Totals]
    try:
        async with reading(engine) as connection:
            levels = await find_levels(connection, measurement)
            if levels:
                totals = await Question(connection, measurement, levels, device_id, list(edges)).totals()
            else:
                totals = await _totals(connection, measurement, device_id, edges)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _UNDEFINED_TABLE:
            raise
        forget_levels(engine)
        async with reading(engine) as connection:
            totals = await _totals_from_raw(connection, measurement, device_id, edges)
    return describe(measurement, totals)


async def _totals(
    connection: AsyncConnection, measurement: Measurement, device_id: str, edges: Sequence[datetime]
) -> dict[int, Totals]:
    """Add up what lies between the edges; number of the bucket -> totals."""
    dialect = connection.dialect.name
    totals: dict[int, Totals] = {}
    for table, spans in zip((quarters_table, days_table), _cover(edges), strict=True):
        if not spans:
            continue
        rows = ((device_id, *span) for span in spans)
        query = _sum_query(measurement, table(measurement), dialect)
        for number, *row in await connection.execute(query, set_parameters("spans", SPANS, rows, dialect)):
            totals[number] = add(measurement, totals[number], row) if number in totals else row
    return totals


async def _totals_from_raw(
    connection: AsyncConnection, measurement: Measurement, device_id: str, edges: Sequence[datetime]
) -> dict[int, Totals]:
    """Do what `_totals` does without the tables of quarters and days."""
    totals: dict[int, Totals] = {}
    for quarter in await quarters_from_raw(connection, measurement, device_id, edges[0], edges[-1]):
        number = bisect_right(edges, quarter["bucket"]) - 1
        row = [quarter[name] for name in names(measurement)]
        totals[number] = add(measurement, totals[number], row) if number in totals else row
    return totals


type _Span = tuple[datetime, datetime, int]


def _cover(edges: Sequence[datetime]) -> tuple[list[_Span], list[_Span]]:
    """Cover each bucket by whole UTC days and, before and after them, by quarters: `(quarters, days)`."""
    quarters: list[_Span] = []
    days: list[_Span] = []
    for number, (start, end) in enumerate(pairwise(edges)):
        first_day, last_day = floor(start - MILLISECOND, DAY) + DAY, floor(end, DAY)
        if first_day >= last_day:
            quarters.append((start, end, number))
            continue
        days.append((first_day, last_day, number))
        quarters += [span for span in ((start, first_day, number), (last_day, end, number)) if span[0] < span[1]]
    return quarters, days


@cache
def _sum_query(measurement: Measurement, source: sa.FromClause, dialect: str) -> sa.Select[Any]:
    spans = parameter_set("spans", SPANS, dialect)
    joined = sa.select(spans.c.number, *added_up(measurement, source)).join_from(
        spans, source, within(spans, source.c.device_id, source.c.bucket)
    )
    return joined.group_by(spans.c.number)

"""Puts buckets of any length in any zone together from the UTC quarters and days."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.levels import find_levels, forget_levels
from sungaze_vps.db.models import MILLISECOND, UtcMillis, days_table, maxima, means, quarters_table, sums, weights
from sungaze_vps.db.session import reading
from sungaze_vps.db.sets import Columns, parameter_set, set_parameters
from sungaze_vps.measurement import Energy, Measurement
from sungaze_vps.services.materialised import Question
from sungaze_vps.services.raw_rollups import quarters_from_raw
from sungaze_vps.services.rollup_statements import added_up, within
from sungaze_vps.services.rollups import DAY, floor

type Totals = Mapping[str, Any]
"""The columns of quarters and days, added up."""
type Source = Literal["counter", "power"]

SPANS: Columns = {"device_id": sa.Text, "bucket": UtcMillis, "until": UtcMillis, "number": sa.Integer}
_UNDEFINED_TABLE = "42P01"


@dataclass(frozen=True, slots=True)
class Series:
    """What was measured, bucket by bucket."""

    points: Sequence[tuple[int, dict[str, Any]]]
    """The number of the bucket and its values; buckets without readings are left out."""
    energy_source: Mapping[str, Source | None]
    """Where each energy comes from: the meter's counter, power times time, or nothing was there to tell."""


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
    sources = {energy.name: _source(energy, totals.values()) for energy in measurement.energies}
    points = [(number, _point(measurement, totals[number], sources)) for number in sorted(totals)]
    return Series(points, sources)


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
        for row in (await connection.execute(query, set_parameters("spans", SPANS, rows, dialect))).mappings():
            number = row["number"]
            totals[number] = _together(totals[number], row) if number in totals else row
    return totals


async def _totals_from_raw(
    connection: AsyncConnection, measurement: Measurement, device_id: str, edges: Sequence[datetime]
) -> dict[int, Totals]:
    """Do what `_totals` does without the tables of quarters and days."""
    names = ["sample_count", *weights(measurement), *sums(measurement), *maxima(measurement)]
    totals: dict[int, Totals] = {}
    for quarter in await quarters_from_raw(connection, measurement, device_id, edges[0], edges[-1]):
        number = bisect_right(edges, quarter["bucket"]) - 1
        row = {name: quarter[name] for name in names}
        totals[number] = _together(totals[number], row) if number in totals else row
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


def _together(one: Totals, other: Totals) -> Totals:
    """Add the totals of two parts of a bucket; a column that is null on both sides stays null."""
    both = dict(one)
    for name, value in other.items():
        known = both[name]
        if name == "number" or value is None:
            continue
        if known is None:
            both[name] = value
        else:
            both[name] = max(known, value) if name.startswith("max_") else known + value
    return both


def _source(energy: Energy, totals: Collection[Totals]) -> Source | None:
    """Choose one source for the whole answer: a mixture would count twice what a counter gained in a gap."""
    if energy.counter and any(total[f"rise_{energy.counter}"] is not None for total in totals):
        return "counter"
    return "power" if any(total[f"work_{energy.name}"] is not None for total in totals) else None


def _point(measurement: Measurement, total: Totals, sources: Mapping[str, Source | None]) -> dict[str, float | None]:
    point: dict[str, float | None] = {}
    for mean, added, weight, largest in _mean_columns(measurement):
        # Divided as whole numbers and rounded once: the last digit is that of the exact mean.
        point[mean] = round(total[added] / total[weight]) / 1000 if total[weight] else None
        if largest is not None:
            point[largest] = None if total[largest] is None else round(total[largest], 3)
    point["sample_count"] = total["sample_count"]
    for energy in measurement.energies:
        millionths = total[f"rise_{energy.counter}" if sources[energy.name] == "counter" else f"work_{energy.name}"]
        point[energy.name] = None if millionths is None else millionths / 1_000_000
    return point


@cache
def _mean_columns(measurement: Measurement) -> list[tuple[str, str, str, str | None]]:
    """Name, for each field that is averaged, the mean, its sum, its weight and, if it is kept, its maximum."""
    largest = maxima(measurement)
    return [
        (f"avg_{name}", f"sum_{name}", f"weight_{name}", f"max_{name}" if f"max_{name}" in largest else None)
        for name in means(measurement)
    ]

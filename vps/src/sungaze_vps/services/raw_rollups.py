"""Sums up raw readings where the rollup tables are missing: the same answer, slowly."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.models import MILLISECOND, counters, samples_table
from sungaze_vps.db.sets import set_parameters
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.counters import is_another, millionths, read_counters
from sungaze_vps.services.latest import find_span
from sungaze_vps.services.rollup_statements import counted_columns, quarters_from_samples
from sungaze_vps.services.rollups import QUARTER, floor, quarter_parameters


async def quarters_from_raw(
    connection: AsyncConnection, measurement: Measurement, device_id: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Give the rows that the table of quarters would hold for [start, end), in order of time."""
    dialect = connection.dialect.name
    span = await find_span(connection, measurement, device_id)
    if span is None:
        return []
    first, last = span
    start, end = max(start, floor(first, QUARTER)), min(end, last + MILLISECOND)
    starts = [start + number * QUARTER for number in range(-((start - end) // QUARTER))]
    parameters = quarter_parameters([(device_id, at) for at in starts], dialect)
    counted = await read_counters(connection, measurement, parameters)
    parameters |= set_parameters("counted", counted_columns(measurement), counted, dialect)
    result = await connection.execute(quarters_from_samples(measurement, dialect), parameters)
    quarters = sorted((dict(row) for row in result.mappings()), key=lambda quarter: quarter["bucket"])
    for name in counters(measurement):
        _link(quarters, name, await _last_before(connection, measurement, name, device_id, start))
    return quarters


def _link(quarters: list[dict[str, Any]], name: str, stood: tuple[float | None, str | None]) -> None:
    last, segment = stood
    for quarter in quarters:
        first = quarter[f"first_{name}"]
        quarter[f"rise_{name}"] = None
        if first is not None:
            is_continued = last is not None and not is_another(segment, quarter.get(f"first_segment_{name}"))
            quarter[f"rise_{name}"] = quarter[f"inside_{name}"] + (max(0.0, first - last) if is_continued else 0.0)
            last, segment = quarter[f"last_{name}"], quarter.get(f"last_segment_{name}")


async def _last_before(
    connection: AsyncConnection, measurement: Measurement, name: str, device_id: str, start: datetime
) -> tuple[float | None, str | None]:
    """Give where a counter stood, and of which meter."""
    samples = samples_table(measurement)
    segment = samples.c[measurement.segment] if measurement.segment else sa.null()
    query = sa.select(samples.c[name], segment).where(
        samples.c.device_id == device_id, samples.c.ts < start, samples.c[name].is_not(None)
    )
    row = (await connection.execute(query.order_by(samples.c.ts.desc()).limit(1))).first()
    return (None, None) if row is None else (millionths(row[0]), row[1])

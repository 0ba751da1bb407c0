"""What counters did inside a quarter of an hour, from its readings.

In Python, because neighbouring readings are a matter of order: one pass here takes a tenth of what SQLite needs for the
window functions that say the same.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.models import counters, samples_table
from sungaze_vps.db.sets import parameter_set
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.rollup_statements import COUNTED, QUARTERS, within

_MILLIONTHS = 1_000_000
_PARTS = len(COUNTED)


async def read_counters(
    connection: AsyncConnection, measurement: Measurement, parameters: dict[str, Any]
) -> list[list[Any]]:
    """Give a row of the set `counted` (`rollup_statements.counted_columns`) for each quarter of the set `quarters`."""
    if not counters(measurement):
        return []
    result = await connection.execute(_readings(measurement, connection.dialect.name), parameters)
    return fold(result, len(counters(measurement)))


def fold(readings: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Give `[number, first, last, inside, first_segment, last_segment, first, ...]` per quarter.

    In millionths of a kWh; null for a counter without a reading.

    Args:
        readings: `(number of the quarter, segment, *values of the counters in kWh)` in order of number and time.
        width: how many counters there are.
    """
    found: list[list[Any]] = []
    last_read: list[tuple[Any, Any]] = []
    for number, segment, *values in readings:
        if not found or found[-1][0] != number:
            found.append([number, *[None] * _PARTS * width])
            last_read = [(None, None)] * width
        for position, value in enumerate(values):
            if value is not None and (value, segment) != last_read[position]:
                last_read[position] = value, segment
                _count(found[-1], 1 + _PARTS * position, millionths(value), segment)
    return found


def is_another(segment: str | None, following: str | None) -> bool:
    """Tell whether a counter is another meter's than before; a reading that does not name it is taken for the same."""
    return segment is not None and following is not None and segment != following


def millionths(value: float) -> float:
    """Round kWh to whole millionths, halves away from zero."""
    return float(math.trunc(value * _MILLIONTHS + math.copysign(0.5, value)))


def _count(quarter: list[Any], at: int, value: float, segment: str | None) -> None:
    _, last, inside, first_segment, last_segment = quarter[at : at + _PARTS]
    if last is None:
        quarter[at : at + _PARTS] = [value, value, 0.0, segment, segment]
        return
    gained = 0.0 if is_another(last_segment, segment) else max(0.0, value - last)
    quarter[at + 1 : at + _PARTS] = [value, inside + gained, first_segment, segment]


@cache
def _readings(measurement: Measurement, dialect: str) -> sa.Select[Any]:
    keys = parameter_set("quarters", QUARTERS, dialect)
    samples = samples_table(measurement)
    segment = samples.c[measurement.segment] if measurement.segment else sa.null()
    return (
        sa.select(keys.c.number, segment, *(samples.c[name] for name in counters(measurement)))
        .join_from(keys, samples, within(keys, samples.c.device_id, samples.c.ts))
        .order_by(keys.c.number, samples.c.ts)
    )

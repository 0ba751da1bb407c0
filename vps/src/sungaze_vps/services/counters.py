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
from sungaze_vps.services.rollup_statements import QUARTERS, within

_MILLIONTHS = 1_000_000


async def read_counters(
    connection: AsyncConnection, measurement: Measurement, parameters: dict[str, Any]
) -> list[list[float | None]]:
    """Give a row of the set `counted` (`rollup_statements.counted_columns`) for each quarter of the set `quarters`."""
    if not counters(measurement):
        return []
    result = await connection.execute(_readings(measurement, connection.dialect.name), parameters)
    return fold(result, len(counters(measurement)))


def fold(readings: Iterable[Sequence[Any]], width: int) -> list[list[float | None]]:
    """Give `[number, first, last, inside, first, ...]` per quarter, in millionths of a kWh, null without a reading.

    Args:
        readings: `(number of the quarter, *values of the counters in kWh)` in order of number and time.
        width: how many counters there are.
    """
    found: list[list[float | None]] = []
    last_values: list[float | None] = []
    for number, *values in readings:
        if not found or found[-1][0] != number:
            found.append([number, *[None] * 3 * width])
            last_values = [None] * width
        quarter = found[-1]
        for position, value in enumerate(values):
            if value is not None and value != last_values[position]:
                last_values[position] = value
                _count(quarter, 1 + 3 * position, millionths(value))
    return found


def millionths(value: float) -> float:
    """Round kWh to whole millionths, halves away from zero."""
    return float(math.trunc(value * _MILLIONTHS + math.copysign(0.5, value)))


def _count(quarter: list[float | None], at: int, value: float) -> None:
    last, inside = quarter[at + 1], quarter[at + 2]
    if last is None or inside is None:
        quarter[at : at + 3] = [value, value, 0.0]
    else:
        quarter[at + 1] = value
        quarter[at + 2] = inside + max(0.0, value - last)


@cache
def _readings(measurement: Measurement, dialect: str) -> sa.Select[Any]:
    keys = parameter_set("quarters", QUARTERS, dialect)
    samples = samples_table(measurement)
    return (
        sa.select(keys.c.number, *(samples.c[name] for name in counters(measurement)))
        .join_from(keys, samples, within(keys, samples.c.device_id, samples.c.ts))
        .order_by(keys.c.number, samples.c.ts)
    )

"""Keeps quarters and days equal to what the readings say, inside the transaction that stores readings.

The definitions, for one device, with readings in order of `ts`:

**Mean.** The values weighted by `sample_count`, null readings left out with their weight; values count to a thousandth
of their unit.

**Energy by counter.** Two consecutive readings that carry the counter add what it gained between them to the bucket of
the later one; where it fell (a reset, another meter), nothing. The counter counts to a millionth of a kWh (1 mWh). So
nothing is lost across gaps: without resets, all buckets together are the last reading minus the first.

**Energy by power.** Per UTC quarter: the mean of the power in its direction (a reading of the other direction is 0)
times the time covered, to 1 mWh. The readings of a quarter cover the time from the first to the last of them, and once
more the mean distance between them, at most the quarter; a single one covers what has passed of the quarter. The share
that belongs to readings without the power does not count.

A bucket is never added to: the buckets that a batch touches are computed again from all their readings. So duplicates,
late readings and any order of arrival come to the same, to the last digit.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.db.models import EPOCH
from sungaze_vps.db.sets import set_parameters
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.counters import read_counters
from sungaze_vps.services.rollup_statements import (
    DAYS,
    QUARTERS,
    counted_columns,
    link_counters,
    write_days,
    write_quarters,
)

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)

type Bucket = tuple[str, datetime]
"""`(device_id, start)`"""


async def refresh(connection: AsyncConnection, measurement: Measurement, written: Iterable[Bucket]) -> None:
    """Bring the rollups up to date after readings were written.

    Args:
        connection: in the transaction that wrote them; nobody else may write these devices in the meantime.
        measurement: the kind of the readings.
        written: `(device_id, ts)` of each reading.
    """
    dialect = connection.dialect.name
    touched = {(device_id, floor(ts, QUARTER)) for device_id, ts in written}
    parameters = quarter_parameters(sorted(touched), dialect)
    counted = await read_counters(connection, measurement, parameters)
    parameters |= set_parameters("counted", counted_columns(measurement), counted, dialect)
    await connection.execute(write_quarters(measurement, dialect), parameters)
    changed = await connection.execute(link_counters(measurement, dialect), parameters)
    days = sorted({(device_id, floor(start, DAY)) for device_id, start in changed})
    parameters = set_parameters("days", DAYS, ((device_id, start, start + DAY) for device_id, start in days), dialect)
    await connection.execute(write_days(measurement, dialect), parameters)


def quarter_parameters(quarters: Sequence[Bucket], dialect: str) -> dict[str, Any]:
    """Fill the set `quarters`; their numbers are their positions."""
    rows = ((device_id, at, at + QUARTER, number) for number, (device_id, at) in enumerate(quarters))
    return set_parameters("quarters", QUARTERS, rows, dialect)


def floor(time: datetime, length: timedelta) -> datetime:
    """Give the start of the UTC bucket of this length that a time falls into."""
    return EPOCH + (time - EPOCH) // length * length

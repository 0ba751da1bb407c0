"""Where the rollups of a kind are: in tables that the insert keeps, or in what continuous aggregates materialised.

The API reads the tables behind the aggregates and adds what they lack itself: through the real-time views a query for
a few hours would sum up what is open of every home, once for each stretch of time it asks for.
"""

from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sungaze_vps.db.aggregates import Rolled
from sungaze_vps.db.models import counters, maxima, means
from sungaze_vps.measurement import Measurement

_LEVELS = {"daily": timedelta(days=1), "hourly": timedelta(hours=1), "15min": timedelta(minutes=15)}
_TABLES = sa.text(
    "SELECT view_name, quote_ident(materialization_hypertable_schema) || '.' "
    "|| quote_ident(materialization_hypertable_name) AS name "
    "FROM timescaledb_information.continuous_aggregates WHERE view_name = ANY(:views)"
)
_HAS_AGGREGATES = sa.text("SELECT to_regclass('timescaledb_information.continuous_aggregates') IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Level:
    """A table of buckets of one length; key `(device_id, bucket)`."""

    length: timedelta
    table: str


type Levels = tuple[Level, ...]
"""The days, the hours, the quarters."""

_known: WeakKeyDictionary[sa.Pool, dict[Measurement, Levels]] = WeakKeyDictionary()


async def find_levels(connection: AsyncConnection, measurement: Measurement) -> Levels:
    """Name the tables behind the continuous aggregates of a kind; none where the insert keeps the rollups."""
    if connection.dialect.name == "sqlite":
        return ()
    known = _known.setdefault(connection.engine.sync_engine.pool, {})
    if measurement not in known:
        known[measurement] = await _look_up(connection, measurement)
    return known[measurement]


def forget_levels(engine: AsyncEngine) -> None:
    """Look again next time: a table that was there is missing."""
    _known.pop(engine.sync_engine.pool, None)


async def _look_up(connection: AsyncConnection, measurement: Measurement) -> Levels:
    if not await connection.scalar(_HAS_AGGREGATES):
        return ()
    views = {f"{measurement.kind}_{name}": length for name, length in _LEVELS.items()}
    tables = {row.view_name: row.name for row in await connection.execute(_TABLES, {"views": list(views)})}
    return tuple(Level(length, tables[view]) for view, length in views.items()) if len(tables) == len(views) else ()


def rolled(measurement: Measurement) -> Rolled:
    """Give what of a kind's readings is rolled up."""
    return Rolled(
        measurement.kind,
        means(measurement),
        [name.removeprefix("max_") for name in maxima(measurement)],
        counters(measurement),
        [(energy.name, energy.power, energy.sign) for energy in measurement.energies],
        measurement.segment,
    )

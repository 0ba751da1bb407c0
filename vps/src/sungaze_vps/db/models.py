"""The tables of a kind of reading, derived from its measurement so that they cannot drift from the contract.

`<kind>_samples` holds the readings as they came. `<kind>_15min` and `<kind>_1day` hold what adds up: per device and
UTC quarter or UTC day the sums from which every longer or local bucket is put together. Whole numbers kept as DOUBLE
PRECISION make those sums exact, whatever the order of adding, up to 2^53:

- `sum_<field>`: thousandths of the field's unit, each reading weighted by its `sample_count`; `weight_<field>`: the
  weights of the readings that carried a value
- `max_<field>`: in the field's unit
- `rise_<counter>`: millionths of a kWh (mWh) the meter gained, see `services/rollups.py`
- `work_<energy>`: mWh, from power times the time covered, see there
- quarters only: `first_<counter>`, `last_<counter>` (mWh), `inside_<counter>` (mWh gained after the first), and where
  readings name the meter, `first_segment_<counter>` and `last_segment_<counter>`
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sungaze_vps.measurement import Measurement, Rollup
from sungaze_vps.measurements import measurements

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_millis(time: datetime) -> int:
    """Give the milliseconds since 1970 of an aware time."""
    return (time - EPOCH) // MILLISECOND


def from_millis(millis: int) -> datetime:
    """Give the time of milliseconds since 1970, in UTC."""
    return EPOCH + millis * MILLISECOND


class UtcMillis(sa.types.TypeDecorator[datetime]):
    """An aware time: TIMESTAMPTZ on PostgreSQL, INTEGER milliseconds since 1970 on SQLite."""

    impl = sa.Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the column's type by the engine."""
        stored: sa.types.TypeEngine[Any] = postgresql.TIMESTAMP(timezone=True)
        if dialect.name == "sqlite":
            stored = sa.Integer()
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | int | None:
        """Turn a time into what the engine stores."""
        return to_millis(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | int | None, dialect: sa.Dialect) -> datetime | None:
        """Turn what the engine stores into a time."""
        del dialect
        return from_millis(value) if isinstance(value, int) else value


METADATA = sa.MetaData()


@cache
def samples_table(measurement: Measurement) -> sa.Table:
    """Give the table of raw readings; key `(device_id, ts)`."""
    kinds = {"number": sa.Double, "text": sa.Text, "time": UtcMillis}
    return sa.Table(
        measurement.samples_table,
        METADATA,
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("ts", UtcMillis, primary_key=True),
        sa.Column("sample_count", sa.Integer, nullable=False, server_default="1"),
        *(sa.Column(field.name, kinds[field.type]) for field in measurement.fields),
        sqlite_with_rowid=False,
    )


@cache
def quarters_table(measurement: Measurement) -> sa.Table:
    """Give the table of UTC quarters of an hour; key `(device_id, bucket)`."""
    names = [f"{part}_{name}" for name in counters(measurement) for part in ("first", "last", "inside")]
    counted = [sa.Column(name, sa.Double) for name in names]
    segments = [sa.Column(name, sa.Text) for name in segment_columns(measurement)]
    return _rollup_table(f"{measurement.kind}_15min", measurement, *counted, *segments)


@cache
def days_table(measurement: Measurement) -> sa.Table:
    """Give the table of UTC days; key `(device_id, bucket)`."""
    return _rollup_table(f"{measurement.kind}_1day", measurement)


def _rollup_table(name: str, measurement: Measurement, *more: sa.Column[Any]) -> sa.Table:
    return sa.Table(
        name,
        METADATA,
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("bucket", UtcMillis, primary_key=True),
        sa.Column("sample_count", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in weights(measurement)),
        *(sa.Column(name, sa.Double) for name in sums(measurement) + maxima(measurement)),
        *more,
        sqlite_with_rowid=False,
    )


def means(measurement: Measurement) -> list[str]:
    """Name the fields that are averaged."""
    return [field.name for field in measurement.fields if field.rollup in (Rollup.MEAN, Rollup.MEAN_AND_MAX)]


def counters(measurement: Measurement) -> list[str]:
    """Name the fields that are ever-growing meters."""
    return [field.name for field in measurement.fields if field.rollup is Rollup.COUNTER]


def segment_columns(measurement: Measurement) -> list[str]:
    """Name the columns that tell which meter a quarter's counters began and ended with."""
    named = counters(measurement) if measurement.segment else []
    return [f"{part}_segment_{name}" for name in named for part in ("first", "last")]


def weights(measurement: Measurement) -> list[str]:
    """Name the columns that count; they add up and are never null."""
    return [f"weight_{name}" for name in means(measurement)]


def sums(measurement: Measurement) -> list[str]:
    """Name the columns that add up and are null where nothing was read."""
    return [
        *(f"sum_{name}" for name in means(measurement)),
        *(f"rise_{name}" for name in counters(measurement)),
        *(f"work_{energy.name}" for energy in measurement.energies),
    ]


def maxima(measurement: Measurement) -> list[str]:
    """Name the columns of which the largest counts."""
    return [f"max_{field.name}" for field in measurement.fields if field.rollup is Rollup.MEAN_AND_MAX]


def define_tables() -> sa.MetaData:
    """Give the metadata with every kind's tables in it."""
    for measurement in measurements().values():
        for table in (samples_table, quarters_table, days_table):
            table(measurement)
    return METADATA

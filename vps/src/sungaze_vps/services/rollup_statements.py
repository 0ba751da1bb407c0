"""The statements behind `services/rollups.py`, which says what they compute; built once per kind and engine."""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sungaze_vps.db.models import (
    UtcMillis,
    counters,
    days_table,
    maxima,
    means,
    quarters_table,
    samples_table,
    sums,
    weights,
)
from sungaze_vps.db.sets import Columns, parameter_set
from sungaze_vps.measurement import Energy, Measurement

type Expression = sa.ColumnElement[Any]

QUARTERS: Columns = {
    "device_id": sa.Text,
    "bucket": UtcMillis,
    "until": UtcMillis,
    "number": sa.Integer,
}
"""A set of quarters: start, end and a number."""
COUNTED: Columns = {
    "first": sa.Double,
    "last": sa.Double,
    "inside": sa.Double,
    "first_segment": sa.Text,
    "last_segment": sa.Text,
}
"""What is found out about each counter of a quarter; the segments are kept where the readings name them."""
DAYS: Columns = {"device_id": sa.Text, "bucket": UtcMillis, "until": UtcMillis}

_THOUSANDTHS = 1e3
_MILLIS_PER_HOUR = 3.6e6
_QUARTER_MS = 9e5


def counted_columns(measurement: Measurement) -> Columns:
    """Give the columns of the set `counted`: what `services/counters.py` found in each quarter of the other set."""
    return {"number": sa.Integer} | {
        f"{part}_{name}": type_ for name in counters(measurement) for part, type_ in COUNTED.items()
    }


@cache
def write_quarters(measurement: Measurement, dialect: str) -> sa.Insert:
    """Compute the quarters of the set `quarters` from their readings; all but `rise_`, which needs the neighbours."""
    computed = quarters_from_samples(measurement, dialect)
    return _upsert(quarters_table(measurement), computed.subquery(), dialect)


@cache
def link_counters(measurement: Measurement, dialect: str) -> sa.UpdateBase:
    """Set `rise_` of the quarters of the set and of those that follow them; gives the keys of all of these."""
    table = quarters_table(measurement)
    affected = _affected(measurement, parameter_set("quarters", QUARTERS, dialect))
    return (
        sa.update(table)
        .where(table.c.device_id == affected.c.device_id, table.c.bucket == affected.c.bucket)
        .values({f"rise_{name}": _rise(measurement, name, dialect) for name in counters(measurement)})
        .returning(table.c.device_id, table.c.bucket)
    )


@cache
def write_days(measurement: Measurement, dialect: str) -> sa.Insert:
    """Add up the days of the set `days` from their quarters."""
    keys = parameter_set("days", DAYS, dialect)
    quarters = quarters_table(measurement)
    days = (
        sa.select(keys.c.device_id, keys.c.bucket, *added_up(measurement, quarters))
        .join_from(keys, quarters, within(keys, quarters.c.device_id, quarters.c.bucket))
        .group_by(keys.c.device_id, keys.c.bucket)
    )
    return _upsert(days_table(measurement), days.subquery(), dialect)


def added_up(measurement: Measurement, source: sa.FromClause) -> list[Expression]:
    """Give what becomes of every column of quarters or days when they are put together, under the column's name."""
    return [
        *(
            sa.cast(sa.func.sum(source.c[name]), sa.BigInteger).label(name)
            for name in ["sample_count", *weights(measurement)]
        ),
        *(sa.func.sum(source.c[name]).label(name) for name in sums(measurement)),
        *(sa.func.max(source.c[name]).label(name) for name in maxima(measurement)),
    ]


def within(keys: sa.FromClause, device_id: Expression, time: Expression) -> Expression:
    """Say that a row lies in a bucket of the set."""
    return sa.and_(device_id == keys.c.device_id, time >= keys.c.bucket, time < keys.c.until)


@cache
def quarters_from_samples(measurement: Measurement, dialect: str) -> sa.Select[Any]:
    """Select the quarters of the set `quarters` as their readings, and the set `counted`, have them, without `rise_`.

    Quarters without readings are absent.
    """
    added = _added_samples(measurement, dialect)
    covered = sa.select(*added.c, _covered_ms(added, dialect).label("covered_ms")).subquery("covered")
    works = [
        _whole(
            covered.c[f"directed_{energy.name}"] * covered.c.covered_ms / (covered.c.sample_count * _MILLIS_PER_HOUR),
            dialect,
        ).label(f"work_{energy.name}")
        for energy in measurement.energies
    ]
    counted = parameter_set("counted", counted_columns(measurement), dialect)
    found = [column for column in counted.c if column.name in quarters_table(measurement).c]
    kept = ["device_id", "bucket", "sample_count", *weights(measurement), *maxima(measurement)]
    kept += [f"sum_{name}" for name in means(measurement)]
    return sa.select(*(covered.c[name] for name in kept), *works, *found).join_from(
        covered, counted, covered.c.number == counted.c.number, isouter=True
    )


def _added_samples(measurement: Measurement, dialect: str) -> sa.Subquery:
    keys = parameter_set("quarters", QUARTERS, dialect)
    samples = samples_table(measurement)
    weight = samples.c.sample_count
    key = (keys.c.number, keys.c.device_id, keys.c.bucket)
    columns: dict[str, Expression] = {"sample_count": sa.func.sum(weight), "readings": sa.func.count()}
    columns |= {"first_ts": sa.func.min(samples.c.ts), "last_ts": sa.func.max(samples.c.ts)}
    for name in means(measurement):
        value = samples.c[name]
        columns[f"sum_{name}"] = sa.func.sum(_whole(value * _THOUSANDTHS, dialect) * weight)
        columns[f"weight_{name}"] = sa.func.coalesce(sa.func.sum(weight).filter(value.is_not(None)), 0)
    for name in maxima(measurement):
        columns[name] = sa.func.max(samples.c[name.removeprefix("max_")])
    for energy in measurement.energies:
        columns[f"directed_{energy.name}"] = sa.func.sum(_directed(energy, samples, dialect) * weight)
    labelled = (column.label(name) for name, column in columns.items())
    joined = sa.select(*key, *labelled).join_from(keys, samples, within(keys, samples.c.device_id, samples.c.ts))
    return joined.group_by(*key).subquery("added")


def _covered_ms(added: sa.FromClause, dialect: str) -> Expression:
    """Give the time that the readings of a quarter stand for: from first to last, and once more their mean distance."""
    apart = _millis_between(added.c.first_ts, added.c.last_ts, dialect)
    several = _smaller(apart * added.c.readings / (added.c.readings - 1.0), _QUARTER_MS, dialect)
    return sa.case((added.c.readings > 1, several), else_=_millis_between(added.c.bucket, added.c.first_ts, dialect))


def _directed(energy: Energy, samples: sa.FromClause, dialect: str) -> Expression:
    """Give the power in the direction of an energy, in thousandths of a watt; null where the reading has no power."""
    power = samples.c[energy.power]
    value = _positive(_whole(power * (energy.sign * _THOUSANDTHS), dialect), dialect)
    return sa.case((power.is_not(None), value))


def _affected(measurement: Measurement, keys: sa.FromClause) -> sa.Subquery:
    """Select the keys of a set and, for each counter, of the next quarter that carries it."""
    quarters = quarters_table(measurement)
    following = []
    for name in counters(measurement):
        later = sa.alias(quarters)
        start = (
            sa.select(later.c.bucket)
            .where(
                later.c.device_id == quarters.c.device_id,
                later.c.bucket > quarters.c.bucket,
                later.c[f"first_{name}"].is_not(None),
            )
            .order_by(later.c.bucket)
            .limit(1)
            .scalar_subquery()
        )
        own_key = sa.and_(quarters.c.device_id == keys.c.device_id, quarters.c.bucket == keys.c.bucket)
        found = sa.select(quarters.c.device_id, start.label("bucket")).join_from(keys, quarters, own_key)
        following.append(found.where(quarters.c[f"last_{name}"].is_not(None)))
    return sa.union(sa.select(keys.c.device_id, keys.c.bucket), *following).subquery("affected")


def _rise(measurement: Measurement, name: str, dialect: str) -> Expression:
    """Give what a counter gained in a quarter: inside, and since it was last read before, if from the same meter."""
    table = quarters_table(measurement)
    first = table.c[f"first_{name}"]
    previous = sa.alias(table)
    last: Expression = previous.c[f"last_{name}"]
    if measurement.segment:
        swapped = previous.c[f"last_segment_{name}"] != table.c[f"first_segment_{name}"]
        last = sa.case((swapped, first), else_=last)
    last_before = (
        sa.select(last)
        .where(
            previous.c.device_id == table.c.device_id,
            previous.c.bucket < table.c.bucket,
            previous.c[f"last_{name}"].is_not(None),
        )
        .order_by(previous.c.bucket.desc())
        .limit(1)
        .scalar_subquery()
    )
    inside = table.c[f"inside_{name}"]
    return sa.case((first.is_not(None), inside + _positive(first - sa.func.coalesce(last_before, first), dialect)))


def _upsert(table: sa.Table, rows: sa.Subquery, dialect: str) -> sa.Insert:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    names = [column.name for column in rows.c]
    values = {name: insert.excluded[name] for name in names if not table.c[name].primary_key}
    # SQLite takes the ON of an upsert for a join's unless a WHERE stands between.
    filled: Any = insert.from_select(names, sa.select(rows).where(sa.true()))
    statement: sa.Insert = filled.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)
    return statement


def _whole(value: Expression, dialect: str) -> Expression:
    """Round to a whole number, halves away from zero, in the same way on every engine; stays DOUBLE PRECISION."""
    if dialect == "postgresql":  # whose round() takes halves to the even number
        return sa.func.trunc(value + sa.func.sign(value) * sa.literal_column("0.5::float8", sa.Double))
    return sa.func.round(value)


def _positive(value: Expression, dialect: str) -> Expression:
    zero = sa.literal_column("0.0", sa.Double)
    return sa.func.greatest(value, zero) if dialect == "postgresql" else sa.func.max(value, zero)


def _smaller(value: Expression, limit: float, dialect: str) -> Expression:
    smaller = sa.func.least if dialect == "postgresql" else sa.func.min
    return smaller(sa.cast(value, sa.Double), sa.cast(limit, sa.Double))


def _millis_between(start: Expression, end: Expression, dialect: str) -> Expression:
    if dialect == "postgresql":
        return sa.cast(sa.extract("epoch", end - start) * 1000, sa.Double)
    return sa.type_coerce(end, sa.Integer) - sa.type_coerce(start, sa.Integer)

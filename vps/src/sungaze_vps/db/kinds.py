"""The tables of a kind of reading, for its migration: made of what it says is rolled up, by what the server offers.

Databases were made by what stands here and in `aggregates.py`: a change to it comes with a new migration.
"""

from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from sungaze_vps.db.aggregates import Rolled
from sungaze_vps.db.timescale import Offer, find_offer, make_aggregates, make_hypertable, remove_aggregates

type Columns = Mapping[str, Literal["number", "text", "time"]]
"""Name -> type of each value, in the order of the measurement's fields."""

TIME = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_TYPES: Mapping[str, Any] = {"number": sa.Double, "text": sa.Text, "time": TIME}
_VIEWS = {
    # what the specification calls it: (table, start of the bucket on PostgreSQL, on SQLite)
    "hourly": ("15min", "date_trunc('hour', bucket, 'UTC')", "bucket / 3600000 * 3600000"),
    "daily": ("1day", "bucket", "bucket"),
    "monthly": (
        "1day",
        "date_trunc('month', bucket, 'UTC')",
        "CAST(strftime('%s', bucket / 1000, 'unixepoch', 'start of month') AS INTEGER) * 1000",
    ),
}


def make_kind(rolled: Rolled, columns: Columns) -> None:
    """Make the table of readings and its rollups as the server at hand does them best."""
    make_samples(rolled.kind, columns)
    offer = find_offer(op.get_bind())
    if offer is not Offer.NOTHING:
        make_hypertable(op.get_bind(), rolled)
    if offer is Offer.EVERYTHING:
        make_aggregates(op.get_bind(), rolled)
    else:
        make_rollups(rolled)


def drop_kind(rolled: Rolled) -> None:
    """Undo `make_kind`, readings included."""
    if has_aggregates(rolled.kind):
        remove_aggregates(op.get_bind(), rolled)
    else:
        drop_rollups(rolled.kind)
    op.drop_table(f"{rolled.kind}_samples")


def has_aggregates(kind: str) -> bool:
    """Tell whether TimescaleDB rolls the readings of a kind up."""
    if op.get_bind().dialect.name != "postgresql":
        return False
    marked = sa.text("SELECT to_regclass(:late) IS NOT NULL")
    return bool(op.get_bind().scalar(marked, {"late": f"{kind}_late"}))


def make_samples(kind: str, columns: Columns) -> None:
    """Make the table of readings; key `(device_id, ts)`."""
    op.create_table(
        f"{kind}_samples",
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("ts", TIME, primary_key=True),
        sa.Column("sample_count", sa.Integer, nullable=False, server_default="1"),
        *(sa.Column(name, _TYPES[type_]) for name, type_ in columns.items()),
        sqlite_with_rowid=False,
    )


def make_rollups(rolled: Rolled) -> None:
    """Make the tables that the insert keeps, and the rollups of the specification as views over them."""
    inside = [
        sa.Column(f"{part}_{name}", sa.Double) for name in rolled.counters for part in ("first", "last", "inside")
    ]
    segments = [
        sa.Column(f"{part}_segment_{name}", sa.Text)
        for name in (rolled.counters if rolled.segment else ())
        for part in ("first", "last")
    ]
    op.create_table(f"{rolled.kind}_15min", *_sums(rolled), *inside, *segments, sqlite_with_rowid=False)
    op.create_table(f"{rolled.kind}_1day", *_sums(rolled), sqlite_with_rowid=False)
    for view in _VIEWS:
        op.execute(_view(rolled, view))


def drop_rollups(kind: str) -> None:
    """Undo `make_rollups`."""
    for view in _VIEWS:
        op.execute(f"DROP VIEW {kind}_{view}")
    for table in ("1day", "15min"):
        op.drop_table(f"{kind}_{table}")


def _sums(rolled: Rolled) -> list[sa.Column[Any]]:
    doubles = [
        *(f"sum_{name}" for name in rolled.means),
        *(f"rise_{name}" for name in rolled.counters),
        *(f"work_{name}" for name, _, _ in rolled.energies),
        *(f"max_{name}" for name in rolled.maxima),
    ]
    return [
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("bucket", TIME, primary_key=True),
        sa.Column("sample_count", sa.BigInteger, nullable=False),
        *(sa.Column(f"weight_{name}", sa.BigInteger, nullable=False) for name in rolled.means),
        *(sa.Column(name, sa.Double) for name in doubles),
    ]


def _view(rolled: Rolled, view: str) -> str:
    table, postgresql_start, sqlite_start = _VIEWS[view]
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    columns = [f"{postgresql_start if on_postgresql else sqlite_start} AS bucket", "device_id"]
    for name in rolled.means:
        columns.append(f"sum(sum_{name}) / nullif(sum(weight_{name}), 0) / 1000 AS avg_{name}")
        columns += [f"max(max_{name}) AS max_{name}"] if name in rolled.maxima else []
    count = "CAST(sum(sample_count) AS BIGINT)" if on_postgresql else "sum(sample_count)"
    columns.append(f"{count} AS sample_count")
    return f"CREATE VIEW {rolled.kind}_{view} AS SELECT {', '.join(columns)} FROM {rolled.kind}_{table} GROUP BY 1, 2"

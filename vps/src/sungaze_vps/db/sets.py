"""A set of rows as a parameter of one statement: arrays on PostgreSQL, one JSON text on SQLite."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sungaze_vps.db.models import UtcMillis, to_millis

type Columns = Mapping[str, type[sa.Text | sa.Integer | sa.Double[float] | UtcMillis]]
"""Name -> type of each column of the set."""


def parameter_set(name: str, columns: Columns, dialect: str) -> sa.CTE:
    """Give a FROM clause `name` whose rows come from `set_parameters`."""
    if dialect == "postgresql":
        arrays = [
            sa.bindparam(f"{name}_{column}", type_=postgresql.ARRAY(_postgresql_type(kind)))
            for column, kind in columns.items()
        ]
        typed = [sa.column(column, kind) for column, kind in columns.items()]
        rows = sa.func.unnest(*arrays).table_valued(*typed, name=f"{name}_rows").render_derived()
        return sa.select(*rows.c).cte(name)
    rows = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value", name=f"{name}_rows")
    return (
        sa.select(
            *(
                sa.type_coerce(sa.func.json_extract(rows.c.value, f"$[{position}]"), kind).label(column)
                for position, (column, kind) in enumerate(columns.items())
            )
        )
        .cte(name)
        .prefix_with("MATERIALIZED")
    )  # else the JSON is taken apart again for every row it meets


def set_parameters(name: str, columns: Columns, rows: Iterable[Sequence[Any]], dialect: str) -> dict[str, Any]:
    """Give the parameters that fill the set `name`; each row in the order of `columns`, times as aware datetimes."""
    if dialect == "postgresql":
        arrays = list(zip(*rows, strict=True)) or [()] * len(columns)
        return {f"{name}_{column}": list(values) for column, values in zip(columns, arrays, strict=True)}
    times = [position for position, kind in enumerate(columns.values()) if kind is UtcMillis]
    plain = [list(row) for row in rows]
    for row in plain:
        for position in times:
            row[position] = to_millis(row[position])
    return {name: msgspec.json.encode(plain).decode()}


def _postgresql_type(kind: type[sa.types.TypeEngine[Any]]) -> sa.types.TypeEngine[Any]:
    return postgresql.TIMESTAMP(timezone=True) if kind is UtcMillis else kind()

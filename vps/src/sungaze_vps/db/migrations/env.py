"""Alembic's entry: runs the migrations on the connection that `db/migrate.py` hands over, in its transaction."""

from typing import Any

import sqlalchemy as sa
from alembic import context

from sungaze_vps.db.models import define_tables

connection = context.config.attributes["connection"]
marked = [name.removesuffix("_late") for name in sa.inspect(connection).get_table_names() if name.endswith("_late")]
left_to_timescaledb = {f"{kind}_{table}" for kind in marked for table in ("late", "15min", "1day")}


def compared(_object: object, name: str | None, type_: str, *_: Any) -> bool:
    return type_ != "table" or name not in left_to_timescaledb


context.configure(
    connection=connection,
    target_metadata=define_tables(),
    compare_type=True,
    include_object=compared,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()

"""Alembic's entry: runs the migrations on the connection that `db/migrate.py` hands over, in its transaction."""

from alembic import context

from sungaze_vps.db.models import define_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=define_tables(),
    compare_type=True,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()

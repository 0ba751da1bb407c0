"""What the edge last said of itself when it delivered readings of a device; a copy of nothing, so no backup has it."""

import sqlalchemy as sa

from sungaze_vps.db.models import METADATA, UtcMillis

EDGE_REPORTS = sa.Table(
    "edge_reports",
    METADATA,
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("reported_at", UtcMillis, nullable=False),
    sa.Column("waiting", sa.BigInteger, nullable=False),
    sa.Column("quarantined", sa.BigInteger),
    sa.Column("version", sa.Text),
    sqlite_with_rowid=False,
)

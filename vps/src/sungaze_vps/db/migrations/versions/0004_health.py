"""What the page shows of health: the edge's last word for each device, and the half minutes that have readings."""

from alembic import op

from sungaze_vps.db.heard import HEARD, fill
from sungaze_vps.db.reports import EDGE_REPORTS

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    EDGE_REPORTS.create(op.get_bind())
    HEARD.create(op.get_bind())
    for kind in ("sungrow", "p1"):
        fill(op.get_bind(), kind)


def downgrade() -> None:
    HEARD.drop(op.get_bind())
    EDGE_REPORTS.drop(op.get_bind())

"""Hand the readings of Sungrow inverters and their rollups to TimescaleDB, where the server has it.

Back again, the readings become a plain table and the rollups the tables of revision 0001, filled.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op
from alembic.script import ScriptDirectory

from sungaze_vps.db.aggregates import Rolled, quarters
from sungaze_vps.db.kinds import drop_rollups, has_aggregates, make_rollups
from sungaze_vps.db.timescale import Offer, find_offer, make_aggregates, make_hypertable, remove_aggregates

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    offer = find_offer(op.get_bind())
    if offer is Offer.NOTHING:
        return
    if offer is Offer.EVERYTHING:
        drop_rollups("sungrow")
    make_hypertable(op.get_bind(), _rolled())
    if offer is Offer.EVERYTHING:
        make_aggregates(op.get_bind(), _rolled())


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql" or not _found("pg_extension WHERE extname = 'timescaledb'"):
        return
    aggregated = has_aggregates("sungrow")
    if aggregated:
        op.execute(f"CREATE TEMPORARY TABLE quarters ON COMMIT DROP AS {quarters(_rolled())}")
        remove_aggregates(op.get_bind(), _rolled())
        op.execute("DROP PROCEDURE refresh_late_days")
        op.execute("DROP FUNCTION counter_rise(float8[], float8[])")
        op.execute("DROP FUNCTION IF EXISTS counter_rise(float8[], float8[], text[], text[])")
        op.execute("DROP FUNCTION readings_kept_since")
    if _found("timescaledb_information.hypertables WHERE hypertable_name = 'sungrow_samples'"):
        op.execute("ALTER TABLE sungrow_samples RENAME TO sungrow_chunks")
        op.execute("CREATE TABLE sungrow_samples (LIKE sungrow_chunks INCLUDING ALL)")
        op.execute("INSERT INTO sungrow_samples SELECT * FROM sungrow_chunks")
        op.execute("DROP TABLE sungrow_chunks")
    if aggregated:
        make_rollups(_rolled())
        _fill_rollups(_rolled().counters)


def _found(rows: str) -> bool:
    return bool(op.get_bind().scalar(sa.text(f"SELECT 1 FROM {rows}")))


def _rolled() -> Rolled:
    rolled: Rolled = ScriptDirectory.from_config(context.config).get_revision("0001").module.ROLLED
    return rolled


def _fill_rollups(counters: Sequence[str]) -> None:
    columns = list(sa.inspect(op.get_bind()).get_columns("sungrow_1day"))
    names = [column["name"] for column in columns if column["name"] not in {"device_id", "bucket"}]
    inside = [f"{part}_{name}" for name in counters for part in ("first", "last", "inside")]
    rises = {f"rise_{name}": _rise(name) for name in counters}
    before = [f"max(bucket) FILTER (WHERE last_{name} IS NOT NULL) OVER earlier AS before_{name}" for name in counters]
    joins = [
        f"LEFT JOIN quarters {name} ON {name}.device_id = q.device_id AND {name}.bucket = q.before_{name}"
        for name in counters
    ]
    op.execute(
        f"INSERT INTO sungrow_15min (device_id, bucket, {', '.join([*names, *inside])}) "
        f"SELECT q.device_id, q.bucket, {', '.join(rises.get(name, f'q.{name}') for name in [*names, *inside])} "
        f"FROM (SELECT *, {', '.join(before)} FROM quarters WINDOW earlier AS (PARTITION BY device_id "
        "ORDER BY bucket ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) q " + " ".join(joins)
    )
    totals = ", ".join(f"{'max' if name.startswith('max_') else 'sum'}({name})" for name in names)
    op.execute(
        f"INSERT INTO sungrow_1day (device_id, bucket, {', '.join(names)}) "
        f"SELECT device_id, date_trunc('day', bucket, 'UTC'), {totals} FROM sungrow_15min GROUP BY 1, 2"
    )


def _rise(name: str) -> str:
    return f"q.inside_{name} + greatest(0::float8, q.first_{name} - coalesce({name}.last_{name}, q.first_{name}))"

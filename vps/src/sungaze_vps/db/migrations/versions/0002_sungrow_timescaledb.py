"""Hand the readings of Sungrow inverters and their rollups to TimescaleDB, where the server has it.

Back again, the readings become a plain table and the rollups the tables of revision 0001, filled.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from alembic.script import ScriptDirectory

from sungaze_vps.db.aggregates import Rolled, quarters
from sungaze_vps.db.timescale import Offer, find_offer, make_aggregates, make_hypertable, remove_aggregates

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLLED = Rolled(
    kind="sungrow",
    means=("pv_power_w", "battery_power_w", "battery_soc_pct", "load_power_w", "export_power_w"),
    maxima=("pv_power_w",),
    counters=(
        "pv_total_kwh",
        "import_total_kwh",
        "export_total_kwh",
        "battery_charge_total_kwh",
        "battery_discharge_total_kwh",
    ),
    energies=(
        ("pv_kwh", "pv_power_w", 1),
        ("import_kwh", "export_power_w", -1),
        ("export_kwh", "export_power_w", 1),
        ("battery_charge_kwh", "battery_power_w", 1),
        ("load_kwh", "load_power_w", 1),
        ("battery_discharge_kwh", "battery_power_w", -1),
    ),
)


def upgrade() -> None:
    offer = find_offer(op.get_bind())
    if offer is Offer.NOTHING:
        return
    if offer is Offer.EVERYTHING:
        _before().drop_rollups()
    make_hypertable(op.get_bind(), ROLLED)
    if offer is Offer.EVERYTHING:
        make_aggregates(op.get_bind(), ROLLED)


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql" or not _found("pg_extension WHERE extname = 'timescaledb'"):
        return
    aggregated = _found("timescaledb_information.continuous_aggregates WHERE view_name = 'sungrow_15min'")
    if aggregated:
        op.execute(f"CREATE TEMPORARY TABLE quarters ON COMMIT DROP AS {quarters(ROLLED)}")
        remove_aggregates(op.get_bind(), ROLLED)
        op.execute("DROP PROCEDURE refresh_late_days")
        op.execute("DROP FUNCTION counter_rise")
        op.execute("DROP FUNCTION readings_kept_since")
    if _found("timescaledb_information.hypertables WHERE hypertable_name = 'sungrow_samples'"):
        op.execute("ALTER TABLE sungrow_samples RENAME TO sungrow_chunks")
        op.execute("CREATE TABLE sungrow_samples (LIKE sungrow_chunks INCLUDING ALL)")
        op.execute("INSERT INTO sungrow_samples SELECT * FROM sungrow_chunks")
        op.execute("DROP TABLE sungrow_chunks")
    if aggregated:
        _before().make_rollups()
        _fill_rollups()


def _found(rows: str) -> bool:
    return bool(op.get_bind().scalar(sa.text(f"SELECT 1 FROM {rows}")))


def _before() -> Any:
    return ScriptDirectory.from_config(context.config).get_revision("0001").module


def _fill_rollups() -> None:
    columns = list(sa.inspect(op.get_bind()).get_columns("sungrow_1day"))
    names = [column["name"] for column in columns if column["name"] not in {"device_id", "bucket"}]
    inside = [f"{part}_{name}" for name in ROLLED.counters for part in ("first", "last", "inside")]
    rises = {f"rise_{name}": _rise(name) for name in ROLLED.counters}
    before = [
        f"max(bucket) FILTER (WHERE last_{name} IS NOT NULL) OVER earlier AS before_{name}" for name in ROLLED.counters
    ]
    joins = [
        f"LEFT JOIN quarters {name} ON {name}.device_id = q.device_id AND {name}.bucket = q.before_{name}"
        for name in ROLLED.counters
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

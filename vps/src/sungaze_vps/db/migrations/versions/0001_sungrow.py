"""Readings of a Sungrow inverter, their quarters and days, and the rollups of spec 002 as views."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
NUMBERS = (
    "pv_power_w",
    "pv_daily_kwh",
    "battery_power_w",
    "battery_soc_pct",
    "battery_temp_c",
    "load_power_w",
    "export_power_w",
    "pv_total_kwh",
    "import_total_kwh",
    "export_total_kwh",
    "battery_charge_total_kwh",
    "battery_discharge_total_kwh",
    "battery_power_abs_w",
    "battery_soh_pct",
    "battery_voltage_v",
    "battery_current_a",
    "inverter_power_w",
    "inverter_temp_c",
    "grid_frequency_hz",
    "meter_power_w",
    "mppt1_voltage_v",
    "mppt1_current_a",
    "mppt2_voltage_v",
    "mppt2_current_a",
    "mppt3_voltage_v",
    "mppt3_current_a",
    "mppt4_voltage_v",
    "mppt4_current_a",
    "phase_a_voltage_v",
    "phase_a_current_a",
    "phase_b_voltage_v",
    "phase_b_current_a",
    "phase_c_voltage_v",
    "phase_c_current_a",
)
MEANS = ("pv_power_w", "battery_power_w", "battery_soc_pct", "load_power_w", "export_power_w")
COUNTERS = (
    "pv_total_kwh",
    "import_total_kwh",
    "export_total_kwh",
    "battery_charge_total_kwh",
    "battery_discharge_total_kwh",
)
ENERGIES = ("pv_kwh", "import_kwh", "export_kwh", "battery_charge_kwh", "load_kwh", "battery_discharge_kwh")

VIEWS = {
    # view: (table, start of the bucket on PostgreSQL, on SQLite)
    "sungrow_hourly": ("sungrow_15min", "date_trunc('hour', bucket, 'UTC')", "bucket / 3600000 * 3600000"),
    "sungrow_daily": ("sungrow_1day", "bucket", "bucket"),
    "sungrow_monthly": (
        "sungrow_1day",
        "date_trunc('month', bucket, 'UTC')",
        "CAST(strftime('%s', bucket / 1000, 'unixepoch', 'start of month') AS INTEGER) * 1000",
    ),
}
VIEW = """
CREATE VIEW {view} AS
SELECT
  {start} AS bucket,
  device_id,
  sum(sum_pv_power_w) / nullif(sum(weight_pv_power_w), 0) / 1000 AS avg_pv_power_w,
  max(max_pv_power_w) AS max_pv_power_w,
  sum(sum_battery_power_w) / nullif(sum(weight_battery_power_w), 0) / 1000 AS avg_battery_power_w,
  sum(sum_battery_soc_pct) / nullif(sum(weight_battery_soc_pct), 0) / 1000 AS avg_battery_soc_pct,
  sum(sum_load_power_w) / nullif(sum(weight_load_power_w), 0) / 1000 AS avg_load_power_w,
  sum(sum_export_power_w) / nullif(sum(weight_export_power_w), 0) / 1000 AS avg_export_power_w,
  {count} AS sample_count
FROM {table}
GROUP BY 1, 2
"""


def upgrade() -> None:
    op.create_table(
        "sungrow_samples",
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("ts", TIME, primary_key=True),
        sa.Column("sample_count", sa.Integer, nullable=False, server_default="1"),
        *(sa.Column(name, sa.Double) for name in NUMBERS),
        sa.Column("running_state", sa.Text),
        sqlite_with_rowid=False,
    )
    make_rollups()


def make_rollups() -> None:
    inside = [f"{part}_{name}" for name in COUNTERS for part in ("first", "last", "inside")]
    op.create_table(
        "sungrow_15min", *_sums(), *(sa.Column(name, sa.Double) for name in inside), sqlite_with_rowid=False
    )
    op.create_table("sungrow_1day", *_sums(), sqlite_with_rowid=False)
    for view in VIEWS:
        op.execute(_view(view))


def _sums() -> list[sa.Column[Any]]:
    doubles = [
        *(f"sum_{name}" for name in MEANS),
        *(f"rise_{name}" for name in COUNTERS),
        *(f"work_{name}" for name in ENERGIES),
        "max_pv_power_w",
    ]
    return [
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("bucket", TIME, primary_key=True),
        sa.Column("sample_count", sa.BigInteger, nullable=False),
        *(sa.Column(f"weight_{name}", sa.BigInteger, nullable=False) for name in MEANS),
        *(sa.Column(name, sa.Double) for name in doubles),
    ]


def _view(view: str) -> str:
    table, postgresql_start, sqlite_start = VIEWS[view]
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    return VIEW.format(
        view=view,
        table=table,
        start=postgresql_start if on_postgresql else sqlite_start,
        count="CAST(sum(sample_count) AS BIGINT)" if on_postgresql else "sum(sample_count)",
    )


def downgrade() -> None:
    drop_rollups()
    op.drop_table("sungrow_samples")


def drop_rollups() -> None:
    for view in VIEWS:
        op.execute(f"DROP VIEW {view}")
    for table in ("sungrow_1day", "sungrow_15min"):
        op.drop_table(table)

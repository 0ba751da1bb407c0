"""Readings of a Sungrow inverter, their quarters and days, and the rollups of spec 002 as views."""

from alembic import op

from sungaze_vps.db.aggregates import Rolled
from sungaze_vps.db.kinds import drop_rollups, make_rollups, make_samples

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

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
    make_samples("sungrow", {**dict.fromkeys(NUMBERS, "number"), "running_state": "text"})
    make_rollups(ROLLED)


def downgrade() -> None:
    drop_rollups("sungrow")
    op.drop_table("sungrow_samples")

"""Readings of a P1 grid meter, their rollups, and the counter readings beside the boundaries of quarters."""

from alembic import op

from sungaze_vps.db.aggregates import Rolled
from sungaze_vps.db.boundaries import drop_boundaries, make_boundaries
from sungaze_vps.db.kinds import Columns, drop_kind, make_kind

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS: Columns = {
    "power_w": "number",
    "import_power_w": "number",
    "energy_import_kwh": "number",
    "energy_export_kwh": "number",
    **{f"energy_{way}_t{tariff}_kwh": "number" for way in ("import", "export") for tariff in (1, 2, 3, 4)},
    **{name: "number" for unit in ("power_l{}_w", "voltage_l{}_v") for name in map(unit.format, (1, 2, 3))},
    "current_a": "number",
    **{f"current_l{phase}_a": "number" for phase in (1, 2, 3)},
    "frequency_hz": "number",
    "average_power_15m_w": "number",
    "monthly_power_peak_w": "number",
    "monthly_power_peak_ts": "time",
    "meter_ts": "time",
    "meter_unique_id": "text",
    "tariff": "number",
    "gas_m3": "number",
    "gas_ts": "time",
    "water_m3": "number",
    "water_ts": "time",
}
ROLLED = Rolled(
    kind="p1",
    means=("power_w", "import_power_w"),
    maxima=("import_power_w",),
    counters=("energy_import_kwh", "energy_export_kwh"),
    energies=(("import_kwh", "power_w", 1), ("export_kwh", "power_w", -1)),
    segment="meter_unique_id",
)


def upgrade() -> None:
    make_kind(ROLLED, COLUMNS)
    make_boundaries(op.get_bind())


def downgrade() -> None:
    drop_boundaries(op.get_bind())
    drop_kind(ROLLED)

"""What a capacity tariff needs of a grid meter's readings: where its import register stood around each quarter.

A trigger keeps `p1_boundaries` on every engine, so that whatever stores readings (ingest, a restore, an upload that is
a month late) keeps it, and what `KEEP_READINGS_DAYS` drops later is still known here. Each column is a least, a
greatest or a union over the readings of a quarter: duplicates and disorder cannot change what comes out.

The time of a reading is the meter's own where the reading has it (`meter_ts`), because the meter's clock is the one
that is billed. It counts in whole seconds: of one second's readings the lowest is the first, the highest the last.

Databases were made by what stands here: a change to it comes with a new migration.
"""

import sqlalchemy as sa

from sungaze_vps.db.models import METADATA, UtcMillis

METER_CLOCK = 1
HOST_CLOCK = 2

BOUNDARIES = sa.Table(
    "p1_boundaries",
    METADATA,
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("quarter", UtcMillis, primary_key=True),  # when it begins
    sa.Column("meter", sa.Text, primary_key=True),  # `meter_unique_id`, empty where it is unknown
    sa.Column("first_at", UtcMillis, nullable=False),
    sa.Column("first_kwh", sa.Double, nullable=False),
    sa.Column("last_at", UtcMillis, nullable=False),
    sa.Column("last_kwh", sa.Double, nullable=False),
    sa.Column("lowest_kwh", sa.Double, nullable=False),
    sa.Column("highest_kwh", sa.Double, nullable=False),
    sa.Column("clocks", sa.SmallInteger, nullable=False),  # METER_CLOCK | HOST_CLOCK
    sa.Column("peak_at", UtcMillis),  # of the meter's own month peak, the newest seen
    sa.Column("peak_w", sa.Double),
    sqlite_with_rowid=False,
)

_KEEP = """
INSERT INTO p1_boundaries {known} ({columns})
{rows}
ON CONFLICT (device_id, quarter, meter) DO UPDATE SET
  first_at = {least}({old}.first_at, excluded.first_at),
  first_kwh = CASE WHEN (excluded.first_at, excluded.first_kwh) < ({old}.first_at, {old}.first_kwh)
    THEN excluded.first_kwh ELSE {old}.first_kwh END,
  last_at = {greatest}({old}.last_at, excluded.last_at),
  last_kwh = CASE WHEN (excluded.last_at, excluded.last_kwh) > ({old}.last_at, {old}.last_kwh)
    THEN excluded.last_kwh ELSE {old}.last_kwh END,
  lowest_kwh = {least}({old}.lowest_kwh, excluded.lowest_kwh),
  highest_kwh = {greatest}({old}.highest_kwh, excluded.highest_kwh),
  clocks = {old}.clocks | excluded.clocks,
  peak_at = CASE WHEN {old}.peak_at IS NULL OR excluded.peak_at > {old}.peak_at
    THEN excluded.peak_at ELSE {old}.peak_at END,
  peak_w = CASE WHEN {old}.peak_at IS NULL OR (excluded.peak_at, excluded.peak_w) > ({old}.peak_at, {old}.peak_w)
    THEN excluded.peak_w ELSE {old}.peak_w END
"""
_COLUMNS = ", ".join(column.name for column in BOUNDARIES.columns)

_SQLITE = """
CREATE TRIGGER p1_samples_keep_boundaries AFTER INSERT ON p1_samples
FOR EACH ROW WHEN new.energy_import_kwh IS NOT NULL
BEGIN {keep};
END
"""
_SQLITE_ROW = """
SELECT new.device_id, at - at % 900000, coalesce(new.meter_unique_id, ''),
  at, new.energy_import_kwh, at, new.energy_import_kwh, new.energy_import_kwh, new.energy_import_kwh,
  CASE WHEN new.meter_ts IS NULL THEN 2 ELSE 1 END,
  CASE WHEN new.monthly_power_peak_w IS NOT NULL THEN new.monthly_power_peak_ts END,
  CASE WHEN new.monthly_power_peak_ts IS NOT NULL THEN new.monthly_power_peak_w END
FROM (SELECT coalesce(new.meter_ts, new.ts) AS at) WHERE true
"""

_FUNCTION = """
CREATE FUNCTION p1_samples_keep_boundaries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{keep};
  RETURN NULL;
END $$
"""
_POSTGRESQL_ROWS = """
SELECT device_id, date_bin('15 minutes', at, 'epoch') AS quarter, meter,
  min(at), (array_agg(kwh ORDER BY at, kwh))[1], max(at), (array_agg(kwh ORDER BY at DESC, kwh DESC))[1],
  min(kwh), max(kwh), bit_or(clock), max(peak_at),
  (array_agg(peak_w ORDER BY peak_at DESC, peak_w DESC) FILTER (WHERE peak_at IS NOT NULL))[1]
FROM (
  SELECT device_id, coalesce(meter_unique_id, '') AS meter, coalesce(meter_ts, ts) AS at, energy_import_kwh AS kwh,
    CAST(CASE WHEN meter_ts IS NULL THEN 2 ELSE 1 END AS smallint) AS clock,
    CASE WHEN monthly_power_peak_w IS NOT NULL THEN monthly_power_peak_ts END AS peak_at,
    monthly_power_peak_w AS peak_w
  FROM added WHERE energy_import_kwh IS NOT NULL
) AS readings
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
"""
"""In order of the key: two batches with the same quarters wait for each other instead of deadlocking."""


def make_boundaries(connection: sa.Connection) -> None:
    """Make the table and the trigger on `p1_samples`, on a hypertable too; for the migration that makes the kind."""
    BOUNDARIES.create(connection)
    if connection.dialect.name == "sqlite":
        keep = _KEEP.format(
            known="", columns=_COLUMNS, rows=_SQLITE_ROW, least="min", greatest="max", old="p1_boundaries"
        )
        connection.exec_driver_sql(_SQLITE.format(keep=keep))
        return
    keep = _KEEP.format(
        known="AS known", columns=_COLUMNS, rows=_POSTGRESQL_ROWS, least="least", greatest="greatest", old="known"
    )
    connection.exec_driver_sql(_FUNCTION.format(keep=keep))
    connection.exec_driver_sql(
        "CREATE TRIGGER p1_samples_keep_boundaries AFTER INSERT ON p1_samples REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION p1_samples_keep_boundaries()"
    )


def drop_boundaries(connection: sa.Connection) -> None:
    """Undo `make_boundaries`, before `p1_samples` is dropped."""
    on_table = "" if connection.dialect.name == "sqlite" else " ON p1_samples"
    connection.exec_driver_sql(f"DROP TRIGGER p1_samples_keep_boundaries{on_table}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION p1_samples_keep_boundaries")
    BOUNDARIES.drop(connection)

-- What Grafana needs of the database: a role that can only read, and what the panels compute with.
-- Run it as the owner of the tables, with the variable "password" set (docs/grafana.md), and again after an upgrade or
-- a restore. PostgreSQL 16 or newer, with TimescaleDB or without.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
\if :{?password}
\else
DO $$ BEGIN RAISE 'no password for the role sungaze_reader: set the variable "password", see docs/grafana.md'; END $$;
\endif

BEGIN;

SELECT 'CREATE ROLE sungaze_reader' WHERE to_regrole('sungaze_reader') IS NULL \gexec
ALTER ROLE sungaze_reader WITH LOGIN PASSWORD :'password' CONNECTION LIMIT 10
  NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE sungaze_reader SET default_transaction_read_only = on;
ALTER ROLE sungaze_reader SET statement_timeout = '30s';

SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()) \gexec
GRANT USAGE ON SCHEMA public TO sungaze_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO sungaze_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO sungaze_reader; -- what migrations will make

CREATE SCHEMA IF NOT EXISTS grafana;
GRANT USAGE ON SCHEMA grafana TO sungaze_reader;

-- Energy in UTC quarters of an hour, in kWh, as /v1/series counts it: from the meter's counters, each rise in the
-- quarter of the later reading, nothing from one meter to another; from power and time if no counter told anything.
-- What a counter gained in a silence that began more than a month before `since` is not counted.
-- The functions name the views in a text that is looked up when they run, so that no upgrade of a view trips over them.
CREATE OR REPLACE FUNCTION grafana.sungrow_energy(device text, since timestamptz, until timestamptz)
RETURNS TABLE (
  bucket timestamptz, pv_kwh float8, import_kwh float8, export_kwh float8, charge_kwh float8, discharge_kwh float8, load_kwh float8
) LANGUAGE sql STABLE AS $$
  SELECT risen.bucket,
    CASE WHEN count(pv) OVER () > 0 THEN pv ELSE work_pv_kwh END / 1e6,
    CASE WHEN count(import) OVER () > 0 THEN import ELSE work_import_kwh END / 1e6,
    CASE WHEN count(export) OVER () > 0 THEN export ELSE work_export_kwh END / 1e6,
    CASE WHEN count(charge) OVER () > 0 THEN charge ELSE work_battery_charge_kwh END / 1e6,
    CASE WHEN count(discharge) OVER () > 0 THEN discharge ELSE work_battery_discharge_kwh END / 1e6,
    work_load_kwh / 1e6
  FROM (
    SELECT quarter.*,
      inside_pv_total_kwh
        + greatest(first_pv_total_kwh - coalesce(lag(last_pv_total_kwh) OVER pv, first_pv_total_kwh), 0) AS pv,
      inside_import_total_kwh
        + greatest(first_import_total_kwh - coalesce(lag(last_import_total_kwh) OVER import, first_import_total_kwh), 0) AS import,
      inside_export_total_kwh
        + greatest(first_export_total_kwh - coalesce(lag(last_export_total_kwh) OVER export, first_export_total_kwh), 0) AS export,
      inside_battery_charge_total_kwh
        + greatest(first_battery_charge_total_kwh - coalesce(lag(last_battery_charge_total_kwh) OVER charge, first_battery_charge_total_kwh), 0) AS charge,
      inside_battery_discharge_total_kwh
        + greatest(first_battery_discharge_total_kwh - coalesce(lag(last_battery_discharge_total_kwh) OVER discharge, first_battery_discharge_total_kwh), 0) AS discharge
    FROM sungrow_15min AS quarter
    WHERE device_id = device AND quarter.bucket >= since - interval '31 days' AND quarter.bucket < until
    WINDOW
      pv AS (PARTITION BY first_pv_total_kwh IS NULL ORDER BY quarter.bucket),
      import AS (PARTITION BY first_import_total_kwh IS NULL ORDER BY quarter.bucket),
      export AS (PARTITION BY first_export_total_kwh IS NULL ORDER BY quarter.bucket),
      charge AS (PARTITION BY first_battery_charge_total_kwh IS NULL ORDER BY quarter.bucket),
      discharge AS (PARTITION BY first_battery_discharge_total_kwh IS NULL ORDER BY quarter.bucket)
  ) AS risen
  WHERE risen.bucket >= since
$$;

CREATE OR REPLACE FUNCTION grafana.p1_energy(device text, since timestamptz, until timestamptz)
RETURNS TABLE (
  bucket timestamptz, import_kwh float8, export_kwh float8
) LANGUAGE sql STABLE AS $$
  SELECT risen.bucket,
    CASE WHEN count(import) OVER () > 0 THEN import ELSE work_import_kwh END / 1e6,
    CASE WHEN count(export) OVER () > 0 THEN export ELSE work_export_kwh END / 1e6
  FROM (
    SELECT quarter.*,
      inside_energy_import_kwh + CASE
        WHEN lag(last_segment_energy_import_kwh) OVER import <> first_segment_energy_import_kwh THEN 0
        ELSE greatest(first_energy_import_kwh - coalesce(lag(last_energy_import_kwh) OVER import, first_energy_import_kwh), 0)
      END AS import,
      inside_energy_export_kwh + CASE
        WHEN lag(last_segment_energy_export_kwh) OVER export <> first_segment_energy_export_kwh THEN 0
        ELSE greatest(first_energy_export_kwh - coalesce(lag(last_energy_export_kwh) OVER export, first_energy_export_kwh), 0)
      END AS export
    FROM p1_15min AS quarter
    WHERE device_id = device AND quarter.bucket >= since - interval '31 days' AND quarter.bucket < until
    WINDOW
      import AS (PARTITION BY first_energy_import_kwh IS NULL ORDER BY quarter.bucket),
      export AS (PARTITION BY first_energy_export_kwh IS NULL ORDER BY quarter.bucket)
  ) AS risen
  WHERE risen.bucket >= since
$$;

CREATE OR REPLACE FUNCTION grafana.stand_at(
  at timestamptz, before_at timestamptz, before float8, after_at timestamptz, after float8
) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT before + (after - before) * extract(epoch FROM at - before_at)::float8
    / extract(epoch FROM after_at - before_at)::float8
$$;

-- The quarters of an hour of the capacity tariff, from where the meter's import register stood at both ends, between
-- two readings as if it had risen evenly; NULL where no readings lie close enough to the ends (docs/capacity.md).
CREATE OR REPLACE FUNCTION grafana.capacity(device text, since timestamptz, until timestamptz)
RETURNS TABLE (quarter timestamptz, import_w float8) LANGUAGE sql STABLE AS $$
  WITH neighbours AS (
    SELECT *, lag(stand) OVER near AS earlier, lead(stand) OVER near AS later
    FROM p1_boundaries AS stand
    WHERE device_id = device AND stand.quarter >= since - interval '15 minutes'
      AND stand.quarter <= until + interval '15 minutes'
    WINDOW near AS (PARTITION BY meter ORDER BY stand.quarter)
  ), ends AS (
    SELECT neighbours.quarter, lowest_kwh < first_kwh OR highest_kwh > last_kwh AS fell, CASE
        WHEN first_at = neighbours.quarter THEN first_kwh
        WHEN (earlier).last_at >= first_at - interval '15 minutes' AND (earlier).last_kwh <= first_kwh
          AND (earlier).quarter = neighbours.quarter - interval '15 minutes'
        THEN grafana.stand_at(neighbours.quarter, (earlier).last_at, (earlier).last_kwh, first_at, first_kwh)
      END AS began, CASE
        WHEN (later).quarter > neighbours.quarter + interval '15 minutes' OR (later).first_kwh < last_kwh THEN NULL
        WHEN (later).first_at = (later).quarter THEN (later).first_kwh
        WHEN (later).first_at <= last_at + interval '15 minutes'
        THEN grafana.stand_at((later).quarter, last_at, last_kwh, (later).first_at, (later).first_kwh)
      END AS ended
    FROM neighbours
  )
  SELECT ends.quarter, max(4000 * (ended - began)) FILTER (WHERE NOT fell)
  FROM ends
  WHERE ends.quarter >= since AND ends.quarter < until
  GROUP BY 1
$$;
COMMIT;

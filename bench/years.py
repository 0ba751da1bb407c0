"""Five years of a home, a reading every 5 s, made by the database itself and kept for the next run.

`make` goes on where an earlier run was stopped: each step is a transaction that adds the time up to the end of a month.
The readings are those of a single-phase hybrid inverter: sun and seasons with clouds, a household with its evening,
a battery between them, meters that count what flows, the noise and the resolution of the real registers.
"""

import asyncio
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta

import asyncpg
from database import KEPT, Database

from sungaze_vps.db import timescale
from sungaze_vps.db.heard import heard_of
from sungaze_vps.db.migrate import upgrade
from sungaze_vps.db.session import make_engine

DEVICE_ID = "home"
_INTERVAL = timedelta(seconds=5)
_OPEN_DAYS = 14  # what the policy of the migration leaves uncompressed
_BYTES_PER_SAMPLE = 60  # compressed, with its rollups
_SLACK_BYTES = 3_500_000_000  # the write-ahead log, and a month that is not compressed yet

_READINGS = """
INSERT INTO sungrow_samples (
  device_id, ts, pv_power_w, pv_daily_kwh, battery_power_w, battery_soc_pct, battery_temp_c, load_power_w,
  export_power_w, pv_total_kwh, import_total_kwh, export_total_kwh, battery_charge_total_kwh,
  battery_discharge_total_kwh, battery_power_abs_w, battery_soh_pct, battery_voltage_v, battery_current_a,
  inverter_power_w, inverter_temp_c, grid_frequency_hz, meter_power_w, mppt1_voltage_v, mppt1_current_a,
  mppt2_voltage_v, mppt2_current_a, phase_a_voltage_v, phase_a_current_a, running_state)
SELECT 'home', ts, pv, round(sum(pv) OVER day / 72000) / 10, battery,
  round(450 + 400 * sin(pi() * (h - 9) / 12) + 50 * sin(d)) / 10, round(180 + 60 * s + battery / 90) / 10, load, export,
  round($3 * 10 + sum(pv) OVER month / 72000) / 10, round($4 * 10 + sum(greatest(-export, 0)) OVER month / 72000) / 10,
  round($5 * 10 + sum(greatest(export, 0)) OVER month / 72000) / 10,
  round($6 * 10 + sum(greatest(battery, 0)) OVER month / 72000) / 10,
  round($7 * 10 + sum(greatest(-battery, 0)) OVER month / 72000) / 10,
  abs(battery), 99, 200 + round(battery / 40 + 10 * random()) / 10, round(battery / 20) / 10, pv - battery,
  round(220 + 200 * s * (pv > 0)::int + pv / 30) / 10, round(4997 + 6 * random()) / 100, -export,
  CASE WHEN pv > 0 THEN round(3200 + 300 * random()) / 10 ELSE 0 END, round(pv / 70) / 10,
  CASE WHEN pv > 0 THEN round(3100 + 300 * random()) / 10 ELSE 0 END, round(pv / 72) / 10,
  round(2320 + 30 * sin(h) + 10 * random()) / 10, round(abs(pv - battery) / 23.2) / 10, 'Running'
FROM (
  SELECT *, pv - load - battery AS export FROM (
    SELECT *, CASE WHEN h < 16 THEN least(greatest(pv - load, 0), 3000) WHEN h > 17 THEN -least(load, 2500) ELSE 0 END
      AS battery
    FROM (
      SELECT *, round(greatest(0, sin(pi() * (h - 6) / 12)) * 4600 * s * (0.6 + 0.4 * sin(d * 2.4 + h / 2))
          * (0.96 + 0.08 * random())) AS pv,
        round(240 + 60 * random() + 500 * greatest(0, sin(pi() * (h - 15) / 8))
          + 2000 * (abs(sin(d * 17 + floor(h * 6))) > 0.97)::int) AS load
      FROM (
        SELECT ts, d, 24 * (d - floor(d)) AS h, 0.55 - 0.4 * cos(2 * pi() * d / 365.25) AS s
        FROM generate_series($1::timestamptz, $2::timestamptz - interval '5 s', interval '5 s') AS ts
        CROSS JOIN LATERAL (SELECT extract(epoch FROM ts)::float8 / 86400 AS d) AS days
      ) AS calendar
    ) AS sun_and_people
  ) AS with_battery
) AS house
WINDOW month AS (ORDER BY ts), day AS (PARTITION BY date_trunc('day', ts) ORDER BY ts)
"""
"""Parameters: begin, end, what the five counters show at the begin. 5 s are 1/720 of an hour."""
_LAST = """
SELECT ts, pv_total_kwh, import_total_kwh, export_total_kwh, battery_charge_total_kwh, battery_discharge_total_kwh
FROM sungrow_samples WHERE device_id = 'home' ORDER BY ts DESC LIMIT 1
"""
_COMPRESS = """
SELECT compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass) FROM timescaledb_information.chunks
WHERE hypertable_name = 'sungrow_samples' AND NOT is_compressed AND range_end <= $1
"""


def name_of(years: float) -> str:
    """Name the database."""
    return f"home_{round(years * 365)}_days"


def disk_bytes(years: float) -> int:
    """Estimate what it takes on the disk while it is made."""
    return round(years * 365 * 86400 / 5 * _BYTES_PER_SAMPLE) + _SLACK_BYTES


def make(database: Database, years: float) -> str:
    """Make what is missing up to now; give the URL."""
    KEPT.mkdir(exist_ok=True)
    free = shutil.disk_usage(KEPT).free
    needed = disk_bytes(years)
    print(f"{years:g} years of readings every 5 s in {KEPT}: up to {needed / 1e9:.1f} GB of {free / 1e9:.0f} GB free")
    if free < needed:
        raise SystemExit("There is too little space; set BENCH_YEARS lower.")
    name = name_of(years)
    url = database.url(name)
    if asyncio.run(_exists(database, name)):
        upgrade(url)
    else:
        database.migrated(name)
    asyncio.run(_fill(database, url, name, years))
    return url


async def _exists(database: Database, name: str) -> bool:
    connection = await database.connect()
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name)
    await connection.close()
    return found


async def _fill(database: Database, url: str, name: str, years: float) -> None:
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    start = _midnight(end - timedelta(days=365 * years))
    connection = await database.connect(name)
    await connection.execute(
        "SET timezone = 'UTC'; SET synchronous_commit = off; SET work_mem = '256MB'; SET jit = off"
    )
    engine = make_engine(url)
    began, first = time.monotonic(), await _reached(connection, start)
    while (reached := await _reached(connection, start)) < end:
        upto = min(end, (reached.replace(day=1) + timedelta(days=31)).replace(day=1, hour=0, minute=0, second=0))
        await _add(connection, reached, upto)
        await timescale.refresh(engine, "sungrow")
        await connection.fetch(_COMPRESS, min(upto, end - timedelta(days=_OPEN_DAYS)))
        _progress(first, upto, end, time.monotonic() - began)
    await connection.execute("ANALYZE")
    await connection.close()
    await engine.dispose()


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


async def _reached(connection: asyncpg.Connection, start: datetime) -> datetime:
    last = await connection.fetchrow(_LAST)
    return start if last is None else last["ts"] + _INTERVAL


async def _add(connection: asyncpg.Connection, start: datetime, end: datetime) -> None:
    last = await connection.fetchrow(_LAST)
    counters = [last[name] for name in list(last.keys())[1:]] if last else [0.0] * 5
    await connection.execute(_READINGS, start, end, *counters, timeout=None)
    made = "sungrow_samples WHERE ts >= $1 AND ts < $2"
    await connection.execute(heard_of("sungrow", made), start, end, timeout=None)


def _progress(first: datetime, reached: datetime, end: datetime, spent_s: float) -> None:
    share = (reached - first) / (end - first)
    left_s = spent_s / share * (1 - share)
    bar = "#" * round(30 * share)
    line = f"[{bar:30}] {share:4.0%} to {reached:%Y-%m}, {spent_s:.0f} s, {left_s:.0f} s left"
    print(
        f"\r{line}" if sys.stderr.isatty() else line,
        end="" if sys.stderr.isatty() and share < 1 else "\n",
        file=sys.stderr,
    )

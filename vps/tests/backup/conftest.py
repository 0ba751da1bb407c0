"""A home with a history, the commands as a person runs them, and everything the API says about the home."""

import asyncio
import itertools
import os
import random
import resource
import shutil
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import brute_force
import httpx
import pytest
from sqlalchemy import text

from sungaze_vps.cli import main
from sungaze_vps.config import load_config
from sungaze_vps.db.session import make_engine
from sungaze_vps.main import create_app
from sungaze_vps.measurements import measurements
from sungaze_vps.services.ingestion import store

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)  # the day the clocks change in Brussels
TOKEN = "a-token-for-the-backup"
ZONES = ("UTC", "Europe/Brussels", "Asia/Kathmandu")
FRAMES = ("day", "month", "year", "all")
QUERIES = (
    *({"frame": frame, "tz": zone} for frame, zone in itertools.product(FRAMES, ZONES)),
    *({"frame": "month", "bucket": bucket, "tz": zone} for bucket in ("hour", "week", "year") for zone in ZONES),
    *({"frame": "day", "bucket": "15m", "tz": zone} for zone in ZONES),
    {"frame": "all", "start": "2025-10-26", "end": "2025-10-27", "bucket": "hour", "tz": "Europe/Brussels"},
    {"frame": "all", "bucket": "week", "kind": "p1", "tz": "Europe/Brussels"},
)
WINTER = {"start": "2025-10-01", "end": "2026-03-03"}


def settings(database_url):
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": "memory://",
        "DEVICE_TOKENS": f"{TOKEN}:home,{TOKEN}:cabin,{TOKEN}:empty",
    }


@pytest.fixture
def environment():
    """Give the settings for a database, as environment variables."""
    return settings


@pytest.fixture
def run(monkeypatch):
    """Run a command on a database."""

    def run(database_url, *arguments):
        for name, value in settings(database_url).items():
            monkeypatch.setenv(name, value)
        main([str(argument) for argument in arguments])

    return run


@pytest.fixture
def refusal(run, capfd):
    """Run a command that must fail; give the line it fails with."""

    def refusal(database_url, *arguments):
        with pytest.raises(SystemExit) as ended:
            run(database_url, *arguments)
        assert ended.value.code == 2
        (line,) = (line for line in capfd.readouterr().err.splitlines() if line.startswith("sungaze-vps: "))
        return line.removeprefix("sungaze-vps: ")

    return refusal


@pytest.fixture
def start():
    """Start a command as a process of its own: `start(url, "backup", ...)`; it is killed if it still runs."""
    with ExitStack() as started:

        def start(database_url, *arguments, max_file_bytes=None, **options):
            command = [sys.executable, "-m", "sungaze_vps", *map(str, arguments)]
            environ = os.environ | settings(database_url)
            if max_file_bytes is not None:
                limit = (max_file_bytes, max_file_bytes)
                options["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
                # What measures coverage could not write its file either, and would say so.
                environ = {name: value for name, value in environ.items() if not name.startswith("COV")}
            process = subprocess.Popen(command, env=environ, **options)
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield start


def ask(database_url):
    """Give every answer of the API on a home, as bytes."""

    async def ask():
        app = create_app(load_config(**{k.lower(): v for k, v in settings(database_url).items()}), lambda: NOW)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client,
        ):
            paths = [("/v1/devices", {})]
            for device in ("home", "cabin"):
                paths += [("/v1/realtime", {"device_id": device})]
                paths += [("/v1/series", {"device_id": device, **query}) for query in QUERIES]
            paths += [(f"/v1/capacity/{path}", {"device_id": "home"}) for path in ("month/2026-03", "year/2026")]
            paths += [("/v1/gaps", {"device_id": "home", "kind": kind, **WINTER}) for kind in ("sungrow", "p1")]
            return [(path, query, (await client.get(path, params=query)).content) for path, query in paths]

    return asyncio.run(ask())


@pytest.fixture
def answers():
    """Ask everything of the API on a database."""
    return ask


def history(measurement):
    """Give readings of two devices: gaps, nulls, a meter that was changed, odd numbers, odd text."""
    rng = random.Random(7)
    rows = []
    for device, begin in (("home", datetime(2025, 10, 20, tzinfo=UTC)), ("cabin", datetime(2026, 3, 1, tzinfo=UTC))):
        ts, meters = begin, {field.name: 1000.0 for field in measurement.fields if field.name.endswith("total_kwh")}
        while ts < NOW:
            ts += timedelta(milliseconds=rng.choice((60_000, 899_999, 900_001, 7_200_000, 40_000_000)))
            meters = {name: 0.0 if rng.random() < 0.002 else value + rng.random() for name, value in meters.items()}
            values = meters | {name: rng.uniform(0, 100) for name in ("pv_power_w", "battery_soc_pct")}
            values |= {"export_power_w": -0.1 - 0.2, "load_power_w": rng.choice((None, 5e-324, 1e6, 0.1))}
            values["running_state"] = rng.choice((None, "", "Läuft", 'a "quoted", text', "\N{SUN WITH FACE}"))
            rows.append((device, ts, rng.randint(1, 9), *(values.get(field.name) for field in measurement.fields)))
    return rows


@pytest.fixture(scope="session")
def home_rows(sungrow):
    """Give the readings of the home with a history."""
    return history(sungrow)


@pytest.fixture(scope="session")
def meter_rows():
    """Give the readings of the home's grid meter, which has times and a swap among its values."""
    times = [datetime(2026, 3, 1, 0, 10, tzinfo=UTC) + timedelta(minutes=11 * n) for n in range(300)]
    rows = brute_force.rows(measurements()["p1"], brute_force.grid_meter(9, times))
    at = [field.name for field in measurements()["p1"].fields].index("meter_ts") + 3
    return [(*row[:at], row[1] - timedelta(milliseconds=417), *row[at + 1 :]) for row in rows]


async def store_all(database_url, home_rows, meter_rows):
    engine = make_engine(database_url)
    for kind, rows in (("sungrow", home_rows), ("p1", meter_rows)):
        for first in range(0, len(rows), 1000):
            await store(engine, {measurements()[kind]: rows[first : first + 1000]})
    await engine.dispose()


@pytest.fixture(scope="session")
def home_answers(sqlite_template, tmp_path_factory, home_rows, meter_rows):
    """Give every answer on the home before any backup; every engine answers the same."""
    path = tmp_path_factory.mktemp("home") / "home.db"
    shutil.copy(sqlite_template, path)
    asyncio.run(store_all(f"sqlite+aiosqlite:///{path}", home_rows, meter_rows))
    return ask(f"sqlite+aiosqlite:///{path}")


@pytest.fixture
def home_url(database_url, home_rows, meter_rows):
    """Give the URL of a database with the home in it, on every engine."""
    asyncio.run(store_all(database_url, home_rows, meter_rows))
    return database_url


async def execute(database_url, statement, parameters):
    engine = make_engine(database_url, pool_size=1)
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(statement), parameters)
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


@pytest.fixture
def sql():
    """Execute a statement: `sql(url, "SELECT 1")`."""
    return lambda database_url, statement, **parameters: asyncio.run(execute(database_url, statement, parameters))


@pytest.fixture
def readings(sql):
    """Count the readings of a database: `readings(url)`."""
    return lambda database_url: sql(database_url, "SELECT count(*) FROM sungrow_samples")


NUMBERS = {
    "sqlite": "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < :size - 1)"
    " INSERT INTO sungrow_samples (device_id, ts, pv_power_w, load_power_w)"
    " SELECT 'home', 1767225600000 + n * 5000, n * 0.1, n % 977 FROM n WHERE true ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO sungrow_samples (device_id, ts, pv_power_w, load_power_w)"
    " SELECT 'home', to_timestamp(1767225600 + n * 5), n * 0.1, n % 977"
    " FROM generate_series(0, CAST(:size AS integer) - 1) AS n ON CONFLICT DO NOTHING",
}


@pytest.fixture
def many(sql):
    """Put so many readings into a database the short way, without rollups: `many(url, 50_000)`."""
    return lambda database_url, size: sql(database_url, NUMBERS[database_url.partition("+")[0]], size=size)

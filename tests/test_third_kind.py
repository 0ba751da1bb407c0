"""What a new kind of device takes: a folder on the edge, a module and a migration on the server, and nothing else."""

import asyncio
import importlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sungaze_sim.stack import Stack

SOURCE = """
import itertools

from sungaze_edge.settings import Setting
from sungaze_edge.source import SourceType


class Boiler:
    kind = "boiler"
    about = "a boiler"
    poll_interval_s = 0.1

    def __init__(self, values, now):
        self.device_id = values["BOILER_HOST"]
        self.heated = itertools.count(1)

    async def read(self):
        number = next(self.heated)
        return {"heating_power_w": 1000.0, "heat_total_kwh": 100 + number / 4, "water_temp_c": None, "burner": "on"}

    async def close(self):
        pass


async def dump(values):
    return {}


SOURCE_TYPE = SourceType(
    kind="boiler",
    settings=(Setting("BOILER_HOST", "the boiler's address"),),
    host_variable="BOILER_HOST",
    device_id_variable="BOILER_HOST",
    open=Boiler,
    recognises=lambda document: False,
    decode=lambda document: {},
    dump=dump,
)
"""
MEASUREMENT = """
from sungaze_vps.measurement import Energy, Field, Measurement, Rollup

MEASUREMENT = Measurement(
    kind="boiler",
    fields=(
        Field("heating_power_w", "heat given to the water (W)", 0, 1e5, rollup=Rollup.MEAN_AND_MAX),
        Field("heat_total_kwh", "the same, lifetime counter (kWh)", 0, 1e9, rollup=Rollup.COUNTER),
        Field("water_temp_c", "water temperature (degC)", -20, 120, rollup=Rollup.MEAN),
        Field("burner", "on or off", type="text"),
    ),
    energies=(Energy("heat_kwh", "heat_total_kwh", "heating_power_w"),),
    marker="burner",
)
"""
MIGRATION = """
from sungaze_vps.db.aggregates import Rolled
from sungaze_vps.db.kinds import drop_kind, make_kind

revision = "boiler"
down_revision = "{head}"

COLUMNS = {{"heating_power_w": "number", "heat_total_kwh": "number", "water_temp_c": "number", "burner": "text"}}
ROLLED = Rolled(
    kind="boiler",
    means=("heating_power_w", "water_temp_c"),
    maxima=("heating_power_w",),
    counters=("heat_total_kwh",),
    energies=(("heat_kwh", "heating_power_w", 1),),
)


def upgrade():
    make_kind(ROLLED, COLUMNS)


def downgrade():
    drop_kind(ROLLED)
"""
ENOUGH = 12


def folder_of(package):
    return Path(importlib.import_module(package).__file__).parent


@pytest.fixture
def with_a_third_kind(tmp_path, monkeypatch):
    """Copy edge and server as they are installed, and put the new files beside the others."""
    for package in ("sungaze_edge", "sungaze_vps"):
        shutil.copytree(folder_of(package), tmp_path / "packages" / package, ignore=shutil.ignore_patterns("*.pyc"))
    edge, server = (tmp_path / "packages" / package for package in ("sungaze_edge", "sungaze_vps"))
    versions = server / "db/migrations/versions"
    head = max(path.name for path in versions.glob("0*.py")).partition("_")[0]
    (edge / "sources/boiler").mkdir()
    (edge / "sources/boiler/__init__.py").write_text(SOURCE)
    (server / "measurements/boiler.py").write_text(MEASUREMENT)
    (versions / "9999_boiler.py").write_text(MIGRATION.format(head=head))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    for variable in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):  # of copies that are gone afterwards
        monkeypatch.delenv(variable, raising=False)


async def arrived(client, stack):
    """Wait for some readings; give the answers about them."""
    points = []
    while sum(point["sample_count"] for point in points) < ENOUGH:
        stack.require_running("edge", stack.edge)
        await asyncio.sleep(0.2)
        answer = await client.get("/v1/series", params={"frame": "year", "bucket": "week"})
        points = answer.json()["series"]
    return answer.json(), (await client.get("/v1/realtime")).json()


@pytest.mark.usefixtures("with_a_third_kind")
async def test_a_third_kind_flows_from_its_source_to_the_series_through_its_own_files_alone(tmp_path):
    stack = Stack(tmp_path, devices=("cellar",))
    try:
        await stack.start_api()
        await stack.start_edge(0, settings={"SUNGROW_HOST": "", "BOILER_HOST": "cellar"})
        async with stack.client() as client, asyncio.timeout(60):
            series, newest = await arrived(client, stack)
            described = (await client.get("/openapi.json")).json()["components"]["schemas"]["BoilerSample"]
    finally:
        await stack.close()
    assert (series["kind"], series["energy_source"]) == ("boiler", {"heat_kwh": "counter"})
    readings = sum(point["sample_count"] for point in series["series"])
    assert sum(point["heat_kwh"] for point in series["series"]) == (readings - 1) / 4
    assert {point["avg_heating_power_w"] for point in series["series"]} == {1000}
    assert {point["avg_water_temp_c"] for point in series["series"]} == {None}
    assert newest["kind"] == "boiler"
    assert newest["burner"] == "on"
    assert newest["heat_total_kwh"] >= 100 + readings / 4
    assert described["properties"]["water_temp_c"]["anyOf"]
    with closing(sqlite3.connect(stack.database)) as database:
        (months,) = database.execute("SELECT sum(sample_count) FROM boiler_monthly").fetchone()
    assert months >= readings

"""From the inverter through the edge, Caddy and the API into the database, and what an edge makes of a Caddy alone."""

import asyncio
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from sungaze_sim.house import House
from sungaze_sim.judge import judge, stored_rows
from sungaze_sim.profile import Profile
from sungaze_sim.record import Record
from sungaze_sim.server import WinetServer
from sungaze_sim.stack import DEVICE_ID, Stack, script, stop
from sungaze_sim.world import HouseWorld

FAST_EDGE = [sys.executable, str(Path(__file__).parent.parent / "faults/fast_edge.py")]


class Pipeline(Stack):
    """The pipeline with Caddy in front of the API, as it is deployed."""

    async def start_api(self):
        settings = {
            "DATABASE_URL": f"sqlite+aiosqlite:///{self.database}",
            "REDIS_URL": "memory://",
            "DEVICE_TOKENS": f"{self.token}:{DEVICE_ID}",
            "TRUSTED_PROXIES": "127.0.0.1",
        }
        self.api = await self._start("api", [script("sungaze-vps"), "serve", "--port", str(self.api_port)], settings)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.api_port}") as client, asyncio.timeout(60):
            while not await self._answers(client):
                self.require_running("api", self.api)
                await asyncio.sleep(0.05)

    @staticmethod
    async def _answers(client):
        try:
            return (await client.get("/health")).status_code == 200
        except httpx.TransportError:
            return False

    async def start_edge_behind(self, caddy, modbus_port):
        here = {"VPS_INGEST_URL": caddy.url, "VPS_CA_FILE": str(caddy.ca_file)}
        await self.start_edge(modbus_port, FAST_EDGE, here)

    def log(self, name):
        return self.log_file(name).read_text()


@pytest.fixture
async def pipeline(tmp_path):
    pipeline = Pipeline(tmp_path)
    yield pipeline
    await pipeline.close()


@pytest.fixture
async def inverter(tmp_path):
    """Give a simulated inverter that keeps a record."""
    house = House(datetime(2026, 6, 21, tzinfo=UTC), seed=1, spec=Profile().house_spec())
    record = Record(tmp_path / "record.jsonl")
    server = WinetServer(HouseWorld(house, Profile(), speed=1440), record=record)
    await server.start("127.0.0.1", 0)
    yield server
    await server.stop()
    record.close()


async def until(condition, timeout_s=30):
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - other processes bring it about
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_readings_travel_over_verified_tls_and_wait_at_the_edge_while_the_api_is_away(
    pipeline, inverter, start_caddy, hurried
):
    await pipeline.start_api()
    caddy = start_caddy(pipeline.api_port, caddyfile=hurried)
    await pipeline.start_edge_behind(caddy, inverter.port)
    await until(lambda: len(stored_rows(pipeline.database, DEVICE_ID)) >= 5)
    assert await stop(pipeline.api) == 0
    await until(lambda: "the server answers with status 50" in pipeline.log("edge"))
    await until(lambda: pipeline.spooled() >= 5)
    await pipeline.start_api()
    inverter.faults.set("offline")
    await pipeline.delivered(30)
    assert await stop(pipeline.edge) == 0
    verdict = judge(inverter.record.readings, stored_rows(pipeline.database, DEVICE_ID))
    assert verdict.faultless, verdict.summary()


async def test_the_api_learns_the_clients_address_and_tells_its_own_refusals(pipeline, start_caddy):
    await pipeline.start_api()
    caddy = start_caddy(pipeline.api_port)
    transport = httpx.AsyncHTTPTransport(verify=caddy.tls(), local_address="127.0.0.2")
    async with httpx.AsyncClient(base_url=caddy.url, transport=transport) as client:
        stranger = {"Authorization": "Bearer nobody-knows-this-token", "X-Forwarded-For": "198.51.100.1"}
        answer = await client.get("/v1/devices", headers=stranger)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert len(answer.headers.get_list("Date")) == 1  # an edge without a clock takes it for the time
        known = {"Authorization": f"Bearer {pipeline.token}", "Content-Type": "application/json"}
        answer = await client.post("/v1/ingest", content=b"x" * (3 * 2**19), headers=known)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (413, "too-large")
        for hidden in ("/health", "/metrics"):
            assert (await client.get(hidden)).status_code == 404
    told = re.search(r"unknown token, one of them from (\S+) \[request (\S+)\]", pipeline.log("api"))
    assert told.groups() == ("127.0.0.2", caddy.access_log(1)[0]["uuid"]), "both logs know a request by the same name"

"""What Prometheus is told: true numbers, bounded in number, on the inside only."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sungaze_vps.config import load_config
from sungaze_vps.db.migrate import upgrade
from sungaze_vps.main import create_app, wrap

SAMPLE = {"device_id": "home", "kind": "sungrow", "ts": "2026-06-21T10:00:05.000Z", "pv_power_w": 2500}
TOKEN = "write-token-of-the-home"
AUTH = {"Authorization": f"Bearer {TOKEN}"}

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def served(app, settings):
    """Give a client of the whole application, with all that stands around it."""
    transport = httpx.ASGITransport(wrap(app, load_config(**settings)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://server", headers=AUTH) as client:
        yield client


async def scrape(client):
    """Give (name, *values of the labels in order of their names) -> value."""
    answer = await client.get("/metrics", headers={"Authorization": ""})
    assert answer.status_code == 200, answer.text
    return values(answer.text)


def values(text):
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Change:
    """What the numbers grew by since it was made."""

    def __init__(self, before):
        self._before = before

    def __call__(self, after):
        return {key: value - self._before.get(key, 0) for key, value in after.items()}


async def test_requests_are_counted_by_template_method_and_status(served):
    change = Change(await scrape(served))
    for path in ("/v1/realtime?device_id=home", "/v1/realtime?device_id=cabin", "/wp-login.php", "/v1/ingest"):
        await served.get(path)
    await served.request("BREW", "/coffee")
    grown = change(await scrape(served))
    counted = {key[1:]: value for key, value in grown.items() if key[0] == "sungaze_http_requests_total" and value}
    assert counted.pop(("GET", "/metrics", "200")) == 1
    assert counted == {
        ("GET", "/v1/realtime", "404"): 1,
        ("GET", "/v1/realtime", "403"): 1,
        ("GET", "none", "404"): 1,
        ("GET", "/v1/ingest", "405"): 1,
        ("other", "none", "404"): 1,
    }
    assert grown["sungaze_http_request_duration_seconds_count", "GET", "/v1/realtime"] == 2
    assert grown["sungaze_http_request_duration_seconds_bucket", "+Inf", "GET", "/v1/realtime"] == 2


async def test_readings_are_counted_as_new_as_known_and_as_refused(served):
    change = Change(await scrape(served))
    later = SAMPLE | {"ts": "2026-06-21T11:00:00Z"}
    await served.post("/v1/ingest", json={"samples": [SAMPLE]})
    await served.post("/v1/ingest", json={"samples": [SAMPLE, later]})
    bad = [{"ts": 1}, SAMPLE, SAMPLE | {"ts": "never", "pv_power_w": "much"}]
    assert (await served.post("/v1/ingest", json={"samples": bad})).status_code == 422
    foreign = [SAMPLE | {"device_id": "neighbour"}, SAMPLE]
    assert (await served.post("/v1/ingest", json={"samples": foreign})).status_code == 403
    assert (await served.post("/v1/ingest", json={"samples": []})).status_code == 422
    grown = change(await scrape(served))
    assert grown["sungaze_ingest_samples_total", "sungrow", "inserted"] == 2
    assert grown["sungaze_ingest_samples_total", "sungrow", "duplicate"] == 1
    assert grown["sungaze_ingest_samples_refused_total",] == 3


async def test_the_age_of_the_newest_reading_of_each_device_comes_from_the_database(served):
    assert not [key for key in await scrape(served) if key[0] == "sungaze_device_last_seen_age_seconds"]
    await served.post("/v1/ingest", json={"samples": [SAMPLE, SAMPLE | {"ts": "2026-06-21T11:59:00Z"}]})
    found = await scrape(served)
    assert found["sungaze_device_last_seen_age_seconds", "home", "sungrow"] == 60
    assert not [key for key in found if "neighbour" in key]


async def test_hits_and_misses_of_the_cache_are_counted(served):
    await served.post("/v1/ingest", json={"samples": [SAMPLE]})
    change = Change(await scrape(served))
    for _ in range(3):
        await served.get("/v1/realtime")
    grown = change(await scrape(served))
    assert grown["sungaze_cache_requests_total", "miss"] == 1
    assert grown["sungaze_cache_requests_total", "hit"] == 2
    assert (await scrape(served))["sungaze_cache_up",] == 1


@on_sqlite
async def test_a_redis_that_is_gone_is_told_apart_from_a_miss(settings):
    config = load_config(**settings | {"redis_url": "redis://127.0.0.1:1"})
    app = create_app(config)
    transport = httpx.ASGITransport(wrap(app, config))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://server", headers=AUTH) as client,
    ):
        change = Change(await scrape(client))
        await client.get("/v1/realtime")
        found = await scrape(client)
    assert found["sungaze_cache_up",] == 0
    assert change(found)["sungaze_cache_requests_total", "unavailable"] == 1
    assert change(found)["sungaze_cache_requests_total", "miss"] == 0


async def test_the_pool_is_watched_and_who_waits_in_vain_is_counted(app, served, monkeypatch):
    pool = app.state.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    before = await scrape(served)
    assert before["sungaze_database_pool_size",] == 5
    connections = [await app.state.engine.connect() for _ in range(5)]
    full = await scrape(served)
    assert full["sungaze_database_pool_connections_in_use",] == 5
    assert full["sungaze_database_up",] == 0  # it found no connection either, and tells the rest all the same
    refused = await served.get("/v1/realtime")
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    for connection in connections:
        await connection.close()
    after = await scrape(served)
    assert after["sungaze_database_up",] == 1
    assert after["sungaze_database_pool_connections_in_use",] == 0
    assert Change(before)(after)["sungaze_database_pool_timeouts_total",] == 1


@on_sqlite
async def test_who_met_a_limit_is_counted(app, served):
    app.state.read_limit._size = app.state.read_limit._rate_per_s = 1
    change = Change(await scrape(served))
    assert [(await served.get("/v1/devices")).status_code for _ in range(3)] == [200, 429, 429]
    assert change(await scrape(served))["sungaze_rate_limited_total", "read"] == 2


@on_sqlite
async def test_names_follow_the_conventions_and_the_version_is_told(served):
    text = (await served.get("/metrics")).text
    ours = [family for family in text_string_to_metric_families(text) if family.name.startswith("sungaze_")]
    assert len(ours) >= 12
    for family in ours:
        assert family.documentation, family.name
        assert re.fullmatch(r"[a-z][a-z0-9_]+", family.name)
        assert "_created" not in family.name
    assert re.search(r'sungaze_build_info\{version="\d+\.\d+\.\d+"\} 1\.0', text)


@on_sqlite
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("172.18.0.5", {}, 200),
        ("fd00::5", {}, 200),
        ("8.8.8.8", {}, 404),
        ("2001:4860:4860::8888", {}, 404),
        ("a local socket", {}, 404),
        ("172.18.0.5", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("172.18.0.5", {"Forwarded": "for=127.0.0.1"}, 404),
    ],
)
async def test_the_page_is_there_for_neighbours_only_and_never_through_a_proxy(app, address, headers, status):
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="https://server", headers=headers) as client:
        assert (await client.get("/metrics")).status_code == status


DEVICES_ANSWERED = "sungaze_http_requests_total", "GET", "/v1/devices", "200"


def counting(folder):
    """Give the processes that have counted anything."""
    return {int(file.stem.rpartition("_")[2]) for file in folder.glob("counter_*.db")}


class Workers:
    """`sungaze-vps serve --workers 2` on a port of its own."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        url = f"sqlite+aiosqlite:///{folder / 'readings.db'}"
        upgrade(url)
        environ = {"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1", "DEVICE_TOKENS": f"{TOKEN}:home"}
        temporary = {"TMPDIR": str(folder)}
        command = [sys.executable, "-m", "sungaze_vps", "serve", "--port", str(self.port), "--workers", "2"]
        self.process = subprocess.Popen(command, env=os.environ | environ | temporary, stderr=subprocess.DEVNULL)

    @asynccontextmanager
    async def client(self):
        """Give a client that opens a connection for each request, so that any worker may answer."""
        each_its_own = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=self.url, headers=AUTH, limits=each_its_own) as client:
            await self._wait_until_up(client)
            yield client

    @staticmethod
    async def _wait_until_up(client):
        for _ in range(600):
            try:
                return await client.get("/")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        raise AssertionError("the workers did not start")


async def test_whichever_worker_is_asked_answers_for_all_of_them(tmp_path):
    workers = await asyncio.to_thread(Workers, tmp_path)
    try:
        async with workers.client() as client:
            for _ in range(40):
                assert (await client.get("/v1/devices")).status_code == 200
            scrapes = [values((await client.get("/metrics")).text) for _ in range(10)]
            assert {found[DEVICES_ANSWERED] for found in scrapes} == {40}
            assert {found["sungaze_database_up",] for found in scrapes} == {1}
            [folder] = tmp_path.glob("sungaze-metrics-*")
            processes = counting(folder)
            os.kill(min(processes), signal.SIGKILL)
            for _ in range(400):
                found = values((await client.get("/metrics")).text)
                if found["sungaze_database_pool_size",] == 10 and counting(folder) != processes:
                    break  # the dead worker's connections are forgotten, those of its successor are there
                await asyncio.sleep(0.05)
            else:
                raise AssertionError(found)
            assert found[DEVICES_ANSWERED] == 40  # nothing lost
    finally:
        workers.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(workers.process.wait, 20)
    assert list(tmp_path.glob("sungaze-metrics-*")) == []

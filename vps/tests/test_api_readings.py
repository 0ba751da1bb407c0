"""Realtime, devices, health, and what every answer has in common."""

import asyncio
import json
import logging

import httpx
import pytest
import sqlalchemy as sa

from sungaze_vps.api import realtime
from sungaze_vps.config import load_config
from sungaze_vps.main import create_app

SAMPLE = {"device_id": "home", "kind": "sungrow", "ts": "2026-06-21T10:00:05.000Z", "pv_power_w": 2500}

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def ingest(client, *samples):
    answer = await client.post("/v1/ingest", json={"samples": samples})
    assert answer.status_code == 200, answer.text


async def test_realtime_gives_the_newest_sample_whatever_the_order_of_arrival(client):
    assert (await client.get("/v1/realtime")).status_code == 404
    await ingest(client, SAMPLE | {"ts": "2026-06-21T11:00:00Z", "pv_power_w": 3}, SAMPLE)
    await ingest(client, SAMPLE | {"ts": "2026-06-21T09:00:00Z", "pv_power_w": 1})
    answer = await client.get("/v1/realtime", params={"device_id": "home"})
    newest = answer.json()
    assert (newest["ts"], newest["pv_power_w"]) == ("2026-06-21T11:00:00.000Z", 3)
    assert (newest["device_id"], newest["kind"], newest["sample_count"]) == ("home", "sungrow", 1)
    assert newest["battery_soc_pct"] is None
    assert answer.headers["Cache-Control"] == "no-store"


async def test_what_realtime_gives_may_be_sent_to_ingest(client):
    await ingest(client, SAMPLE | {"running_state": "Running"})
    newest = (await client.get("/v1/realtime")).json()
    answer = await client.post("/v1/ingest", json={"samples": [newest]})
    assert answer.json() == {"inserted": 0}


async def test_a_new_sample_shows_at_once_although_the_answer_is_cached(app, client):
    await ingest(client, SAMPLE)
    await client.get("/v1/realtime")
    assert await app.state.cache.get("realtime:home") is not None
    async with app.state.engine.begin() as connection:
        await connection.execute(sa.text("DELETE FROM sungrow_samples"))
    assert (await client.get("/v1/realtime")).json()["pv_power_w"] == 2500  # from the cache
    await ingest(client, SAMPLE | {"ts": "2026-06-21T10:00:10Z", "pv_power_w": 2600})
    assert (await client.get("/v1/realtime")).json()["pv_power_w"] == 2600


async def test_a_reader_that_an_ingest_overtakes_does_not_cache_the_older_sample(client, monkeypatch):
    await ingest(client, SAMPLE)
    has_read, may_go_on = asyncio.Event(), asyncio.Event()
    read = realtime.latest

    async def slowly(*arguments):
        sample = await read(*arguments)
        has_read.set()
        await may_go_on.wait()
        return sample

    monkeypatch.setattr(realtime, "latest", slowly)
    overtaken = asyncio.create_task(client.get("/v1/realtime"))
    await has_read.wait()
    await ingest(client, SAMPLE | {"ts": "2026-06-21T10:00:10Z", "pv_power_w": 2600})
    may_go_on.set()
    assert (await overtaken).json()["pv_power_w"] == 2500
    assert (await client.get("/v1/realtime")).json()["pv_power_w"] == 2600


async def test_a_token_of_several_devices_must_say_which(client):
    headers = {"Authorization": "Bearer write-token-of-a-neighbour"}
    answer = await client.get("/v1/realtime", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", "device_id"])


async def test_devices_lists_the_callers_own_with_what_was_seen(client):
    await ingest(client, SAMPLE, SAMPLE | {"ts": "2026-06-21T11:00:00Z"})
    seen = {"first_seen": "2026-06-21T10:00:05.000Z", "last_seen": "2026-06-21T11:00:00.000Z"}
    assert (await client.get("/v1/devices")).json() == {
        "tz": "UTC",
        "devices": [{"device_id": "home", "kind": "sungrow", **seen, "edge": None}],
    }
    headers = {"Authorization": "Bearer write-token-of-a-neighbour"}
    nothing = {"kind": None, "first_seen": None, "last_seen": None, "edge": None}
    assert (await client.get("/v1/devices", headers=headers)).json() == {
        "tz": "UTC",
        "devices": [{"device_id": "cabin", **nothing}, {"device_id": "neighbour", **nothing}],
    }


async def test_health_is_good_when_the_schema_is_of_this_version(client):
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "cache": "ok"})


async def test_health_names_a_schema_of_another_version(app, client):
    async with app.state.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    answer = await client.get("/health")
    assert answer.status_code == 503
    assert "sungaze-vps migrate" in answer.json()["detail"]


async def test_nothing_fails_and_health_tells_when_redis_is_gone(settings, caplog):
    app = create_app(load_config(**settings | {"redis_url": "redis://127.0.0.1:1"}))
    headers = {"Authorization": "Bearer write-token-of-the-home"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://server", headers=headers) as client,
    ):
        await ingest(client, SAMPLE)
        for _ in range(3):
            assert (await client.get("/v1/realtime")).json()["pv_power_w"] == 2500
        assert (await client.get("/health")).json()["cache"] == "unavailable"
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


@on_sqlite
@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/v2/realtime", 404, None),
        ("GET", "/docs", 404, None),
        ("POST", "/v1/ingest/", 404, None),
        ("GET", "/v1/ingest", 405, "POST"),
        ("DELETE", "/v1/realtime", 405, "GET"),
        ("TRACE", "/", 405, "GET"),
    ],
)
async def test_what_is_not_served_is_a_problem_too(client, method, path, status, allow):
    answer = await client.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code == status
    assert answer.headers.get("Allow") == allow


@on_sqlite
async def test_a_mistake_of_the_server_tells_the_caller_nothing(app, client):
    async with app.state.engine.begin() as connection:
        await connection.execute(sa.text("DROP TABLE sungrow_samples"))
    answer = await client.get("/v1/realtime")
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "The server made a mistake; its log says which.",
    }


@on_sqlite
async def test_the_api_starts_and_stops_with_one_line_each_and_no_secret_in_it(settings, caplog):
    caplog.set_level(logging.INFO, "sungaze_vps")
    app = create_app(load_config(**settings))
    async with app.router.lifespan_context(app):
        pass
    started, stopped = (record.getMessage() for record in caplog.records)
    assert started.startswith("started: database=sqlite")
    assert "token-of" not in started
    assert stopped == "stopped"


@on_sqlite
async def test_the_description_holds_what_the_measurements_say(app, client):
    document = (await client.get("/openapi.json")).json()
    assert json.loads(json.dumps(app.openapi())) == document
    schemas = document["components"]["schemas"]
    assert schemas["SungrowSample"]["required"] == ["device_id", "ts"]
    assert schemas["SungrowSample"]["properties"]["battery_soc_pct"]["anyOf"][0]["maximum"] == 100
    assert schemas["IngestBody"]["properties"]["samples"]["maxItems"] == 1000
    assert "HTTPValidationError" not in schemas
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert ("security" in operation) == path.startswith("/v1/"), path
            for status, answer in operation["responses"].items():
                good = "text/event-stream" if path == "/v1/stream" else "application/json"
                wanted = good if status == "200" else "application/problem+json"
                assert status == "307" or list(answer["content"]) == [wanted], (path, status)

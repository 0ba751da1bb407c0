"""Real faults of a real PostgreSQL: 503 with `Retry-After`, nothing half stored; later the same batch goes in, once."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from other_session import end_connections, other_session, server_processes, until_waiting_for_a_lock
from sqlalchemy import text
from sqlalchemy.engine import make_url

from sungaze_vps import main
from sungaze_vps.config import load_config
from sungaze_vps.db import session
from sungaze_vps.main import create_app
from sungaze_vps.metrics import POOL_IN_USE

NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)
TOKEN = "write-token-of-the-home"

pytestmark = pytest.mark.parametrize("database_url", ["postgresql", "timescaledb"], indirect=True)

SIZES = pytest.mark.parametrize("size", [2, 500], ids=["small batch", "large batch"])


@pytest.fixture
def settings(settings):
    return settings | {"cache_ttl_s": 0}


@pytest.fixture
async def other(database_url):
    async with other_session(database_url) as connection:
        yield connection


@asynccontextmanager
async def serve(settings):
    """Give a client of an API of its own; every connection must have come back in the end."""
    in_use = POOL_IN_USE._value.get()
    app = create_app(load_config(**settings), now=lambda: NOW)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://server", headers=headers) as client,
    ):
        yield client
    assert POOL_IN_USE._value.get() == in_use


def batch(size):
    ts = (f"2026-06-21T10:{second // 60:02}:{second % 60:02}Z" for second in range(size))
    return {"samples": [{"device_id": "home", "ts": one, "pv_power_w": 1} for one in ts]}


async def require_refused_for_now(answer, other):
    """Look with eyes of another session."""
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await other.fetchval("SELECT count(*) FROM sungrow_samples") == 0


async def require_stored_once(client, other, size):
    assert (await client.post("/v1/ingest", json=batch(size))).json() == {"inserted": size}
    assert (await client.post("/v1/ingest", json=batch(size))).json() == {"inserted": 0}
    assert await other.fetchval("SELECT count(*) FROM sungrow_samples") == size
    assert (await client.get("/v1/realtime")).status_code == 200
    day = (await client.get("/v1/series?frame=day")).json()
    assert sum(point["sample_count"] for point in day["series"]) == size  # the rollups agree


def send(client, size):
    return asyncio.create_task(client.post("/v1/ingest", json=batch(size)))


async def insert(other, second):
    await other.execute(
        "INSERT INTO sungrow_samples (device_id, ts, sample_count) VALUES ('home', $1::text::timestamptz, 1)",
        f"2026-06-21T10:00:{second:02}Z",
    )


@SIZES
async def test_a_deadlock_with_somebody_else(client, database_url, other, size):
    # Whoever looks first is the victim, and looks only once: let it be the API, after the other waits.
    await other.execute(f"ALTER DATABASE {make_url(database_url).database} SET deadlock_timeout = '500ms'")
    await other.execute("SET deadlock_timeout = '30s'")
    await insert(other, 0)  # makes the chunk, which would be waited for otherwise
    await other.execute("DELETE FROM sungrow_samples")
    transaction = other.transaction()
    await transaction.start()
    await insert(other, 1)
    sent = send(client, size)  # stores second 0 and waits for second 1
    await until_waiting_for_a_lock(other)
    await insert(other, 0)
    answer = await sent
    await transaction.rollback()
    await require_refused_for_now(answer, other)
    await require_stored_once(client, other, size)


@SIZES
async def test_its_connection_is_ended_in_the_middle_of_a_batch(client, other, size):
    transaction = other.transaction()
    await transaction.start()
    await other.execute("LOCK TABLE sungrow_samples IN EXCLUSIVE MODE")
    sent = send(client, size)
    await until_waiting_for_a_lock(other)
    await end_connections(other)
    answer = await sent
    await transaction.rollback()
    await require_refused_for_now(answer, other)
    await require_stored_once(client, other, size)


async def test_connections_that_ended_while_nobody_used_them_cost_nobody_an_error(client, other, caplog):
    await client.post("/v1/ingest", json=batch(1))
    await asyncio.gather(*(client.get("/v1/realtime") for _ in range(5)))
    assert await end_connections(other) > 1
    await asyncio.sleep(0.05)  # for the driver to read it; who comes within that moment gets 503
    answers = await asyncio.gather(*(client.get("/v1/realtime") for _ in range(5)), send(client, 2))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert caplog.records == []


@pytest.fixture(params=["statement_timeout", "lock_timeout"])
def short_limit(request, monkeypatch):
    monkeypatch.setitem(session._SERVER_SETTINGS, request.param, "100")


@SIZES
async def test_a_batch_that_takes_too_long(short_limit, client, other, size):
    async with other.transaction():
        await other.execute("LOCK TABLE sungrow_samples IN EXCLUSIVE MODE")
        answer = await client.post("/v1/ingest", json=batch(size))
    await require_refused_for_now(answer, other)
    if size == 2:  # 500 do not go in within the short limit either
        await require_stored_once(client, other, size)


async def test_a_database_that_may_be_read_only_and_then_written_again(client, database_url, other):
    assert (await client.get("/v1/realtime")).status_code == 404
    name = make_url(database_url).database
    await other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await end_connections(other)
    answer = await client.post("/v1/ingest", json=batch(2))
    await require_refused_for_now(answer, other)
    assert (await client.get("/v1/realtime")).status_code == 404  # what can be read is read
    await other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    refused, taken = await deliver(client, batch(2))  # the connection that read is given up now, not kept for ever
    assert (refused.status_code, taken.json()) == (503, {"inserted": 2})


async def test_no_connection_is_to_be_had(settings, database_url, other):
    role = f"crowded_{make_url(database_url).database}"
    await other.execute(f"CREATE ROLE {role} LOGIN SUPERUSER")
    await other.execute(f"ALTER ROLE {role} NOSUPERUSER CONNECTION LIMIT 0")
    url = make_url(database_url).set(username=role).render_as_string(hide_password=False)
    try:
        async with serve(settings | {"database_url": url}) as client:
            await require_refused_for_now(await client.post("/v1/ingest", json=batch(2)), other)
            await other.execute(f"ALTER ROLE {role} NOLOGIN CONNECTION LIMIT -1")
            await require_refused_for_now(await client.post("/v1/ingest", json=batch(2)), other)
            await other.execute(f"ALTER ROLE {role} LOGIN SUPERUSER")
            await require_stored_once(client, other, 2)
    finally:
        await other.execute(f"DROP ROLE {role}")


async def test_a_database_that_is_closed_to_connections_for_a_while(client, database_url, other):
    url = make_url(database_url)
    assert (await client.get("/v1/realtime")).status_code == 404
    async with other_session(url.set(database="postgres")) as keeper:
        await keeper.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        await end_connections(other)
        await require_refused_for_now(await client.post("/v1/ingest", json=batch(2)), other)
        assert (await client.get("/v1/realtime")).status_code == 503
        await keeper.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true")
    await require_stored_once(client, other, 2)


@SIZES
async def test_a_commit_that_fails_is_no_success_whatever_the_size(client, other, size):
    await other.execute("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$")
    await other.execute(
        "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON sungrow_samples DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    assert (await client.post("/v1/ingest", json=batch(size))).status_code == 500
    assert await other.fetchval("SELECT count(*) FROM sungrow_samples") == 0
    await other.execute("DROP TRIGGER fail ON sungrow_samples")
    await require_stored_once(client, other, size)


async def test_the_same_readings_in_opposite_order_at_once_do_not_deadlock(client, other):
    there = batch(500)
    back = {"samples": there["samples"][::-1]}
    answers = await asyncio.gather(*(client.post("/v1/ingest", json=body) for body in (there, back) * 4))
    assert sorted(answer.json()["inserted"] for answer in answers) == [0] * 7 + [500]
    assert await other.fetchval("SELECT count(*) FROM sungrow_samples") == 500


async def test_the_settings_of_the_database_do_not_weaken_ours(client, app, database_url, other):
    name = make_url(database_url).database
    for setting in ("default_transaction_isolation = serializable", "synchronous_commit = off"):
        await other.execute(f"ALTER DATABASE {name} SET {setting}")
    async with app.state.engine.connect() as connection:
        assert await connection.scalar(text("SHOW transaction_isolation")) == "read committed"
        assert await connection.scalar(text("SHOW synchronous_commit")) == "on"
    answers = await asyncio.gather(*(send(client, size) for size in (30, 60, 90) * 3))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["inserted"] for answer in answers) == 90


async def deliver(client, body):
    """Do what an edge does: send again until the answer is 200. Give all the answers."""
    answers = [await client.post("/v1/ingest", json=body)]
    while answers[-1].status_code != 200:
        await asyncio.sleep(0.02)
        answers.append(await client.post("/v1/ingest", json=body))
    return answers


async def deliver_hours(client, device_id):
    answers = []
    for hour in range(12):
        samples = [sample | {"device_id": device_id} for sample in batch(20)["samples"]]
        for sample in samples:
            sample["ts"] = sample["ts"].replace("T10", f"T{hour:02}")
        answers += await deliver(client, {"samples": samples})
    return answers


async def test_a_server_that_crashes_and_recovers_while_batches_come_in(settings, database_url):
    devices = [f"home{number}" for number in range(4)]
    tokens = {"device_tokens": ",".join(f"{TOKEN}:{device_id}" for device_id in devices), "read_tokens": ""}
    async with serve(settings | tokens) as client:
        edges = [asyncio.create_task(deliver_hours(client, device_id)) for device_id in devices]
        async with other_session(database_url) as other:
            while await other.fetchval("SELECT count(*) FROM sungrow_samples") < 200:  # noqa: ASYNC110 (it tells nobody)
                await asyncio.sleep(0.01)
            os.kill(await other.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)  # then the server ends all others
            other.terminate()
        answers = [answer for edge in await asyncio.gather(*edges) for answer in edge]
    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.headers.get("Retry-After") for answer in answers if answer.status_code == 503} == {"5"}
    async with other_session(database_url) as other:
        assert await other.fetchval("SELECT count(*) FROM sungrow_samples") == 4 * 12 * 20


async def test_a_server_that_hangs_keeps_nobody_from_stopping(settings, database_url, monkeypatch):
    monkeypatch.setattr(main, "_FAREWELL_S", 0.3)
    monkeypatch.setattr(main, "count_connections", lambda *_: None)  # one is left behind
    hung = []
    async with other_session(database_url) as other:
        try:
            async with asyncio.timeout(20), serve(settings) as client:
                for size, waiting in ((1, "2"), (2, "1"), (3, "0")):
                    headers = {"Sungaze-Waiting": waiting}  # there is something to write at the end
                    await client.post("/v1/ingest", json=batch(size), headers=headers)
                hung = await server_processes(other)
                for process in hung:
                    os.kill(process, signal.SIGSTOP)
        finally:
            for process in hung:
                os.kill(process, signal.SIGCONT)


@SIZES
async def test_a_server_that_hangs_is_given_up_and_taken_up_again(settings, database_url, monkeypatch, size):
    monkeypatch.setattr(main, "_DATABASE_PATIENCE_S", 0.3)
    monkeypatch.setattr(session, "_CONNECT_TIMEOUT_S", 0.3)
    async with serve(settings) as client, other_session(database_url) as other:
        assert (await client.get("/v1/realtime")).status_code == 404
        hung = await server_processes(other)
        for process in hung:
            os.kill(process, signal.SIGSTOP)
        try:
            async with asyncio.timeout(5):
                answers = await asyncio.gather(
                    send(client, size), client.get("/v1/realtime"), client.get("/v1/devices")
                )
        finally:
            for process in hung:
                os.kill(process, signal.SIGCONT)
        await require_refused_for_now(answers[0], other)
        assert {answer.status_code for answer in answers} == {503}
        await require_stored_once(client, other, size)

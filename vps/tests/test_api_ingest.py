import asyncio
import json
import sqlite3
import threading
from pathlib import Path

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from sungaze_vps.config import load_config
from sungaze_vps.db.faults import is_passing
from sungaze_vps.main import create_app
from sungaze_vps.services.ingestion import store

CONTRACT = Path(__file__).parents[2] / "contract" / "v1"
ACCEPTED = json.loads((CONTRACT / "ingest_accepted.json").read_text())
REFUSED = json.loads((CONTRACT / "ingest_refused.json").read_text())
BODY = ACCEPTED[0]["body"]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def stored(app):
    async with app.state.engine.connect() as connection:
        counts = "SELECT (SELECT count(*) FROM sungrow_samples) + (SELECT count(*) FROM p1_samples)"
        return (await connection.execute(sa.text(counts))).scalar_one()


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["name"])
async def test_the_contract_is_accepted_as_written_and_again_without_effect(app, client, case):
    answer = await client.post("/v1/ingest", json=case["body"])
    assert (answer.status_code, answer.json()) == (200, {"inserted": case["inserted"]})
    again = await client.post("/v1/ingest", json=case["body"])
    assert (again.status_code, again.json()) == (200, {"inserted": 0})
    assert await stored(app) == case["inserted"]


async def test_the_contract_is_refused_as_written_and_nothing_is_stored(app, client):
    for case in REFUSED:
        answer = await client.post("/v1/ingest", json=case["body"])
        problem = answer.json()
        assert answer.status_code == problem["status"] == case["status"], case["name"]
        assert answer.headers["content-type"] == "application/problem+json"
        named = {error["loc"][2] for error in problem.get("errors", []) if len(error["loc"]) > 2}
        assert sorted(named) == case["bad"], case["name"]
    assert await stored(app) == 0


async def test_a_refusal_is_worded_as_in_the_contract(client):
    (case,) = [case for case in REFUSED if case["name"] == "two bad samples are both named"]
    answer = await client.post("/v1/ingest", json=case["body"])
    assert answer.json() == json.loads((CONTRACT / "ingest_refusal_answer.json").read_text())


async def test_a_stored_reading_is_never_overwritten(client):
    (sample,) = BODY["samples"]
    await client.post("/v1/ingest", json=BODY)
    await client.post("/v1/ingest", json={"samples": [sample | {"pv_power_w": 1}]})
    assert (await client.get("/v1/realtime")).json()["pv_power_w"] == sample["pv_power_w"]


async def test_someone_elses_samples_are_named_and_the_whole_batch_stays_out(app, client):
    (sample,) = BODY["samples"]
    mixed = [sample, sample | {"device_id": "neighbour"}, sample | {"device_id": "nobody"}]
    answer = await client.post("/v1/ingest", json={"samples": mixed})
    assert answer.status_code == 403
    assert [error["loc"] for error in answer.json()["errors"]] == [
        ["body", "samples", 1, "device_id"],
        ["body", "samples", 2, "device_id"],
    ]
    assert await stored(app) == 0


async def break_commits(engine):
    """Make the database refuse at COMMIT whatever a transaction inserted."""
    if engine.dialect.name == "postgresql":
        when = "AFTER INSERT ON sungrow_samples DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        statements = [
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit today'; END $$",
            f"CREATE CONSTRAINT TRIGGER fail {when} EXECUTE FUNCTION fail()",
        ]
    else:
        statements = [
            "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
            "CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TRIGGER fail AFTER INSERT ON sungrow_samples BEGIN INSERT INTO child VALUES (1); END",
        ]
    async with engine.begin() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


async def test_a_commit_that_fails_is_never_answered_with_success(app, client):
    await break_commits(app.state.engine)
    for _ in range(3):
        answer = await client.post("/v1/ingest", json=BODY)
        assert answer.status_code == 500
        assert answer.json()["title"] == "Internal Server Error"
        assert "commit" not in answer.text
    assert await stored(app) == 0
    async with app.state.engine.begin() as connection:
        on = " ON sungrow_samples" if connection.dialect.name == "postgresql" else ""
        await connection.exec_driver_sql(f"DROP TRIGGER fail{on}")
    assert (await client.post("/v1/ingest", json=BODY)).json() == {"inserted": 1}


async def test_readings_are_committed_when_the_answer_begins(app):
    """Ask the database itself at the very moment the status line would be sent."""
    seen = []

    async def send(message):
        if message["type"] == "http.response.start":
            seen.append((message["status"], await stored(app)))

    async def receive():
        return {"type": "http.request", "body": json.dumps(BODY).encode(), "more_body": False}

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/ingest",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer write-token-of-the-home"), (b"content-type", b"application/json")],
    }
    await app(scope, receive, send)
    assert seen == [(200, 1)]


async def test_batches_at_the_same_time_are_all_stored_once(app, client):
    (sample,) = BODY["samples"]
    batches = [
        {"samples": [sample | {"ts": f"2026-06-21T10:{(start + minute) % 60:02}:00Z"} for minute in range(30)]}
        for start in range(0, 60, 10)
    ]
    answers = await asyncio.gather(*(client.post("/v1/ingest", json=batch) for batch in batches * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["inserted"] for answer in answers) == await stored(app) == 60


@pytest.fixture
def with_pragma(app):
    """Set something on every SQLite connection of the API."""

    def set_pragma(pragma):
        event.listen(app.state.engine.sync_engine, "connect", lambda raw, _: raw.execute(f"PRAGMA {pragma}").close())

    return set_pragma


async def test_an_error_of_the_database_carries_no_reading_into_the_log(app):
    async with app.state.engine.begin() as connection:
        cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
        await connection.execute(sa.text(f"DROP TABLE sungrow_samples{cascade}"))
    batch = app.state.parser.parse(json.dumps(BODY).encode(), app.state.clock())
    with pytest.raises(DBAPIError) as raised:
        await store(app.state.engine, batch.rows)
    assert "2500" not in str(raised.value)
    assert "home" not in str(raised.value)


@on_sqlite
async def test_a_full_disk_is_answered_with_503_and_keeps_what_was_stored(app, client, with_pragma):
    with_pragma("max_page_count = 60")
    (sample,) = BODY["samples"]
    statuses = []
    for hour in range(24):
        batch = [sample | {"ts": f"2026-06-20T{hour:02}:{second // 60:02}:{second % 60:02}Z"} for second in range(300)]
        answer = await client.post("/v1/ingest", json={"samples": batch})
        statuses.append(answer.status_code)
        if answer.status_code != 200:
            break
    assert statuses[-1] == 503
    assert answer.headers["Retry-After"].isdecimal()
    assert await stored(app) == 300 * statuses.count(200)


@on_sqlite
async def test_a_locked_database_is_answered_with_503(app, client, with_pragma):
    with_pragma("busy_timeout = 20")
    other = sqlite3.connect(app.state.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = await client.post("/v1/ingest", json=BODY)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    other.close()
    assert (await client.post("/v1/ingest", json=BODY)).json() == {"inserted": 1}


@pytest.mark.parametrize("gone", ["postgresql://127.0.0.1:1/readings", "sqlite:////nowhere/readings.db"])
async def test_a_database_that_is_gone_is_503_everywhere_and_logged_once(gone, caplog):
    app = create_app(
        load_config(database_url=gone, redis_url="memory://", device_tokens="write-token-of-the-home:home")
    )
    headers = {"Authorization": "Bearer write-token-of-the-home"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://server", headers=headers) as client,
    ):
        answers = [await client.post("/v1/ingest", json=BODY)]
        answers += [await client.get(path) for path in ("/v1/realtime", "/v1/devices", "/health")]
        assert (await client.get("/")).status_code == 200
    for thread in threading.enumerate():  # aiosqlite's thread outlives a file that cannot be opened, for a moment
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join)
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers] == [(503, "5")] * 4
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (asyncpg.DeadlockDetectedError("x"), True),
        (asyncpg.SerializationError("x"), True),
        (asyncpg.QueryCanceledError("x"), True),
        (asyncpg.AdminShutdownError("x"), True),
        (asyncpg.TooManyConnectionsError("x"), True),
        (asyncpg.DiskFullError("x"), True),
        (asyncpg.LockNotAvailableError("x"), True),
        (asyncpg.ObjectNotInPrerequisiteStateError("x"), True),
        (asyncpg.ReadOnlySQLTransactionError("x"), True),
        (asyncpg.ConnectionDoesNotExistError("x"), True),
        (asyncpg.InterfaceError("x"), True),
        (ConnectionResetError("x"), True),
        (TimeoutError(), True),
        (DBAPIError("SELECT 1", None, asyncpg.DeadlockDetectedError("x")), True),
        (asyncpg.UndefinedTableError("x"), False),
        (asyncpg.NotNullViolationError("x"), False),
        (asyncpg.InvalidTextRepresentationError("x"), False),
        (DBAPIError("SELECT 1", None, asyncpg.UndefinedTableError("x")), False),
        (sqlite3.OperationalError("no such table"), False),
        (sa.exc.InvalidRequestError("x"), False),
    ],
)
def test_only_what_goes_away_again_asks_the_client_to_try_again(error, passing):
    assert is_passing(error) is passing

"""Each request has an id: in its answer, and in every line the log has of it."""

import asyncio
import io
import json
import logging
import re

import httpx
import pytest
import sqlalchemy as sa

from sungaze_vps.config import load_config
from sungaze_vps.log import configure_logging, describe_exception
from sungaze_vps.main import wrap

AUTH = {"Authorization": "Bearer write-token-of-the-home"}


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path, sqlite_template):
    """Ids do not depend on the engine: one will do."""
    path = tmp_path / "sungaze.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def served(app, settings):
    transport = httpx.ASGITransport(wrap(app, load_config(**settings)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://server", headers=AUTH) as client:
        yield client


@pytest.fixture
def lines(monkeypatch):
    """Give a function that reads what was logged as JSON at DEBUG."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging("DEBUG", "json")
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("given", ["0123abcd", "9f1b3c5e-2d4f-4a6b-8c0d-1e2f3a4b5c6d", "A" * 64])
async def test_an_id_that_may_stand_in_a_log_is_kept(served, given):
    assert (await served.get("/", headers={"X-Request-ID": given})).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", [None, "", "short", "A" * 65, "with space", "forged\tline", "a;b=c;d=e", "übergroß"])
async def test_any_other_is_replaced(served, given):
    headers = {} if given is None else {"X-Request-ID": given.encode()}
    ids = {(await served.get("/", headers=headers)).headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)


async def test_errors_carry_it_too(app, served):
    for path, status in (("/nothing", 404), ("/v1/ingest", 405), ("/v1/realtime?device_id=cabin", 403)):
        answer = await served.get(path, headers={"X-Request-ID": "id-of-this"})
        assert (answer.status_code, answer.headers.get_list("X-Request-ID")) == (status, ["id-of-this"])
    app.state.strangers = None  # a mistake of the server
    answer = await served.get("/v1/realtime", headers={"X-Request-ID": "id-of-this"})
    assert (answer.status_code, answer.headers.get_list("X-Request-ID")) == (500, ["id-of-this"])


async def test_it_stands_in_every_line_of_its_request_and_in_no_other(served, lines):
    wrong = {"Authorization": "Bearer wrong-token-of-the-home"}
    names = [f"request-{number}" for number in range(5)]
    await asyncio.gather(*(served.get("/v1/devices", headers=wrong | {"X-Request-ID": name}) for name in names))
    logging.getLogger("sungaze_vps").info("outside")
    found = lines()
    [warning] = [line for line in found if line["level"] == "WARNING"]
    assert warning["request_id"] in names
    done = [line for line in found if line["logger"] == "sungaze_vps.access"]
    assert {line["request_id"]: line["status"] for line in done} == dict.fromkeys(names, 401)
    assert "request_id" not in next(line for line in found if line["message"] == "outside")


async def test_a_request_that_went_well_is_told_at_debug_only(served, lines):
    await served.get("/v1/devices?device_id=home")
    [line] = [line for line in lines() if line["logger"] == "sungaze_vps.access"]
    assert (line["level"], line["method"], line["route"], line["status"]) == ("DEBUG", "GET", "/v1/devices", 200)
    assert line["duration_ms"] > 0
    assert "device_id" not in line["message"]


async def test_each_answer_that_blames_the_server_has_a_line(app, served, lines, monkeypatch):
    monkeypatch.setattr(app.state.engine.pool, "_timeout", 0.01)
    connections = [await app.state.engine.connect() for _ in range(5)]
    for number in range(3):
        answer = await served.get("/v1/devices", headers={"X-Request-ID": f"in-vain-{number}"})
        assert answer.status_code == 503
    for connection in connections:
        await connection.close()
    found = lines()
    told = [line for line in found if line["logger"] == "sungaze_vps.access" and line["level"] == "WARNING"]
    assert [(line["request_id"], line["status"]) for line in told] == [(f"in-vain-{n}", 503) for n in range(3)]
    assert len([line for line in found if "is unavailable" in line["message"]]) == 1  # the outage itself only once


def test_a_line_of_json_stays_one_line_whatever_is_in_it(lines):
    outer, cause = RuntimeError("outer\nmore"), ValueError("first\nsecond")
    try:
        raise outer from cause
    except RuntimeError:
        logging.getLogger("sungaze_vps").exception('quotes " and\nlines \x00 of %s', "text")
    [line] = lines()
    assert line["message"].startswith('quotes " and\nlines')
    assert "ValueError: first\n" in line["traceback"]
    assert line["traceback"].endswith("RuntimeError: outer")
    assert line["traceback"].count("Traceback (most recent call last):") == 2
    assert "second" not in line["traceback"]


async def test_text_lines_carry_it_as_well(served, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging("WARNING", "text")
    await served.get("/v1/devices", headers={"Authorization": "Bearer wrong", "X-Request-ID": "id-of-this"})
    assert re.fullmatch(r"\S+Z WARNING \S+: requests with .* \[request id-of-this\]\n", stream.getvalue())


async def test_a_traceback_tells_what_the_database_refused_and_not_what_was_in_it(engine):
    async with engine.connect() as connection:
        statement, value = sa.text("SELECT x FROM nowhere WHERE x = :value"), "hid" + "den"
        with pytest.raises(sa.exc.DBAPIError) as caught:
            await connection.execute(statement, {"value": value})
    told = describe_exception(caught.value)
    assert "no such table: nowhere" in told
    assert "hidden" not in told
    assert "SELECT" not in told
    assert describe_exception(None) == ""

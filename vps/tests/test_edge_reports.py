"""What the edge says of itself with each delivery, and what becomes of it."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sungaze_vps.db.turns import Turns
from sungaze_vps.services.edge_reports import EdgeReport, EdgeReports, last_words

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
SAMPLE = {"device_id": "home", "kind": "sungrow", "ts": "2026-06-21T10:00:05.000Z", "pv_power_w": 2500}
EDGE = {"User-Agent": "sungaze-edge/0.1.0", "Sungaze-Waiting": "1234", "Sungaze-Quarantined": "2"}

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def deliver(client, headers):
    answer = await client.post("/v1/ingest", json={"samples": [SAMPLE]}, headers=headers)
    assert answer.status_code == 200, answer.text


async def shown(app, client):
    await app.state.edge_reports.close()  # writes what waits
    (device,) = (await client.get("/v1/devices")).json()["devices"]
    return device["edge"]


def told(waiting):
    return {"sungaze-waiting": str(waiting)}


@pytest.fixture
async def reports(engine):
    """What a process keeps that writes once in a test, and again when it is closed."""
    reports = EdgeReports(engine, Turns(engine, 5), interval_s=3600)
    yield reports
    await reports.close()


@pytest.fixture
def hasty(engine):
    """What a process keeps that writes all the time."""
    return EdgeReports(engine, Turns(engine, 5), interval_s=0.01)


async def until_known(engine, waiting):
    async with asyncio.timeout(10):
        while (await last_words(engine, ["home"])).get("home", {}).get("waiting") != waiting:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_the_devices_show_what_the_edge_told_with_its_last_delivery(app, client):
    await deliver(client, EDGE | {"Sungaze-Waiting": "2234"})
    await deliver(client, EDGE)
    assert await shown(app, client) == {
        "reported_at": "2026-06-21T12:00:00.000Z",
        "waiting": 1234,
        "quarantined": 2,
        "version": "0.1.0",
    }


async def test_a_delivery_by_something_else_than_an_edge_leaves_the_last_word_alone(app, client):
    assert await shown(app, client) is None
    await deliver(client, EDGE)
    await deliver(client, {"User-Agent": "curl/8"})
    assert (await shown(app, client))["waiting"] == 1234


@on_sqlite
@pytest.mark.parametrize(
    "waiting", ["", "-1", "+1", "1.5", "1e3", "99999999999", "²", "1, 2", "soon", "0x10", "9" * 5000]
)
async def test_a_number_that_makes_no_sense_is_ignored_and_the_readings_are_stored(app, client, waiting):
    await deliver(client, EDGE | {"Sungaze-Waiting": waiting.encode()})
    assert await shown(app, client) is None


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("sungaze-waiting", "sungaze-quarantined", "user-agent"), st.text())
    )
)
def test_whatever_stands_in_the_headers_what_is_kept_of_it_is_a_number_or_a_short_name(headers):
    report = EdgeReport.of(headers, NOON)
    if report is None:
        return
    assert 0 <= report.waiting < 10**10
    assert report.quarantined is None or 0 <= report.quarantined < 10**10
    assert report.version is None or 0 < len(report.version) <= 32


@on_sqlite
@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"Sungaze-Quarantined": "many"}, {"quarantined": None, "version": "0.1.0"}),
        ({"User-Agent": "my-own-edge/7"}, {"quarantined": 2, "version": None}),
        ({"User-Agent": "sungaze-edge/<script>"}, {"quarantined": 2, "version": None}),
        ({"User-Agent": "sungaze-edge/" + "1" * 500}, {"quarantined": 2, "version": "1" * 32}),
    ],
)
async def test_what_else_makes_no_sense_is_unknown(app, client, headers, kept):
    await deliver(client, EDGE | headers)
    edge = await shown(app, client)
    assert {name: edge[name] for name in kept} == kept
    assert edge["waiting"] == 1234


async def test_the_largest_numbers_that_pass_are_kept_and_hold_up_nobody_else(engine, reports):
    reports.note(["home"], told(9_999_999_999) | {"sungaze-quarantined": "9999999999"}, NOON)
    reports.note(["cabin"], told(3), NOON)
    await reports.close()
    words = await last_words(engine, ["home", "cabin"])
    assert words["home"]["waiting"] == words["home"]["quarantined"] == 9_999_999_999
    assert words["cabin"]["waiting"] == 3


async def test_an_older_report_of_another_worker_never_replaces_a_newer_one(engine):
    for minute, waiting in ((5, 50), (3, 30), (5, 51), (6, 60)):
        worker = EdgeReports(engine, Turns(engine, 5))
        worker.note(["home", "p1"], told(waiting), NOON + timedelta(minutes=minute))
        await worker.close()
    words = await last_words(engine, ["home", "p1", "other"])
    assert words.keys() == {"home", "p1"}
    assert words["home"]["reported_at"] == "2026-06-21T12:06:00.000Z"
    assert words["home"]["waiting"] == words["p1"]["waiting"] == 60


async def test_a_drain_of_many_deliveries_is_one_write_and_the_last_word_is_not_lost(engine, reports):
    writes = []

    def listen(_connection, _cursor, statement, *_):
        if "INSERT INTO edge_reports" in statement:
            writes.append(statement)

    sa.event.listen(engine.sync_engine, "before_cursor_execute", listen)
    reports.note(["home"], told(1000), NOON)
    await until_known(engine, 1000)
    for waiting in range(999, -1, -1):
        reports.note(["home"], told(waiting), NOON + timedelta(seconds=1000 - waiting))
        await asyncio.sleep(0)
    assert len(writes) == 1
    await reports.close()
    assert (await last_words(engine, ["home"]))["home"]["waiting"] == 0
    assert len(writes) == 2


async def test_the_last_word_before_a_silence_is_written_without_another_delivery(engine, hasty):
    for waiting in (300, 200, 100):
        hasty.note(["home"], told(waiting), NOON + timedelta(seconds=300 - waiting))
        await asyncio.sleep(0)
    await until_known(engine, 100)
    await hasty.close()


@on_sqlite
async def test_a_database_that_cannot_take_a_report_fails_no_delivery_and_gets_it_later(app, client, caplog):
    caplog.set_level(logging.INFO, "sungaze_vps")
    engine = app.state.engine
    app.state.edge_reports = reports = EdgeReports(engine, app.state.write_turns, interval_s=0.01)
    async with engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE edge_reports RENAME TO elsewhere"))
    for _ in range(3):
        await deliver(client, EDGE)
        await asyncio.sleep(0.02)
    async with asyncio.timeout(10):
        while not reports._outage.ongoing:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    async with engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO edge_reports"))
    await until_known(engine, 1234)
    await reports.close()
    lines = [record.getMessage() for record in caplog.records if "edges report" in record.getMessage()]
    assert len(lines) == 2, lines
    assert "is unavailable" in lines[0]
    assert "is back" in lines[1]


async def test_the_devices_of_others_are_not_told(app, client):
    await deliver(client, EDGE)
    await app.state.edge_reports.close()
    answer = await client.get("/v1/devices", headers={"Authorization": "Bearer write-token-of-a-neighbour"})
    assert [device["edge"] for device in answer.json()["devices"]] == [None, None]


async def test_a_hundred_devices_are_one_statement(engine, reports):
    statements = []
    names = [f"home-{number:03}" for number in range(100)]
    reports.note(names, told(7), NOON)
    sa.event.listen(engine.sync_engine, "before_cursor_execute", lambda _c, _k, text, *_: statements.append(text))
    await reports.close()
    assert len(await last_words(engine, names)) == 100
    assert sum("edge_reports" in text for text in statements) == 2, "one to write, one to read"

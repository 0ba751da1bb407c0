"""What a reader of the stream sees: the newest, at once, never backwards, and a clean end."""

import asyncio
import itertools
import json
import time

import pytest
from other_session import other_session
from sqlalchemy.engine import make_url
from waiting import until

from sungaze_vps.api import stream
from sungaze_vps.auth.limits import Limit
from sungaze_vps.live import hub, live
from sungaze_vps.metrics import STREAMS_OPEN

SAMPLE = {"device_id": "home", "kind": "sungrow", "ts": "2026-06-21T10:00:05.000Z", "pv_power_w": 2500}
READER = {"Authorization": "Bearer read-token-of-the-home"}
NEIGHBOUR = {"Authorization": "Bearer write-token-of-a-neighbour"}

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sample(second, **values):
    return SAMPLE | {"ts": f"2026-06-21T10:{second // 60:02}:{second % 60:02}.000Z"} | values


async def test_it_begins_with_the_newest_and_tells_each_newer_one_just_as_realtime_does(api):
    await api.ingest(sample(5, battery_soc_pct=45.55, running_state="Running"))
    async with api.stream(headers=READER) as stream:
        assert await stream.block() == ["retry: 1000"]
        assert await stream.sample() == (await api.client.get("/v1/realtime")).json()
        for second in (10, 15):
            await api.ingest(sample(second, pv_power_w=0.1 * second))
            assert await stream.sample() == (await api.client.get("/v1/realtime")).json()
        meter = {"device_id": "home", "ts": "2026-06-21T11:00:00Z", "power_w": 250, "meter_ts": "2026-06-21T11:00:00Z"}
        await api.ingest(meter)
        told = await stream.sample()
    assert told == (await api.client.get("/v1/realtime")).json()
    assert (told["kind"], told["power_w"]) == ("p1", 250)


@on_sqlite
async def test_it_says_that_it_must_be_neither_kept_nor_held_back(api):
    async with api.stream() as stream:
        headers = stream.response.headers
        assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")


@on_sqlite
async def test_a_device_that_has_sent_nothing_yet_is_told_of_from_its_first_sample_on(api):
    async with api.stream() as stream:
        assert await stream.block() == ["retry: 1000"]
        await api.ingest(SAMPLE)
        assert (await stream.sample())["ts"] == SAMPLE["ts"]


async def test_what_comes_late_or_again_is_not_told(api):
    async with api.stream() as stream:
        await api.ingest(sample(60))
        assert (await stream.sample())["ts"] == "2026-06-21T10:01:00.000Z"
        await api.ingest(*(sample(second) for second in range(30, 0, -1)))
        await api.ingest(sample(60, pv_power_w=1))
        await asyncio.sleep(2 * live.PACE_S)
        await api.ingest(sample(45), sample(61), sample(59))
        assert (await stream.sample())["ts"] == "2026-06-21T10:01:01.000Z"


@on_sqlite
async def test_all_devices_of_the_token_are_told_of_unless_one_is_named(api):
    neighbour, cabin = SAMPLE | {"device_id": "neighbour"}, SAMPLE | {"device_id": "cabin"}
    await api.ingest(neighbour, cabin, headers=NEIGHBOUR)
    async with api.stream(headers=NEIGHBOUR) as of_all, api.stream(headers=NEIGHBOUR, device_id="cabin") as of_one:
        assert {(await of_all.sample())["device_id"] for _ in range(2)} == {"neighbour", "cabin"}
        assert (await of_one.sample())["device_id"] == "cabin"
        await api.ingest(SAMPLE)  # of another home
        await api.ingest(neighbour | {"ts": "2026-06-21T11:00:00Z"}, headers=NEIGHBOUR)
        await api.ingest(cabin | {"ts": "2026-06-21T11:00:01Z"}, headers=NEIGHBOUR)
        assert [(await of_all.sample())["device_id"] for _ in range(2)] == ["neighbour", "cabin"]
        assert (await of_one.sample())["ts"] == "2026-06-21T11:00:01.000Z"


@on_sqlite
@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [({"Authorization": ""}, {}, 401), (READER, {"device_id": "cabin"}, 403), (READER, {"device_id": ""}, 403)],
)
async def test_whoever_may_not_read_gets_a_problem_and_no_stream(api, headers, query, status):
    answer = await api.client.get("/v1/stream", params=query, headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


@on_sqlite
async def test_it_counts_for_the_rate_of_reading(api):
    api.app.state.read_limit = Limit("read", 0.1)
    async with api.stream():
        assert (await api.client.get("/v1/stream")).status_code == 429


@on_sqlite
async def test_one_token_has_so_many_streams_and_all_tokens_have_so_many(api, monkeypatch):
    monkeypatch.setattr(hub, "MOST_PER_OWNER", 2)
    monkeypatch.setattr(hub, "MOST", 3)
    async with api.stream():
        async with api.stream():
            refused = await api.client.get("/v1/stream")
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
            async with api.stream(headers=NEIGHBOUR):
                assert (await api.client.get("/v1/stream", headers=NEIGHBOUR)).status_code == 429
        await api.until_streams(1)
        async with api.stream(headers=NEIGHBOUR), api.stream():
            assert (await api.client.get("/v1/stream", headers=NEIGHBOUR)).status_code == 429


@on_sqlite
async def test_a_comment_tells_that_it_is_alive_and_what_was_never_announced_is_found_then(api, start, monkeypatch):
    monkeypatch.setattr(stream, "ALIVE_S", 0.2)
    async with start() as elsewhere, api.stream() as told:
        assert await told.block() == ["retry: 1000"]
        assert await told.block() == [": alive"]
        await elsewhere.ingest(SAMPLE)  # without a Redis nobody tells us
        assert (await told.sample())["ts"] == SAMPLE["ts"]


@on_sqlite
async def test_it_ends_cleanly_when_its_time_is_over(api, monkeypatch):
    monkeypatch.setattr(stream, "LASTS_S", (0.2, 0.3))
    async with api.stream() as told:
        assert await told.block() == ["retry: 1000"]
        assert await told.block() == []
    await api.until_streams(0)
    assert (await api.client.get("/v1/devices")).status_code == 200  # on the same connection


@on_sqlite
async def test_a_reader_that_leaves_is_forgotten_at_once(api):
    async with api.stream(), api.stream():
        await api.until_streams(2)
        assert STREAMS_OPEN._value.get() == 2
    await api.until_streams(0)
    assert not api.app.state.live.hub.devices
    assert not api.app.state.live.hub.occupied.is_set()
    assert STREAMS_OPEN._value.get() == 0


@on_sqlite
async def test_open_streams_are_counted_and_do_not_pass_for_slow_answers(api):
    async with api.stream():
        assert "\nsungaze_streams_open 1.0\n" in (await api.client.get("/metrics")).text
    await api.until_streams(0)
    told = (await api.client.get("/metrics")).text
    assert 'sungaze_http_requests_total{method="GET",route="/v1/stream",status="200"}' in told
    assert not [line for line in told.splitlines() if "duration" in line and "/v1/stream" in line]


@on_sqlite
async def test_of_a_burst_the_newest_is_told_and_no_more_than_ten_a_second(api):
    async with api.stream() as told:
        assert await told.block() == ["retry: 1000"]
        began = time.monotonic()
        for second in range(60):
            await api.ingest(sample(second))
        times = []
        while not times or times[-1] != "2026-06-21T10:00:59.000Z":
            times.append((await told.sample())["ts"])
        took_s = time.monotonic() - began
    assert times == sorted(set(times))
    assert len(times) <= took_s / 0.1 + 1


@on_sqlite
async def test_what_is_announced_while_another_device_is_due_is_told_as_well(api, start):
    async with start() as elsewhere, api.stream(headers=NEIGHBOUR) as told:
        assert await told.block() == ["retry: 1000"]
        await elsewhere.ingest(*(SAMPLE | {"device_id": name} for name in ("neighbour", "cabin")), headers=NEIGHBOUR)
        for name in ("neighbour", "cabin"):
            api.app.state.live.announce([name])
        assert {(await told.sample())["device_id"] for _ in range(2)} == {"neighbour", "cabin"}


@on_sqlite
async def test_however_often_something_is_stored_the_database_is_asked_ten_times_a_second_at_most(api):
    push, reads = api.app.state.live, []
    read = push._read
    async with api.stream() as told:
        assert await told.block() == ["retry: 1000"]
        push._read = lambda device_id: reads.append(device_id) or read(device_id)
        began = time.monotonic()
        for _ in range(100):
            push.announce(["home"])
            await asyncio.sleep(0.003)
        took_s = time.monotonic() - began
    assert 1 < len(reads) <= took_s / live.PACE_S + 1


class Driven:
    """A stream without a socket: the test is what reads it, or does not."""

    def __init__(self, api):
        self.api = api
        self.sent = []
        self.stuck_after = None
        self.left = asyncio.Event()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if self.stuck_after is not None and len(self.sent) >= self.stuck_after:
            await self.left.wait()
        self.sent.append(message)

    async def run(self):
        caller = self.api.app.state.tokens.identify(b"write-token-of-the-home")
        answer = stream.EventStream(self.api.app.state.live, caller, ["home"])
        await answer({"type": "http"}, self.receive, self.send)


@on_sqlite
async def test_a_reader_that_stops_reading_takes_the_room_of_one_sample_and_gives_up_its_place(api, monkeypatch):
    monkeypatch.setattr(stream, "LASTS_S", (1, 1))
    driven = Driven(api)
    driven.stuck_after = 2
    running = asyncio.create_task(driven.run())
    await api.until_streams(1)
    [[subscription]] = api.app.state.live.hub._by_device.values()
    most = 0
    for second in itertools.count():
        await api.ingest(sample(second))
        most = max(most, len(subscription._waiting))
        if not api.app.state.live.hub.devices:
            break
    assert most == 1
    assert not running.done()  # the end of the answer waits like any other answer
    driven.left.set()
    await running
    assert driven.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def rename(other, name, to):
    await other.execute(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'")
    await other.execute(f"ALTER DATABASE {name} RENAME TO {to}")


@pytest.mark.parametrize("database_url", ["postgresql", "timescaledb"], indirect=True)
async def test_without_a_database_no_stream_begins_and_one_that_has_begun_goes_on_when_it_is_back(
    api, start, database_url, monkeypatch
):
    monkeypatch.setattr(live, "RETRY_S", 0.1)
    monkeypatch.setattr(stream, "ALIVE_S", 1000)
    url = make_url(database_url)
    name = url.database
    await api.ingest(sample(1))
    async with other_session(url.set(database="postgres")) as other, api.stream() as told:
        await told.sample()
        async with start() as unheard:
            await unheard.ingest(sample(2))
        await rename(other, name, "elsewhere")
        refused = await api.client.get("/v1/stream")
        assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
        api.app.state.live.announce(["home"])
        await asyncio.sleep(0.3)
        await rename(other, "elsewhere", name)
        assert (await told.sample())["ts"] == "2026-06-21T10:00:02.000Z"


@on_sqlite
async def test_a_mistake_in_the_background_is_logged_and_the_push_goes_on(api, monkeypatch, caplog):
    monkeypatch.setattr(live, "RETRY_S", 0.05)
    async with api.stream() as told:
        await told.block()
        read = api.app.state.live._read
        api.app.state.live._read = lambda _: json.loads("no JSON")
        await api.ingest(sample(1))
        await until(lambda: "made a mistake" in caplog.text)
        api.app.state.live._read = read
        await api.ingest(sample(2))
        assert (await told.sample())["ts"] == "2026-06-21T10:00:02.000Z"


@on_sqlite
async def test_a_server_that_stops_lets_streams_go_and_takes_no_new_ones(api):
    async with api.stream() as told:
        assert await told.block() == ["retry: 1000"]
        api.app.state.live.hub.close()
        assert await told.block() == []
    refused = await api.client.get("/v1/stream")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")


@on_sqlite
async def test_its_description_says_what_it_answers(api):
    described = (await api.client.get("/openapi.json")).json()["paths"]["/v1/stream"]["get"]
    assert set(described["responses"]) == {"200", "401", "403", "429", "503"}
    assert list(described["responses"]["200"]["content"]) == ["text/event-stream"]
    assert [parameter["name"] for parameter in described["parameters"]] == ["device_id"]

"""Every answer of a server, on a real HTTPS connection, and what becomes of the readings. Nothing is ever lost."""

import asyncio
import json
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from sungaze_edge.server import Server
from sungaze_edge.spool import Spool
from sungaze_edge.uploader import Uploader, Verdict, refused_samples

TOKEN = "a-token-for-the-tests-0123456789"
CONTRACT = Path(__file__).parents[2] / "contract" / "v1"


@pytest.fixture
async def spool(tmp_path):
    async with Spool(tmp_path / "spool.db") as spool:
        yield spool


@pytest.fixture
def uploader(spool, cloud, ca_file, clock):
    """Make an uploader that never waits longer than a moment."""

    @asynccontextmanager
    async def make(url=None, ca=ca_file, by=clock, **options):
        async with Server(url or cloud.url, TOKEN, ca, by) as server:
            fast = {"backoff_s": (0.01, 0.05), "denied_backoff_s": (0.05, 0.1), "interval_s": 0.02, "batch_size": 30}
            yield Uploader(spool, server, by, **{**fast, **options})

    return make


async def run_until(uploader, done: Callable[[], bool], seconds=5.0):
    stop = asyncio.Event()
    task = asyncio.create_task(uploader.run(stop))
    try:
        async with asyncio.timeout(seconds):
            while not done():  # noqa: ASYNC110 - whatever state a test asks about has no event
                await asyncio.sleep(0.002)
    finally:
        stop.set()
        await task


async def fill(spool, reading, count, start=0):
    for number in range(start, start + count):
        await spool.enqueue(reading(n=number))


def stored(cloud):
    return sorted(sample["n"] for sample in cloud.stored.values())


async def kept(spool, clock):
    return [json.loads(row.sample)["n"] for row in await spool.peek(10_000, clock.instant())]


# --- delivered ---


async def test_hc001_readings_leave_the_spool_when_the_server_has_them(uploader, spool, cloud, reading, clock):
    await fill(spool, reading, 3)
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 3)
    assert stored(cloud) == [0, 1, 2]
    assert await kept(spool, clock) == []
    assert up.status.verdict is Verdict.STORED


async def test_a_request_says_who_asks_and_what_it_brings(uploader, spool, cloud, reading):
    await fill(spool, reading, 1)
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 1)
    (request,) = cloud.requests
    assert (request.method, request.path) == ("POST", "/v1/ingest")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("sungaze-edge/")


async def test_a_backlog_goes_back_to_back_in_big_compressed_batches(uploader, spool, cloud, reading):
    await fill(spool, reading, 250)
    async with uploader(drain_batch_size=100, interval_s=0.5) as up:
        await run_until(up, lambda: up.status.delivered == 250)
    assert [len(request.samples) for request in cloud.requests] == [100, 100, 50]
    assert all(request.headers["content-encoding"] == "gzip" for request in cloud.requests)
    assert stored(cloud) == list(range(250))


async def test_in_quiet_times_a_batch_is_no_bigger_than_was_set(uploader, spool, cloud, reading):
    await fill(spool, reading, 5)
    async with uploader(batch_size=5) as up:
        await run_until(up, lambda: up.status.delivered == 5)
    assert len(cloud.requests) == 1


async def test_one_connection_serves_many_batches(uploader, spool, cloud, reading):
    await fill(spool, reading, 50)
    async with uploader(drain_batch_size=10, batch_size=5) as up:
        await run_until(up, lambda: up.status.delivered == 50)
    assert len(cloud.requests) == 5


async def test_a_server_that_takes_no_gzip_gets_plain_bodies_from_then_on(uploader, spool, cloud, reading, reply):
    await fill(spool, reading, 100)
    cloud.judge = lambda request: reply(415, {}) if "content-encoding" in request.headers else None
    async with uploader(drain_batch_size=50) as up:
        await run_until(up, lambda: up.status.delivered == 100)
    assert ["content-encoding" in request.headers for request in cloud.requests] == [True, False, False]


# --- kept, and tried again ---


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_hc001_when_the_server_cannot_now_everything_is_kept_and_sent_again(
    uploader, spool, cloud, reading, reply, clock, status
):
    await fill(spool, reading, 3)
    cloud.judge = lambda _: reply(status, {})
    async with uploader() as up:
        await run_until(up, lambda: len(cloud.requests) == 3)
        assert await kept(spool, clock) == [0, 1, 2]
        assert up.status.verdict is Verdict.LATER
        cloud.judge = None
        await run_until(up, lambda: up.status.delivered == 3)
    assert stored(cloud) == [0, 1, 2]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "text": "<html>Please log in to Hotel WiFi</html>"},
        {"status": 200, "document": {"ok": True}},
        {"status": 200, "document": {"inserted": True}},
        {"status": 200, "document": [1]},
        {"status": 204, "text": ""},
        {"status": 301, "text": "", "headers": {"Location": "https://elsewhere.example/"}},
        {"status": 302, "text": "", "headers": {"Location": "/login"}},
        {"status": 404, "document": {"detail": "Not Found"}},
        {"status": 405, "text": ""},
        {"status": 400, "text": "<html>Bad Request, says some proxy</html>"},
        {"status": 418, "text": ""},
    ],
)
async def test_hc001_an_answer_that_is_not_our_servers_acknowledges_nothing(
    uploader, spool, cloud, reading, reply, clock, answer, caplog
):
    await fill(spool, reading, 3)
    cloud.judge = lambda _: reply(**answer)
    async with uploader() as up:
        await run_until(up, lambda: len(cloud.requests) == 3)
    assert await kept(spool, clock) == [0, 1, 2]
    assert (await spool.status()).quarantined == 0
    assert up.status.verdict is Verdict.MISPLACED
    assert "VPS_INGEST_URL" in up.status.last_error
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1
    assert {request.path for request in cloud.requests} == {"/v1/ingest"}, "no redirect is followed"


@pytest.mark.parametrize("status", [401, 403])
async def test_hc001_a_refused_token_keeps_everything_and_is_tried_slowly(
    uploader, spool, cloud, reading, reply, clock, caplog, status
):
    await fill(spool, reading, 3)
    cloud.judge = lambda _: reply(
        status, {"errors": [{"loc": ["body", "samples", 0, "device_id"], "msg": "not yours"}]}
    )
    async with uploader(denied_backoff_s=(0.2, 0.2)) as up:
        await run_until(up, lambda: len(cloud.requests) == 3)
        assert await kept(spool, clock) == [0, 1, 2]
        assert (await spool.status()).quarantined == 0
        assert up.status.verdict is Verdict.DENIED
        assert "VPS_DEVICE_TOKEN" in up.status.last_error
        assert caplog.text.count("VPS_DEVICE_TOKEN") == 1, "told once"
        assert TOKEN not in caplog.text
        cloud.judge = None
        await run_until(up, lambda: up.status.delivered == 3)


def test_by_default_a_refused_token_is_tried_at_most_once_a_minute(spool, clock):
    up = Uploader(spool, None, clock, batch_size=30, interval_s=10)
    waits = [up._put_off(Verdict.DENIED, "x") for _ in range(10)]
    assert min(waits) >= 60
    assert max(waits) <= 300


def test_by_default_trouble_is_tried_again_from_one_second_to_five_minutes(spool, clock):
    up = Uploader(spool, None, clock, batch_size=30, interval_s=10)
    waits = [up._put_off(Verdict.LATER, "x") for _ in range(20)]
    assert 0.5 <= waits[0] <= 1
    assert all(150 <= seconds <= 300 for seconds in waits[-5:])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("999999", 3600.0),
        (format_datetime(datetime(2026, 6, 21, 12, 0, 30, tzinfo=UTC), usegmt=True), 30.0),
        (format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True), 0.0),
        ("soon", None),
        ("²", None),
        (None, None),
    ],
)
async def test_retry_after_is_seconds_or_a_date_within_reason(cloud, ca_file, clock, reply, text, seconds):
    cloud.replies.append(reply(503, {}, {"Retry-After": text} if text and text.isascii() else {}))
    async with Server(cloud.url, TOKEN, ca_file, clock) as server:
        answer = await server.ingest([])
        assert answer.retry_after_s == seconds
        assert server._retry_after_s(text) == seconds


def test_retry_after_wins_over_the_backoff(spool, clock):
    up = Uploader(spool, None, clock, batch_size=30, interval_s=10)
    for _ in range(12):
        up._put_off(Verdict.LATER, "x")
    assert up._put_off(Verdict.LATER, "x", 7) == 7
    assert up._put_off(Verdict.LATER, "x", 0) == 1, "but no hammering"


async def test_hc001_hc002_a_lost_reply_after_the_commit_loses_and_doubles_nothing(
    uploader, spool, cloud, reading, reply
):
    await fill(spool, reading, 5)
    cloud.replies.extend([reply(lost=True)] * 3)
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 5)
    assert stored(cloud) == [0, 1, 2, 3, 4]
    assert cloud.sent_twice == 15


async def test_hc001_a_server_that_is_not_there_loses_nothing(uploader, spool, reading, serve_tls, cloud, clock):
    await fill(spool, reading, 3)
    async with serve_tls() as gone:
        pass
    async with uploader(gone.url) as up:
        await run_until(up, lambda: up.status.verdict is not None)
        assert "cannot be reached" in up.status.last_error
        assert await kept(spool, clock) == [0, 1, 2]
        async with serve_tls(gone):
            await run_until(up, lambda: up.status.delivered == 3)


# --- refused ---


async def test_a_bad_reading_is_set_aside_and_the_rest_delivered(uploader, spool, cloud, reading, reply):
    await fill(spool, reading, 10)

    def judge(request):
        bad = [index for index, sample in enumerate(request.samples) if sample["n"] in (3, 7)]
        errors = [{"loc": ["body", "samples", index, "n"], "msg": "too unlucky"} for index in bad]
        return reply(422, {"detail": "refused", "errors": errors}) if bad else None

    cloud.judge = judge
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 8)
    assert stored(cloud) == [0, 1, 2, 4, 5, 6, 8, 9]
    refused = spool._store.quarantined()
    assert [(json.loads(row.sample)["n"], row.reason) for row in refused] == [
        (3, "n: too unlucky"),
        (7, "n: too unlucky"),
    ]
    assert len(cloud.requests) == 2


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_that_names_nobody_is_narrowed_down_to_the_culprit(
    uploader, spool, cloud, reading, reply, status
):
    await fill(spool, reading, 60)
    cloud.judge = lambda request: (
        reply(status, {"detail": "something is wrong"})
        if any(sample["n"] == 41 for sample in request.samples)
        else None
    )
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 59)
    (refused,) = spool._store.quarantined()
    assert (json.loads(refused.sample)["n"], refused.reason) == (41, "something is wrong")
    assert len(cloud.requests) < 25
    assert stored(cloud) == [n for n in range(60) if n != 41]


async def test_a_batch_that_is_too_big_is_halved_and_the_size_remembered(uploader, spool, cloud, reading, reply):
    await fill(spool, reading, 300)
    cloud.judge = lambda request: reply(413, text="<html>too large</html>") if len(request.samples) > 40 else None
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 300)
    sizes = [len(request.samples) for request in cloud.requests]
    assert sizes[:4] == [300, 150, 75, 37]
    assert max(sizes[3:]) <= 37
    assert (await spool.status()).quarantined == 0


async def test_a_single_reading_that_is_too_big_goes_to_quarantine(uploader, spool, cloud, reading, reply):
    await fill(spool, reading, 4)
    cloud.judge = lambda request: (
        reply(413, {"detail": "too big"}) if any(sample["n"] == 2 for sample in request.samples) else None
    )
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 3)
    assert (await spool.status()).quarantined == 1


async def test_a_server_that_refuses_everything_does_not_empty_the_spool_into_quarantine(
    uploader, spool, cloud, reading, reply
):
    await fill(spool, reading, 60)
    cloud.judge = lambda _: reply(422, {"detail": "a bad day"})
    async with uploader(backoff_s=(30, 30)) as up:
        with suppress(TimeoutError):
            await run_until(up, lambda: False, seconds=0.5)
    assert (await spool.status()).quarantined <= 5


def test_the_contracts_own_refusal_names_the_bad_samples():
    document = json.loads((CONTRACT / "ingest_refusal_answer.json").read_text())
    reasons = refused_samples(document, 3)
    assert reasons.keys() == {0, 2}
    assert reasons[0] == "ts: a time with a zone is required"


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"errors": None},
        {"errors": ["x"]},
        {"errors": [{"loc": "samples"}]},
        {"errors": [{"loc": ["body", "samples"]}]},
        {"errors": [{"loc": ["body", "samples", 3]}]},
        {"errors": [{"loc": ["body", "samples", -1]}]},
        {"errors": [{"loc": ["body", "samples", "0"]}]},
    ],
)
def test_a_refusal_that_names_no_sample_of_the_batch_names_none(document):
    assert refused_samples(document, 3) == {}


# --- HTTPS only ---


async def test_hc003_an_unknown_authority_is_not_trusted(uploader, spool, cloud, reading, clock):
    await fill(spool, reading, 1)
    async with uploader(ca=None) as up:
        await run_until(up, lambda: up.status.verdict is not None)
    assert "VPS_CA_FILE" in up.status.last_error
    assert cloud.requests == []
    assert await kept(spool, clock) == [0]


@pytest.mark.parametrize(
    ("names", "dates", "complaint"),
    [
        (["elsewhere.example"], {}, "not accepted"),
        (["localhost"], {"not_after": datetime.now(UTC) - timedelta(days=1)}, "has expired"),
        (["localhost"], {"not_before": datetime.now(UTC) + timedelta(days=30)}, "the clock is behind"),
    ],
)
async def test_hc003_a_certificate_that_is_wrong_in_any_way_is_refused(
    uploader, spool, reading, clock, serve_tls, authority, names, dates, complaint
):
    await fill(spool, reading, 1)
    certificate: trustme.LeafCert = authority.issue_cert(*names, **dates)
    async with serve_tls(certificate=certificate) as impostor, uploader(impostor.url) as up:
        await run_until(up, lambda: up.status.verdict is not None)
        assert complaint in up.status.last_error
        assert impostor.requests == []
    assert await kept(spool, clock) == [0]


async def test_hc003_a_server_without_tls_gets_nothing(uploader, spool, reading, clock):
    heard = bytearray()

    async def listen(reader, writer):
        heard.extend(await reader.read(100_000))
        writer.close()

    await fill(spool, reading, 1)
    server = await asyncio.start_server(listen, "localhost", 0)
    async with server, uploader(f"https://localhost:{server.sockets[0].getsockname()[1]}/v1/ingest") as up:
        await run_until(up, lambda: up.status.verdict is not None)
    assert TOKEN.encode() not in heard
    assert await kept(spool, clock) == [0]


# --- time ---


async def test_a_machine_that_does_not_know_the_time_asks_the_server_and_then_delivers(
    uploader, spool, cloud, hands, reading
):
    hands.kernel, hands.wall_s = False, 0.0
    clock = hands.clock()
    for number in range(3):
        await spool.enqueue(reading(by=clock, n=number))
    async with uploader(by=clock) as up:
        await run_until(up, lambda: up.status.delivered == 3)
    assert [(request.method, request.path) for request in cloud.requests] == [
        ("GET", "/v1/devices"),
        ("POST", "/v1/ingest"),
    ]
    times = sorted(datetime.fromisoformat(ts) for _, ts in cloud.stored)
    assert abs(times[-1] - datetime(2026, 6, 21, 12, tzinfo=UTC)) < timedelta(seconds=2)
    assert times[2] - times[0] == timedelta(seconds=10)


# --- the end ---


async def test_a_stop_signal_ends_every_wait(uploader, spool, cloud, reading, reply):
    await fill(spool, reading, 1)
    cloud.judge = lambda _: reply(503, {}, {"Retry-After": "3600"})
    async with uploader(interval_s=3600) as up:
        await run_until(up, lambda: up.status.verdict is Verdict.LATER, seconds=2)


async def test_a_batch_on_its_way_is_finished_before_the_end(uploader, spool, cloud, reading, clock):
    await fill(spool, reading, 3)

    def slow(request):
        answer = cloud.store(request)
        answer.delay_s = 0.2
        return answer

    cloud.judge = slow
    async with uploader() as up:
        await run_until(up, lambda: bool(cloud.requests))
    assert await kept(spool, clock) == []

"""Whatever the server answers, or does not, every reading is kept and sent again."""

import gzip
import tracemalloc
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from sungaze_edge import config, main
from sungaze_edge.server import Server
from sungaze_edge.verdict import Verdict


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_hc001_when_the_server_cannot_now_everything_is_kept_and_sent_again(
    uploader, spool, cloud, reply, clock, status, run_until, fill, stored, kept
):
    await fill(spool, 3)
    cloud.judge = lambda _: reply(status, {})
    async with uploader() as up:
        await run_until(up, lambda: len(cloud.requests) == 3)
        assert await kept(spool, clock) == [0, 1, 2]
        assert up.status.verdict is Verdict.LATER
        cloud.judge = None
        await run_until(up, lambda: up.status.delivered == 3)
    assert stored(cloud) == [0, 1, 2]


@pytest.mark.parametrize("location", ["https://xn--a/", "https://h:999999/", "//["])
async def test_hc001_a_redirect_to_an_impossible_place_is_trouble_like_any_other(
    uploader, spool, cloud, reply, clock, location, caplog, run_until, fill, kept
):
    await fill(spool, 1)
    cloud.judge = lambda _: reply(302, text="", headers={"Location": location})
    async with uploader() as up:
        await run_until(up, lambda: len(cloud.requests) == 3)
    assert await kept(spool, clock) == [0]
    assert "cannot be reached" in up.status.last_error or "redirects" in up.status.last_error


async def test_an_address_that_there_cannot_be_is_told_as_such(uploader, spool, run_until, fill):
    await fill(spool, 1)
    async with uploader("https://xn--a/v1/ingest") as up:
        await run_until(up, lambda: up.status.last_error)
    assert "VPS_INGEST_URL" in up.status.last_error


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
        {"status": 200, "document": {"inserted": -1}},
        {"status": 404, "document": {"detail": "Not Found"}},
        {"status": 405, "text": ""},
        {"status": 400, "text": "<html>Bad Request, says some proxy</html>"},
        {"status": 400, "document": {"message": "no Route matched with those values"}},
        {"status": 422, "document": {"detail": "a gateway's opinion", "status": 422}},
        {"status": 422, "document": {"type": "about:blank", "status": "422"}},
        {"status": 400, "document": {"type": "about:blank", "status": 401}},
        {"status": 418, "text": ""},
    ],
)
async def test_hc001_an_answer_that_is_not_our_servers_acknowledges_nothing(
    uploader, spool, cloud, reply, clock, answer, caplog, run_until, fill, kept
):
    await fill(spool, 3)
    cloud.judge = lambda _: reply(**answer)
    async with uploader() as up:
        await run_until(up, lambda: len(cloud.requests) == 3)
    assert await kept(spool, clock) == [0, 1, 2]
    assert (await spool.status()).quarantined == 0
    assert up.status.verdict is Verdict.MISPLACED
    assert "VPS_INGEST_URL" in up.status.last_error
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1
    assert {request.path for request in cloud.requests} == {"/v1/ingest"}, "no redirect is followed"


@pytest.mark.parametrize(
    ("coding", "times", "size"), [("gzip", 1, 2**26), ("gzip, gzip", 2, 2**26), ("gzip", 1, 2**20 + 1)]
)
async def test_an_answer_that_swells_costs_no_memory_and_acknowledges_nothing(
    cloud, reply, ca_file, clock, token, coding, times, size
):
    content = b'{"inserted":1}'.ljust(size)
    for _ in range(times):
        content = gzip.compress(content)
    cloud.replies.append(reply(content=content, headers={"Content-Encoding": coding}))
    async with Server(cloud.url, token, ca_file, clock) as server:
        tracemalloc.start()
        try:
            answer = await server.ingest(["{}"])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert answer.document is None
    assert peak < 8 * 2**20


async def test_an_answer_that_a_proxy_compressed_unasked_is_understood(cloud, reply, ca_file, clock, token):
    content = gzip.compress(b'{"inserted":1}')
    cloud.replies.append(reply(content=content, headers={"Content-Encoding": "gzip"}))
    cloud.replies.append(reply(content=content[:-1], headers={"Content-Encoding": "gzip"}))
    async with Server(cloud.url, token, ca_file, clock) as server:
        assert (await server.ingest(["{}"])).document == {"inserted": 1}
        assert (await server.ingest(["{}"])).document is None, "a part of it is missing"


@pytest.mark.parametrize("status", [401, 403])
async def test_hc001_a_refused_token_keeps_everything_and_is_tried_slowly(
    uploader, spool, cloud, reply, clock, caplog, status, run_until, fill, kept, token
):
    await fill(spool, 3)
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
        assert token not in caplog.text
        cloud.judge = None
        await run_until(up, lambda: up.status.delivered == 3)


@pytest.fixture
def as_configured(spool, clock):
    """An uploader as `run` makes it, which is asked how long it would wait."""
    settings = config.load({"VPS_INGEST_URL": "https://e.org", "VPS_DEVICE_TOKEN": "x" * 20, "SUNGROW_HOST": "h"})
    return main._uploader(spool, None, clock, settings)


def test_a_refused_token_is_tried_at_most_once_a_minute(as_configured):
    waits = [as_configured._put_off(Verdict.DENIED, "x") for _ in range(10)]
    assert min(waits) >= 60
    assert max(waits) <= 300


def test_trouble_is_tried_again_from_one_second_to_five_minutes(as_configured):
    waits = [as_configured._put_off(Verdict.LATER, "x") for _ in range(20)]
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
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None),
        (None, None),
    ],
)
async def test_retry_after_is_seconds_or_a_date_within_reason(cloud, ca_file, clock, reply, text, seconds, token):
    cloud.replies.append(reply(503, {}, {"Retry-After": text} if text and text.isascii() else {}))
    async with Server(cloud.url, token, ca_file, clock) as server:
        answer = await server.ingest([])
        assert answer.retry_after_s == seconds
        assert server._retry_after_s(text) == seconds


def test_retry_after_wins_over_the_backoff(as_configured):
    for _ in range(12):
        as_configured._put_off(Verdict.LATER, "x")
    assert as_configured._put_off(Verdict.LATER, "x", 7) == 7
    assert as_configured._put_off(Verdict.LATER, "x", 0) == 1, "but no hammering"


async def test_hc001_hc002_a_lost_reply_after_the_commit_loses_and_doubles_nothing(
    uploader, spool, cloud, reply, run_until, fill, stored, caplog
):
    await fill(spool, 5)
    cloud.replies.extend([reply(lost=True)] * 3)
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 5)
    assert stored(cloud) == [0, 1, 2, 3, 4]
    assert cloud.sent_twice == 15
    assert ".." not in caplog.text


async def test_hc001_a_server_that_is_not_there_loses_nothing(
    uploader, spool, serve_tls, cloud, clock, run_until, fill, kept
):
    await fill(spool, 3)
    async with serve_tls() as gone:
        pass
    async with uploader(gone.url) as up:
        await run_until(up, lambda: up.status.verdict is not None)
        assert "cannot be reached" in up.status.last_error
        assert await kept(spool, clock) == [0, 1, 2]
        async with serve_tls(gone):
            await run_until(up, lambda: up.status.delivered == 3)

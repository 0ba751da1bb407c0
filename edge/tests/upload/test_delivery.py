"""Readings go to the server in batches, on a real HTTPS connection, and leave the spool when they are there."""

from datetime import UTC, datetime, timedelta

from sungaze_edge.verdict import Verdict


async def test_hc001_readings_leave_the_spool_when_the_server_has_them(
    uploader, spool, cloud, clock, run_until, fill, stored, kept
):
    await fill(spool, 3)
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 3)
    assert stored(cloud) == [0, 1, 2]
    assert await kept(spool, clock) == []
    assert up.status.verdict is Verdict.STORED


async def test_a_request_says_who_asks_and_what_it_brings(uploader, spool, cloud, run_until, fill, token):
    await fill(spool, 1)
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 1)
    (request,) = cloud.requests
    assert (request.method, request.path) == ("POST", "/v1/ingest")
    assert request.headers["authorization"] == f"Bearer {token}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("sungaze-edge/")


async def test_a_backlog_goes_back_to_back_in_big_compressed_batches(uploader, spool, cloud, run_until, fill, stored):
    await fill(spool, 250)
    async with uploader(drain_batch_size=100, interval_s=3600) as up:
        await run_until(up, lambda: up.status.delivered == 250)
    assert [len(request.samples) for request in cloud.requests] == [100, 100, 50]
    assert all(request.headers["content-encoding"] == "gzip" for request in cloud.requests)
    assert stored(cloud) == list(range(250))


async def test_in_quiet_times_a_batch_is_no_bigger_than_was_set(uploader, spool, cloud, run_until, fill):
    await fill(spool, 5)
    async with uploader(batch_size=5) as up:
        await run_until(up, lambda: up.status.delivered == 5)
    assert len(cloud.requests) == 1


async def test_one_connection_serves_many_batches(uploader, spool, cloud, run_until, fill):
    await fill(spool, 50)
    async with uploader(drain_batch_size=10, batch_size=5) as up:
        await run_until(up, lambda: up.status.delivered == 50)
    assert len(cloud.requests) == 5


async def test_a_server_that_takes_no_gzip_gets_plain_bodies_from_then_on(
    uploader, spool, cloud, reply, run_until, fill
):
    await fill(spool, 100)
    cloud.judge = lambda request: reply(415, {}) if "content-encoding" in request.headers else None
    async with uploader(drain_batch_size=50) as up:
        await run_until(up, lambda: up.status.delivered == 100)
    assert ["content-encoding" in request.headers for request in cloud.requests] == [True, False, False]


async def test_a_machine_that_does_not_know_the_time_asks_the_server_and_then_delivers(
    uploader, spool, cloud, hands, reading, run_until
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


async def test_a_stop_signal_ends_every_wait(uploader, spool, cloud, reply, run_until, fill):
    await fill(spool, 1)
    cloud.judge = lambda _: reply(503, {}, {"Retry-After": "3600"})
    async with uploader(interval_s=3600) as up:
        await run_until(up, lambda: up.status.verdict is Verdict.LATER, seconds=2)


async def test_a_batch_on_its_way_is_finished_before_the_end(uploader, spool, cloud, clock, run_until, fill, kept):
    await fill(spool, 3)

    def slow(request):
        answer = cloud.store(request)
        answer.delay_s = 0.2
        return answer

    cloud.judge = slow
    async with uploader() as up:
        await run_until(up, lambda: bool(cloud.requests))
    assert await kept(spool, clock) == []

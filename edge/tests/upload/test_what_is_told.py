"""Each delivery tells the server how much will still wait behind it."""

import pytest


def told(cloud):
    names = ("sungaze-waiting", "sungaze-quarantined")
    return [tuple(int(request.headers[name]) for name in names) for request in cloud.requests]


@pytest.fixture
def unlucky(refusal):
    """Judge as a server that does not take the readings 3 and 7."""

    def judge(request):
        bad = [index for index, sample in enumerate(request.samples) if sample["n"] in (3, 7)]
        errors = [{"loc": ["body", "samples", index, "n"], "msg": "too unlucky"} for index in bad]
        return refusal(422, detail="refused", errors=errors) if bad else None

    return judge


async def test_in_quiet_times_nothing_is_left(uploader, spool, cloud, run_until, fill):
    await fill(spool, 3)
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 3)
    assert told(cloud) == [(0, 0)]


async def test_while_a_backlog_drains_what_is_left_is_counted_down_to_nothing(uploader, spool, cloud, run_until, fill):
    await fill(spool, 250)
    async with uploader(drain_batch_size=100) as up:
        await run_until(up, lambda: up.status.delivered == 250)
    assert told(cloud) == [(150, 0), (50, 0), (0, 0)]


async def test_readings_that_were_set_aside_are_told_and_wait_no_longer(
    uploader, spool, cloud, run_until, fill, unlucky
):
    await fill(spool, 10)
    cloud.judge = unlucky
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 8)
        assert told(cloud) == [(0, 0), (0, 2)]
        spool._store.retry()
        cloud.judge = None
        await run_until(up, lambda: up.status.delivered == 10)
    assert told(cloud)[2:] == [(0, 0)]


async def test_readings_of_a_device_that_has_to_wait_are_among_those_left(
    uploader, spool, cloud, reading, refusal, run_until, fill
):
    await spool.enqueue(reading(device_id="renamed", n=100))
    await fill(spool, 3)
    denied = [{"loc": ["body", "samples", 0, "device_id"], "msg": "is not a device of this token"}]
    cloud.judge = lambda request: refusal(403, errors=denied) if request.samples[0]["device_id"] == "renamed" else None
    async with uploader(denied_backoff_s=(3600, 3600)) as up:
        await run_until(up, lambda: up.status.delivered == 3)
    assert told(cloud) == [(0, 0), (1, 0)]


async def test_it_is_told_again_where_a_body_has_to_go_plain(uploader, spool, cloud, reply, run_until, fill):
    await fill(spool, 100)
    cloud.judge = lambda request: reply(415, {}) if "content-encoding" in request.headers else None
    async with uploader(drain_batch_size=50) as up:
        await run_until(up, lambda: up.status.delivered == 100)
    assert told(cloud) == [(50, 0), (50, 0), (0, 0)]


async def test_counting_does_not_look_at_the_readings(spool, fill):
    await fill(spool, 600)
    looked = []
    spool._store._db.set_trace_callback(looked.append)
    assert await spool.backlog() == (600, 0)
    assert looked == ["PRAGMA data_version"]

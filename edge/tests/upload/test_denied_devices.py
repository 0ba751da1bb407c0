"""Readings of a device that the token is not for wait, and hold up nobody."""

import pytest

from sungaze_edge.verdict import Verdict


@pytest.fixture
def deny(refusal):
    """Judge as the server does: one reading of a foreign device and the whole batch is refused, naming its readings."""

    def for_devices(*foreign):
        def judge(request):
            errors = [
                {"loc": ["body", "samples", index, "device_id"], "msg": "is not a device of this token"}
                for index, sample in enumerate(request.samples)
                if sample["device_id"] in foreign
            ]
            return refusal(403, errors=errors) if errors else None

        return judge

    return for_devices


async def test_readings_of_a_device_that_is_not_the_tokens_do_not_hold_up_the_others(
    uploader, spool, cloud, clock, reading, run_until, fill, stored, kept, deny
):
    for number in range(40):
        await spool.enqueue(reading(device_id="renamed", n=100 + number))
    await fill(spool, 3)
    cloud.judge = deny("renamed")
    async with uploader(denied_backoff_s=(3600, 3600), drain_batch_size=20) as up:
        await run_until(up, lambda: up.status.delivered == 3)
        await fill(spool, 3, start=3)
        await run_until(up, lambda: up.status.delivered == 6)
    assert stored(cloud) == [0, 1, 2, 3, 4, 5]
    assert await kept(spool, clock) == list(range(100, 140))
    assert (await spool.status()).quarantined == 0
    denied = [request for request in cloud.requests if request.samples[0]["device_id"] == "renamed"]
    assert len(denied) == 1
    assert up.status.denied_devices == {"renamed"}


async def test_a_denied_device_is_told_once_and_tried_again_until_it_is_taken(
    uploader, spool, cloud, reading, caplog, run_until, fill, stored, deny
):
    caplog.set_level("INFO")
    await spool.enqueue(reading(device_id="renamed", n=99))
    await fill(spool, 1)
    cloud.judge = deny("renamed")
    async with uploader(denied_backoff_s=(0.02, 0.02)) as up:
        await run_until(up, lambda: len(cloud.requests) == 6)
        assert up.status.denied_devices == {"renamed"}
        assert caplog.text.count("Readings of renamed are not delivered") == 1
        cloud.judge = None
        await run_until(up, lambda: up.status.delivered == 2)
    assert stored(cloud) == [0, 99]
    assert up.status.denied_devices == frozenset()
    assert caplog.text.count("every device") == 1


async def test_while_only_denied_readings_wait_the_server_is_left_in_peace(
    uploader, spool, cloud, reading, run_until, deny
):
    await spool.enqueue(reading(device_id="renamed", n=99))
    cloud.judge = deny("renamed")
    async with uploader(denied_backoff_s=(0.2, 0.2), interval_s=3600) as up:
        await run_until(up, lambda: len(cloud.requests) == 3)
    assert {request.path for request in cloud.requests} == {"/v1/ingest"}
    assert up.status.verdict is Verdict.DENIED

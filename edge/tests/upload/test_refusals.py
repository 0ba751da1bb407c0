"""What the server does not take is set aside, exactly that, and the rest delivered."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from sungaze_edge.server import Answer
from sungaze_edge.verdict import Verdict, refused_samples, verdict

CONTRACT = Path(__file__).parents[3] / "contract" / "v1"


async def test_a_bad_reading_is_set_aside_and_the_rest_delivered(
    uploader, spool, cloud, refusal, run_until, fill, stored
):
    await fill(spool, 10)

    def judge(request):
        bad = [index for index, sample in enumerate(request.samples) if sample["n"] in (3, 7)]
        errors = [{"loc": ["body", "samples", index, "n"], "msg": "too unlucky"} for index in bad]
        return refusal(422, detail="refused", errors=errors) if bad else None

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


@pytest.mark.parametrize("text", ["half a \ud800 character", "NUL \0", "long " * 100_000])
@pytest.mark.parametrize("is_named", [True, False])
async def test_whatever_a_refusal_says_the_reading_is_set_aside(
    uploader, spool, cloud, refusal, run_until, fill, text, is_named
):
    await fill(spool, 1)
    errors = [{"loc": ["body", "samples", 0, "n"], "msg": text}] if is_named else []
    cloud.judge = lambda _: refusal(422, detail=text, errors=errors)
    async with uploader() as up:
        await run_until(up, lambda: up.status.refused == 1)
    (refused,) = spool._store.quarantined()
    assert len(refused.reason) <= 1000


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_that_names_nobody_is_narrowed_down_to_the_culprit(
    uploader, spool, cloud, refusal, status, run_until, fill, stored
):
    await fill(spool, 60)
    cloud.judge = lambda request: (
        refusal(status, detail="something is wrong") if any(sample["n"] == 41 for sample in request.samples) else None
    )
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 59)
    (refused,) = spool._store.quarantined()
    assert (json.loads(refused.sample)["n"], refused.reason) == (41, "something is wrong")
    assert len(cloud.requests) < 25
    assert stored(cloud) == [n for n in range(60) if n != 41]


async def test_a_batch_that_is_too_big_is_halved_and_the_size_remembered(
    uploader, spool, cloud, reply, run_until, fill
):
    await fill(spool, 300)
    cloud.judge = lambda request: reply(413, text="<html>too large</html>") if len(request.samples) > 40 else None
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 300)
    sizes = [len(request.samples) for request in cloud.requests]
    assert sizes[:4] == [300, 150, 75, 37]
    assert max(sizes[3:]) <= 37
    assert (await spool.status()).quarantined == 0


async def test_a_single_reading_that_is_too_big_goes_to_quarantine(uploader, spool, cloud, refusal, run_until, fill):
    await fill(spool, 4)
    cloud.judge = lambda request: (
        refusal(413, detail="too big") if any(sample["n"] == 2 for sample in request.samples) else None
    )
    async with uploader() as up:
        await run_until(up, lambda: up.status.delivered == 3)
    assert (await spool.status()).quarantined == 1


async def test_a_server_that_refuses_everything_does_not_empty_the_spool_into_quarantine(
    uploader, spool, cloud, refusal, run_until, fill
):
    await fill(spool, 60)
    cloud.judge = lambda _: refusal(422, detail="a bad day")
    async with uploader(backoff_s=(30, 30)) as up:
        with suppress(TimeoutError):
            await run_until(up, lambda: False, seconds=0.5)
    assert (await spool.status()).quarantined <= 5


async def test_refusals_are_logged_when_they_begin_and_when_they_are_over_and_counted_between(
    uploader, spool, cloud, refusal, hands, caplog, run_until, fill
):
    caplog.set_level("INFO")
    cloud.judge = lambda request: (
        refusal(422, detail="odd") if any(sample["n"] % 2 for sample in request.samples) else None
    )
    async with uploader() as up:
        for start in range(0, 8, 2):
            await fill(spool, 2, start)
            await run_until(up, lambda start=start: up.status.delivered == up.status.refused == start // 2 + 1)
        assert caplog.text.count("refuses readings") == 1
        hands.pass_s(900)
        await fill(spool, 1, start=100)
        await run_until(up, lambda: up.status.delivered == 5)
    assert caplog.text.count("taken every reading") == 1
    assert up.status.refused_since is None


async def test_a_refusal_is_no_success(uploader, spool, cloud, refusal, run_until, fill):
    await fill(spool, 1)
    cloud.judge = lambda _: refusal(422, detail="a bad day")
    async with uploader() as up:
        await run_until(up, lambda: up.status.refused == 1)
    assert up.status.last_success is None
    assert "a bad day" in up.status.last_error


def test_the_contracts_own_refusal_names_the_bad_samples():
    document = json.loads((CONTRACT / "ingest_refusal_answer.json").read_text())
    reasons = refused_samples(document, 3)
    assert reasons.keys() == {0, 2}
    assert reasons[0] == "ts: a time with a zone is required"
    assert verdict(Answer(422, document, None, None)) is Verdict.REFUSED


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

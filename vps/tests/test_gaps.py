"""`GET /v1/gaps` against every reading there is, on every engine."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest
from timescale_jobs import run

from sungaze_vps.config import load_config
from sungaze_vps.db import timescale
from sungaze_vps.main import create_app
from sungaze_vps.measurements import measurements
from sungaze_vps.services.ingestion import store

TOKEN = "a-token-for-the-tests"
NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_timescaledb = pytest.mark.parametrize("database_url", ["timescaledb"], indirect=True)


class GapsApi:
    """A server in Brussels and a device `home`."""

    def __init__(self, database_url):
        self.now = NOON
        config = load_config(
            database_url=database_url,
            redis_url="memory://",
            device_tokens=f"{TOKEN}:home",
            timezone="Europe/Brussels",
        )
        self.app = create_app(config, lambda: self.now)
        self.engine = self.app.state.engine

    async def store(self, times, kind="sungrow", device_id="home", weight=1):
        measurement = measurements()[kind]
        values = [1] + [None] * (len(measurement.fields) - 1)
        await store(self.engine, {measurement: [(device_id, ts, weight, *values) for ts in times]})

    async def get(self, **query):
        transport = httpx.ASGITransport(app=self.app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            return await client.get("/v1/gaps", params={"device_id": "home", **query})

    async def gaps(self, **query):
        answer = await self.get(**query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pairs(self, **query):
        return [(gap["start"], gap["end"]) for gap in (await self.gaps(**query))["gaps"]]


@pytest.fixture
async def api(database_url):
    """Give the server without its network."""
    api = GapsApi(database_url)
    yield api
    await api.engine.dispose()


def wire(ts):
    return None if ts is None else ts.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def every(step_s, start_s, end_s):
    return [after(second) for second in range(start_s, end_s, step_s)]


def truth(times, start, end, least_s, now):
    """Look at every pair of readings."""
    times = sorted(times)
    pairs = [*pairwise(times), (times[-1], None)] if times else []
    return [(a, b) for a, b in pairs if (b or now) - a >= timedelta(seconds=least_s) and a < end and (b or now) > start]


def life(rng, start):
    """Give readings of a device whose interval changes all the time, with pauses of any length."""
    times, ts = [start], start
    for _ in range(rng.randint(5, 40)):
        step_ms = rng.choice(
            [1, 37, 1000, 2000, 5000, 10_000, 29_999, 30_000, 59_999, 60_000, 61_000, 300_000, 900_000]
        )
        jitter_ms = rng.choice([0, 0, step_ms // 3])
        for _ in range(rng.randint(1, 60)):
            ts += timedelta(milliseconds=max(1, step_ms + rng.randint(-jitter_ms, jitter_ms)))
            times.append(ts)
        if rng.random() < 0.5:
            ts += timedelta(milliseconds=rng.choice([1, 60_000, 600_000, 900_000, 86_400_000]) * rng.randint(1, 3))
            ts += timedelta(milliseconds=rng.choice([-1, 0, 0, 1, rng.randint(0, 100_000)]))
            times.append(ts)
    return times


def assert_same(answer, expected, start, end, now):
    assert [(gap["start"], gap["end"]) for gap in answer["gaps"]] == [(wire(a), wire(b)) for a, b in expected]
    for gap, (a, b) in zip(answer["gaps"], expected, strict=True):
        assert gap["seconds"] == round(((b or now) - a).total_seconds(), 3)
    upto = min(end, now)
    within = sum((min(b or upto, upto) - max(a, start) for a, b in expected), timedelta())
    assert answer["missing_s"] == round(within.total_seconds(), 3)


@pytest.mark.parametrize("seed", range(6))
async def test_no_gap_is_missed_and_none_invented_whatever_the_intervals_are(api, seed):
    rng = random.Random(seed)
    times = life(rng, NOON + timedelta(milliseconds=rng.randint(0, 10**6)))
    shuffled = rng.sample(times, len(times))
    for part in (shuffled[::3], shuffled[1::3], shuffled[::2], shuffled[2::3]):
        await api.store(part, weight=rng.choice([1, 1, 60]))
    await api.store(every(7, 0, 3600), device_id="neighbour")
    await api.store(every(11, 0, 3600), kind="p1")
    for _ in range(25):
        marks = [
            *rng.sample(times, 2),
            NOON - timedelta(days=1),
            NOON + timedelta(days=5),
            NOON + timedelta(seconds=86_401),
        ]
        start, end = sorted(
            mark + timedelta(milliseconds=rng.choice([0, 0, -1, 1, 30_000])) for mark in rng.sample(marks, 2)
        )
        least_s = rng.choice([60, 61, 89, 90, 120, 600, 899, 900, 901, 1800, 86_400])
        api.now = rng.choice(
            [times[-1] + timedelta(seconds=rng.choice([0, 59, 60, 700, 90_000])), times[len(times) // 2]]
        )
        if start < end:
            answer = await api.gaps(start=wire(start), end=wire(end), min_s=least_s, kind="sungrow")
            expected = truth(times, start, end, least_s, api.now)
            assert_same(answer, expected, start, end, api.now)


async def test_a_gap_over_the_border_of_two_quarters_is_found(api):
    await api.store([*every(5, 0, 500), *every(5, 1300, 1800)])
    api.now = after(1800)
    answer = await api.gaps()
    assert answer["gaps"] == [{"start": wire(after(495)), "end": wire(after(1300)), "seconds": 805.0}]
    assert (answer["device_id"], answer["kind"], answer["tz"], answer["min_s"]) == (
        "home",
        "sungrow",
        "Europe/Brussels",
        600,
    )
    assert (answer["start"], answer["end"]) == (wire(after(1800) - timedelta(days=30)), wire(after(1800)))
    assert answer["missing_s"] == 805.0


async def test_many_readings_in_a_quarter_hide_no_gap_in_it(api):
    """A count cannot tell: there are as many as every five seconds."""
    await api.store([*every(1, 0, 90), *every(1, 810, 900), *every(5, 900, 1800)])
    api.now = after(1800)
    assert await api.pairs() == [(wire(after(89)), wire(after(810)))]


async def test_a_gap_that_lasts_until_now_has_no_end_yet_and_gets_one_with_the_next_reading(api):
    await api.store(every(5, 0, 60))
    api.now = after(655)
    assert (await api.gaps())["gaps"] == [{"start": wire(after(55)), "end": None, "seconds": 600.0}]
    await api.store([after(654)])
    assert await api.pairs() == []
    assert await api.pairs(min_s=599) == [(wire(after(55)), wire(after(654)))]


async def test_before_the_first_reading_nothing_is_missing(api):
    assert (await api.gaps())["gaps"] == []
    assert (await api.gaps())["kind"] == "sungrow"
    await api.store([after(0)])
    api.now = after(10)
    assert (await api.gaps())["missing_s"] == 0


async def test_a_gap_that_begins_before_the_time_asked_for_is_told_whole_and_counted_in_part(api):
    await api.store([after(0), after(10_000), after(20_000)])
    api.now = after(20_000)
    answer = await api.gaps(start=wire(after(6000)), end=wire(after(9000)))
    assert answer["gaps"] == [{"start": wire(after(0)), "end": wire(after(10_000)), "seconds": 10_000.0}]
    assert answer["missing_s"] == 3000
    assert await api.pairs(start=wire(after(10_000)), end=wire(after(10_001))) == [
        (wire(after(10_000)), wire(after(20_000)))
    ]


async def test_dates_are_those_of_the_zone(api):
    await api.store([after(0)])
    api.now = NOON + timedelta(days=2)
    answer = await api.gaps(start="2026-06-21", end="2026-06-22", tz="Asia/Kathmandu")
    assert (answer["start"], answer["end"]) == ("2026-06-20T18:15:00.000Z", "2026-06-21T18:15:00.000Z")


async def test_each_kind_has_its_own_gaps_and_the_newest_kind_is_taken(api):
    await api.store([after(0), after(3000)])
    await api.store(every(5, 0, 3100), kind="p1")
    api.now = after(3100)
    assert await api.pairs() == []
    assert await api.pairs(kind="sungrow") == [(wire(after(0)), wire(after(3000)))]


@on_sqlite
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"min_s": 59}, "min_s"),
        ({"min_s": 86_401}, "min_s"),
        ({"min_s": "short"}, "min_s"),
        ({"start": "yesterday"}, "start"),
        ({"end": "1999-01-01"}, "end"),
        ({"start": "2026-06-21", "end": "2026-06-21"}, "end"),
        ({"start": "2026-06-22"}, "end"),
        ({"start": "2025-06-19", "end": "2026-06-21"}, "start"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"kind": "boiler"}, "kind"),
    ],
)
async def test_what_cannot_be_asked_is_named(api, query, parameter):
    answer = await api.get(**query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query", parameter]


@on_sqlite
async def test_only_the_tokens_own_devices_are_told(api):
    assert (await api.get(device_id="neighbour")).status_code == 403
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api.app), base_url="http://test") as client:
        assert (await client.get("/v1/gaps")).status_code == 401


async def test_more_gaps_than_anybody_would_read_are_refused_with_advice(api, monkeypatch):
    monkeypatch.setattr("sungaze_vps.services.gaps.MAX_GAPS", 20)
    await api.store(every(100, 0, 2001))
    api.now = after(2000)
    assert len(await api.pairs(min_s=100)) == 20
    await api.store([after(2100)])
    api.now = after(2100)
    for least_s in (60, 100):  # certain from the half minutes; known from the readings only
        answer = await api.get(min_s=least_s)
        assert answer.status_code == 422
        assert "longer" in answer.json()["detail"]


@on_timescaledb
async def test_years_of_chunks_compressed_or_not_give_the_same(api):
    rng = random.Random(3)
    api.now = now = datetime.now(UTC).replace(microsecond=0)
    times = [now - timedelta(days=300) + timedelta(minutes=minute) for minute in range(0, 300 * 1440, 45)]
    times = sorted(set(rng.sample(times, len(times) - 300)) | {ts + timedelta(seconds=7) for ts in times[-500:]})
    await api.store(times)
    start = now - timedelta(days=280)
    expected = truth(times, start, now, 2701, now)
    assert 100 < len(expected) < 500
    assert_same(await api.gaps(start=wire(start), min_s=2701), expected, start, now, now)
    await run(
        api.engine,
        "SELECT compress_chunk(chunk) FROM show_chunks('sungrow_samples', older_than => interval '20 days') AS chunk",
    )
    assert_same(await api.gaps(start=wire(start), min_s=2701), expected, start, now, now)


@on_timescaledb
async def test_where_readings_were_dropped_gaps_are_known_to_the_half_minute(api):
    api.now = now = datetime.now(UTC).replace(microsecond=0)
    old = (now - timedelta(days=160)).replace(hour=12, minute=0, second=0)
    times = [old + timedelta(seconds=second) for second in (*range(0, 500, 5), *range(3000, 3600, 5))]
    recent = [now - timedelta(seconds=second) for second in (*range(4000, 3000, -5), *range(1000, 0, -5))]
    await api.store(times + recent)
    await timescale.keep_readings(api.engine, "sungrow", 100)
    await run(api.engine, "SELECT drop_chunks('sungrow_samples', interval '100 days')")
    assert (await run(api.engine, "SELECT count(*) AS n FROM sungrow_samples"))[0]["n"] == len(recent)
    answer = await api.gaps(start=wire(now - timedelta(days=170)))
    first, between, last = answer["gaps"]
    assert (first["start"], first["end"]) == (wire(old + timedelta(seconds=510)), wire(old + timedelta(seconds=3000)))
    assert between["start"] == wire(old + timedelta(seconds=3600))
    assert (last["start"], last["end"]) == (wire(now - timedelta(seconds=3005)), wire(now - timedelta(seconds=1000)))

"""What one caller may ask: enough for a drain and for dashboards, bounded for everyone."""

import httpx
import pytest

from sungaze_vps.auth.caller import INGEST_COST_SAMPLES
from sungaze_vps.auth.limits import BURST_S, MAX_KEYS, Limit
from sungaze_vps.auth.strangers import Strangers
from sungaze_vps.config import load_config
from sungaze_vps.errors import ConfigError, ProblemError

SAMPLE = {"device_id": "home", "kind": "sungrow", "ts": "2026-06-21T10:00:05.000Z", "pv_power_w": 2500}
MONTH_SAMPLES = 30 * 86_400 // 5
WRONG = {"Authorization": "Bearer wrong-token-of-the-home"}
READ_TOKEN = {"Authorization": "Bearer read-token-of-the-home"}


class Monotonic:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def monotonic():
    return Monotonic()


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path, sqlite_template):
    """Limits do not depend on the engine: one will do."""
    path = tmp_path / "sungaze.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def defaults():
    return load_config(
        database_url="sqlite:///unused.db", redis_url="memory://", device_tokens="a-token-for-the-tests:home"
    )


def from_address(app, address, token="write-token-of-the-home"):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="https://server", headers=headers)


@pytest.mark.parametrize("batch_samples", [30, 1000])
def test_a_months_backlog_drains_in_less_than_two_minutes(defaults, monotonic, batch_samples):
    limit = Limit("ingest", defaults.ingest_rate_samples_per_s, monotonic)
    began = monotonic()
    for _ in range(MONTH_SAMPLES // batch_samples):
        while True:
            try:
                limit.take("edge", INGEST_COST_SAMPLES)
                break
            except ProblemError as refusal:
                monotonic.now += int(refusal.headers["Retry-After"])
        limit.charge("edge", max(0, batch_samples - INGEST_COST_SAMPLES))
    assert monotonic() - began < 120


def test_a_hundred_dashboards_on_one_token_meet_no_limit(defaults, monotonic):
    limit = Limit("read", defaults.read_rate_per_s, monotonic)
    for _ in range(100 * 4):  # each opens with four requests, all in the same second ...
        limit.take("dashboards")
    for second in range(600):  # ... and then asks for the newest every five seconds and for a series every minute
        monotonic.now += 1
        for _ in range(20 + (100 if second % 60 == 0 else 0)):
            limit.take("dashboards")


async def test_whoever_reads_too_fast_is_told_when_to_come_again_and_nobody_else_is(app, client, monotonic):
    app.state.read_limit = Limit("read", 0.3, monotonic)
    for _ in range(int(0.3 * BURST_S)):
        assert (await client.get("/v1/devices")).status_code == 200
    refused = await client.get("/v1/devices")
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert refused.headers["Retry-After"] == "4"  # 1 / 0.3, in whole seconds
    assert refused.json()["type"].endswith("/too-many-requests")
    assert (await client.get("/v1/devices", headers=READ_TOKEN)).status_code == 200
    assert (await client.post("/v1/ingest", json={"samples": [SAMPLE]})).status_code == 200
    monotonic.now += 4
    assert (await client.get("/v1/devices")).status_code == 200


async def test_an_ingest_costs_what_it_holds_and_one_too_many_is_refused_unread(app, client, monotonic):
    app.state.ingest_limit = Limit("ingest", 50, monotonic)  # 500 at once
    samples = [SAMPLE | {"ts": f"2026-06-21T10:{n // 60:02}:{n % 60:02}Z"} for n in range(700)]
    assert (await client.post("/v1/ingest", json={"samples": samples})).json() == {"inserted": 700}

    async def body():
        raise AssertionError("the body was read")
        yield b""

    refused = await client.post("/v1/ingest", content=body(), headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "6")  # 200 over, 100 for the next
    monotonic.now += 6
    assert (await client.post("/v1/ingest", json={"samples": samples[:1]})).json() == {"inserted": 0}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"samples": [{"device_id": "home", "ts": "never", "pv_power_w": None}] * 1000}, 422),
        ({"samples": [SAMPLE | {"device_id": "neighbour"}] * 1000}, 403),
        ([" " * 80_000], 422),
    ],
)
async def test_bodies_that_are_refused_are_no_way_around_the_limit(app, client, monotonic, body, status):
    app.state.ingest_limit = Limit("ingest", 40, monotonic)  # 400 at once
    answers = [await client.post("/v1/ingest", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, 429]
    assert int(answers[1].headers["Retry-After"]) > 5


async def test_a_small_refusal_costs_no_more_than_a_small_batch(app, client, monotonic):
    app.state.ingest_limit = Limit("ingest", 40, monotonic)
    answers = [await client.post("/v1/ingest", json={"samples": [{}]}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429]


def test_a_cost_above_what_the_bucket_holds_waits_for_a_full_one_and_not_for_ever(monotonic):
    limit = Limit("ingest", 1, monotonic)
    limit.take("edge", 1000)
    with pytest.raises(ProblemError):
        limit.take("edge", 1000)
    monotonic.now += 1000
    limit.take("edge", 1000)


async def test_a_rate_of_zero_limits_nobody(app, client):
    app.state.read_limit = Limit("read", 0)
    assert {(await client.get("/v1/devices")).status_code for _ in range(50)} == {200}


async def test_guessing_is_slow_and_shuts_out_nobody_who_is_known(app, monotonic):
    app.state.strangers = Strangers(Limit("unknown_token", 0.5, monotonic))
    async with from_address(app, "192.0.2.1") as home, from_address(app, "198.51.100.7") as elsewhere:
        assert (await home.get("/v1/devices")).status_code == 200
        guesses = [await home.get("/v1/devices", headers=WRONG) for _ in range(7)]
        assert [answer.status_code for answer in guesses] == [401] * 5 + [429] * 2
        assert guesses[-1].headers["Retry-After"] == "2"
        assert (await home.get("/v1/devices")).status_code == 200  # known from here
        assert (await home.get("/v1/devices", headers=READ_TOKEN)).status_code == 429  # a lucky guess would look so
        assert (await elsewhere.get("/v1/devices", headers=WRONG)).status_code == 401
        assert (await elsewhere.get("/v1/devices", headers=READ_TOKEN)).status_code == 200
        monotonic.now += 2
        assert (await home.get("/v1/devices", headers=READ_TOKEN)).status_code == 200
        assert (await home.get("/v1/devices", headers=WRONG)).status_code == 401  # the good one took nothing


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("a local socket", "a local socket", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("no:address", "no:address", True),
    ],
)
async def test_addresses_of_one_subscriber_count_together(app, monotonic, one, other, together):
    app.state.strangers = Strangers(Limit("unknown_token", 0.1, monotonic))
    async with from_address(app, one) as first, from_address(app, other) as second:
        assert (await first.get("/v1/devices", headers=WRONG)).status_code == 401
        assert (await second.get("/v1/devices", headers=WRONG)).status_code == (429 if together else 401)


async def test_requests_without_a_token_guess_nothing(app, monotonic):
    app.state.strangers = Strangers(Limit("unknown_token", 0.1, monotonic))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://server") as nobody:
        assert {(await nobody.get("/v1/devices")).status_code for _ in range(20)} == {401}


def test_memory_is_bounded_however_many_call(app, monotonic):
    limit = Limit("unknown_token", 1, monotonic)
    strangers = Strangers(limit)
    principal = app.state.tokens.identify(b"write-token-of-the-home")
    for number in range(MAX_KEYS + 10):
        strangers.admit(principal, f"address {number}", app.state.clock())
    assert len(limit._buckets) == len(strangers._familiar) == MAX_KEYS


def test_a_limit_below_zero_is_refused_at_start(settings):
    with pytest.raises(ConfigError, match="READ_RATE_PER_S"):
        load_config(**settings | {"read_rate_per_s": -1})

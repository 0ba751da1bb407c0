import hashlib
import hmac
from datetime import timedelta

import httpx
import pytest

from sungaze_vps.api import stream
from sungaze_vps.auth.bearer import Tokens

PUBLIC = {"/", "/health", "/metrics", "/openapi.json"}
PAGE = {"/dashboard", "/dashboard/{path:path}"}
"""Of everyone, too, where there is one (test_dashboard.py)."""
KNOWN = "write-token-of-the-home"


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path, sqlite_template):
    """Auth does not depend on the engine: one will do."""
    return f"sqlite+aiosqlite:///{sqlite_template}"


@pytest.fixture
async def stranger(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://server") as client:
        yield client


def guarded(app):
    """Walk the app: every method of every path that is not public."""
    return [
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path not in PUBLIC
    ]


def test_no_route_escapes_the_walk(app):
    described = {path for _, path in guarded(app)} | PUBLIC | PAGE
    assert {"/v1/ingest", "/v1/realtime", "/v1/series", "/v1/devices", "/v1/stream", "/v1/gaps"} <= described
    assert {route.path for route in app.routes if hasattr(route, "path")} <= described


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong-token-of-the-home",
        f"Bearer {KNOWN}x",
        f"Bearer {KNOWN[:-1]}",
        f"Basic {KNOWN}",
        KNOWN,
        f"Bearer {KNOWN} {KNOWN}",
        f"Bearer {hashlib.sha256(KNOWN.encode()).hexdigest()}",
        "Bearer \xe9\xff",
    ],
)
async def test_every_route_refuses_whoever_has_no_valid_token(app, stranger, header):
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    for method, path in guarded(app):
        answer = await stranger.request(method, path, headers=headers, content=b"not even JSON")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path
        assert answer.headers["content-type"] == "application/problem+json"
        assert KNOWN not in answer.text


async def test_unknown_tokens_are_logged_with_their_address_once_a_minute_and_without_the_token(app, stranger, caplog):
    begin = app.state.clock()
    for seconds in (0, 1, 59, 60, 61, -3600):
        app.state.clock = lambda now=begin + timedelta(seconds=seconds): now
        for headers in ({}, {"Authorization": "Bearer wrong-token-of-the-home"}, {"Authorization": f"Bearer {KNOWN}"}):
            await stranger.get("/v1/devices", headers=headers)
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert lines == ["requests with an unknown token, one of them from 127.0.0.1"] * 3


async def test_two_authorization_headers_are_none(stranger):
    twice = [("Authorization", f"Bearer {KNOWN}")] * 2
    assert (await stranger.get("/v1/devices", headers=twice)).status_code == 401


async def test_the_scheme_may_be_written_in_any_case(stranger):
    assert (await stranger.get("/v1/devices", headers={"Authorization": f"bEARER  {KNOWN}"})).status_code == 200


async def test_the_public_routes_need_no_token(stranger):
    for path in PUBLIC:
        assert (await stranger.get(path)).status_code == 200, path


async def test_a_token_reads_its_own_devices_and_no_others(stranger, app, monkeypatch):
    monkeypatch.setattr(stream, "LASTS_S", (0.01, 0.01))
    reading = [path for method, path in guarded(app) if method == "GET" and path != "/v1/devices"]
    for token, own, others in (
        (KNOWN, "home", "neighbour"),
        ("read-token-of-the-home", "home", "neighbour"),
        ("write-token-of-a-neighbour", "cabin", "home"),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        for path in (path.format(month="2026-06", year="2026") for path in reading):
            query = {"frame": "day"}
            mine = await stranger.get(path, params=query | {"device_id": own}, headers=headers)
            assert mine.status_code in {200, 404}, path
            for foreign in (others, "nobody", "", "home\x00", "x" * 5000):
                theirs = await stranger.get(path, params=query | {"device_id": foreign}, headers=headers)
                assert theirs.status_code == 403, path


async def test_a_refusal_does_not_tell_whether_such_a_device_exists(stranger):
    headers = {"Authorization": f"Bearer {KNOWN}"}
    answers = [
        (await stranger.get("/v1/realtime", params={"device_id": name}, headers=headers)).text
        for name in ("neighbour", "nobody")
    ]
    assert answers[0] == answers[1]


async def test_a_reading_token_cannot_write(stranger):
    headers = {"Authorization": "Bearer read-token-of-the-home"}
    assert (await stranger.post("/v1/ingest", json={"samples": []}, headers=headers)).status_code == 403


@pytest.mark.parametrize("token", [b"first-token-of-them", b"last-token-of-them!", b"nobody's token", b""])
def test_a_token_takes_one_comparison_in_constant_time_whether_it_is_known_or_not(monkeypatch, token):
    compared = []
    compare_digest = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda *pair: compared.append(pair) or compare_digest(*pair))
    tokens = Tokens({"first-token-of-them": frozenset({"home"})}, {"last-token-of-them!": frozenset({"home"})})
    assert (tokens.identify(token) is not None) == token.startswith((b"first", b"last"))
    [(one, other)] = compared
    assert len(one) == len(other) == 32


def test_nobody_can_work_out_the_digest_of_a_token():
    """Otherwise a look-up by digest could tell, by its time, how near a guess came."""
    one, other = (Tokens({KNOWN: frozenset({"home"})}, {}) for _ in range(2))
    assert one._principals.keys().isdisjoint(other._principals)


def test_only_hashes_of_the_tokens_are_kept():
    tokens = Tokens({KNOWN: frozenset({"home"})}, {})
    assert KNOWN not in repr(vars(tokens))
    assert tokens.identify(KNOWN.encode()).devices == {"home"}
    assert tokens.identify(b"") is None

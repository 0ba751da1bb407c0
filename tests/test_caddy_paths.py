"""What gets through Caddy to the API, and what does not, however it is spelled."""

import json
import struct
from contextlib import suppress

import pytest

SERVED = [
    "/",
    "/?x=1",
    "/openapi.json",
    "/dashboard",
    "/dashboard/",
    "/dashboard/?source=installed",
    "/dashboard/sw.js",
    "/dashboard/manifest.webmanifest",
    "/dashboard/assets/index-_B9x-2aQ.js",
    "/v1/realtime?device_id=home",
    "/v1/capacity/month/2026-01?device_id=home",
    "/v1/series?start=2026-01-01T00:00:00%2B01:00&tz=Europe/Brussels&x=%2e%2e/health",
]
ODD = [
    *("/health", "/metrics", "/health?x=1", "/metrics?/v1/realtime", "/docs", "/redoc", "/.env", "/favicon.ico"),
    *("//health", "///health", "/./health", "/../health", "/health/", "/health//", "/health/.", "/HEALTH", "/Metrics"),
    *(
        "/health.",
        "/health..",
        "/health%20",
        "/health%00",
        "/health%09",
        "/health;v1",
        "/;/health",
        "/health#/v1/realtime",
    ),
    *("/%68ealth", "/%6D%65trics", "/%2fhealth", "/%2Fhealth", "/%5chealth", "/\\health", "/%2568ealth", "/.%2fhealth"),
    *("/v1/../health", "/v1/../metrics", "/v1/./../metrics", "/v1//../health", "/v1/x/../../health", "/v1/..", "/v1/."),
    *(
        "/v1/%2e%2e/metrics",
        "/v1/%2E%2E/health",
        "/v1/.%2e/health",
        "/v1/..%2fhealth",
        "/v1%2f..%2fhealth",
        "/v1/%2e%2e%2fhealth",
    ),
    *("/v1/%252e%252e/metrics", "/v1/%c0%ae%c0%ae/health", "/v1/..;/health", "/v1/...//health", "/v1\\..\\health"),
    *("/v1/..%5chealth", "/v1/..%00/health", "/v1/realtime%0d%0aX-Y:%20z", "/v1/realtime/%2e%2e/%2e%2e/health"),
    *(
        "/v1",
        "/v1/",
        "/V1/realtime",
        "/v1//realtime",
        "//v1/realtime",
        "/v1/realtime/",
        "/v1/realtime.",
        "/v1/real%74ime",
    ),
    *(
        "/openapi.json/",
        "/OPENAPI.json",
        "/openapi.json/../health",
        "/openapi.json%2f..%2fhealth",
        "/openapiXjson",
        "/openapi.json%0a",
    ),
    *("/dashboardx", "/Dashboard/", "/dashboard//", "//dashboard/", "/dashboard/assets//x.js", "/dashboard.html"),
    *(
        "/dashboard/..",
        "/dashboard/../health",
        "/dashboard/.../health",
        "/dashboard/assets/../../metrics",
        "/dashboard/%2e%2e/health",
        "/dashboard/..%2fhealth",
        "/dashboard/.env",
        "/dashboard/x..js",
        "/dashboard/x.js.",
        "/dashboard/x.js/.",
        "/dashboard/x%2ejs",
        "/dashboard/x.js;v1",
        "/dashboard/x.js%00",
        "/dashboard\\..\\health",
    ),
    *(
        "https://localhost/health",
        "https://localhost//health",
        "http://localhost/v1/../metrics",
        "https://localhost/%68ealth",
    ),
]
OTHER_NAMES = [
    "example.org",
    "api",
    "api:8000",
    "127.0.0.1",
    "localhost.",
    "localhost@example.org",
    "LOCALHOST.example.org",
]
OVERRIDES = (
    *("X-Original-URL: /health", "X-Rewrite-URL: /health", "X-Forwarded-Prefix: /health", "X-Forwarded-Uri: /health"),
    *("X-Real-IP: 198.51.100.1", "Forwarded: for=198.51.100.1", "X-HTTP-Method-Override: DELETE"),
)


@pytest.mark.parametrize("target", SERVED)
def test_what_is_served_gets_through_as_it_was_sent(caddy, upstream, target):
    upstream.reached.clear()
    assert caddy.ask(target).status == 200
    assert [(method, path) for method, path, *_ in upstream.reached] == [("GET", target)]


def test_nothing_else_gets_through_however_it_is_spelled(caddy, upstream):
    upstream.reached.clear()
    for target in ODD:
        answer = caddy.ask(target)
        # 400 is Caddy's for what is no request at all; for everything else it gives a problem.
        assert answer.status == 400 or (answer.status, answer.problem["title"]) == (404, "Not Found"), target
        assert upstream.reached == [], target


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PRI", "get"])
def test_the_method_makes_no_difference_to_that(caddy, upstream, method):
    upstream.reached.clear()
    for target in ("/health", "/metrics", "//metrics", "/v1/%2e%2e/health"):
        assert caddy.ask(target, method=method).status in {400, 404, 405}, target
    assert upstream.reached == []


def test_nobody_is_tunnelled_anywhere(caddy, upstream):
    upstream.reached.clear()
    for target in ("localhost:443", "api:8000", f"127.0.0.1:{upstream.port}", "/health"):
        assert caddy.ask(target, method="CONNECT", host=target).status >= 400, target
    caddy.ask("*", method="OPTIONS")  # Go answers it by itself
    assert upstream.reached == []


@pytest.mark.parametrize("target", ["/health", "//metrics", "/v1/../health"])
def test_http_1_0_makes_no_difference_to_that(caddy, upstream, target):
    upstream.reached.clear()
    assert caddy.ask(target, version="HTTP/1.0").status == 404
    assert caddy.ask(target, version="HTTP/1.0", host=None).status == 421
    assert upstream.reached == []


def test_http_2_makes_no_difference_to_that(caddy, upstream):
    assert http_2(caddy, "/v1/realtime") == {"told": "x" * 2000}
    upstream.reached.clear()
    for target in [target for target in ODD if target.startswith("/")]:
        assert (http_2(caddy, target) or {"status": 400})["status"] in {400, 404}, target
    assert http_2(caddy, "/v1/realtime", authority="api:8000")["status"] == 421
    assert upstream.reached == []


def test_headers_that_name_another_path_do_not_reach_the_api(caddy, upstream):
    upstream.reached.clear()
    assert caddy.ask("/health", *OVERRIDES).status == 404
    assert caddy.ask("/v1/realtime", *OVERRIDES).status == 200
    ((_, path, headers, _),) = upstream.reached
    assert path == "/v1/realtime"
    for override in OVERRIDES[:6]:
        assert override.partition(":")[0] not in headers


@pytest.mark.parametrize("host", OTHER_NAMES)
def test_a_request_for_another_name_gets_no_further(caddy, upstream, host):
    upstream.reached.clear()
    for target in ("/v1/realtime", "/health", "/"):
        assert caddy.ask(target, host=host).status in {400, 421}
    assert caddy.ask(f"https://{host}/v1/realtime").status in {400, 421}
    assert upstream.reached == []


def test_the_clients_address_is_caddys_word_and_not_the_clients(caddy, upstream):
    upstream.reached.clear()
    spoofed = ("X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 198.51.100.2", "X-Forwarded-Proto: gopher")
    assert caddy.ask("/v1/realtime", *spoofed, "X-Request-ID: chosen-by-the-client").status == 200
    headers = upstream.reached[0][2]
    assert headers.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert headers.get_all("X-Forwarded-Proto") == ["https"]
    assert headers["X-Request-ID"] != "chosen-by-the-client"


def test_a_body_with_two_lengths_is_not_smuggled(caddy, upstream):
    upstream.reached.clear()
    hidden = b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for headers in (
        ("Transfer-Encoding: chunked",),  # beside the Content-Length that `ask` adds
        ("Transfer-Encoding: xchunked",),
        ("Content-Length: 4",),
        ("Transfer-Encoding : chunked",),
    ):
        with suppress(TimeoutError, ConnectionError):
            caddy.ask("/v1/ingest", *headers, method="POST", body=hidden)
        assert "/health" not in [path for _, path, *_ in upstream.reached], headers


def http_2(caddy, path, authority="localhost"):
    """Send one request in frames made by hand, since clients tidy up paths; give the JSON of the answer, if any."""
    fields = {":method": "GET", ":scheme": "https", ":authority": authority, ":path": path}
    block = b"".join(
        b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in fields.items()
    )
    with caddy.connect("h2") as connection:
        assert connection.selected_alpn_protocol() == "h2"
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 5, 1, block))
        content = b""
        with connection.makefile("rb") as received:
            while head := received.read(9):
                length, kind, flags = int.from_bytes(head[:3]), head[3], head[4]
                payload = received.read(length)
                if kind == 0:
                    content += payload
                if kind in {3, 7} or (kind in {0, 1} and flags & 1):  # reset, goodbye, or the end of the stream
                    break
    return json.loads(content) if content else None


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3) + struct.pack(">BBI", kind, flags, stream) + payload

"""What Caddy adds to the API: TLS, headers, limits, a log without secrets, and patience when the API is away."""

import gzip
import json
import os
import socket
import ssl
import subprocess
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path

import pytest
import trustme

from sungaze_sim.stack import free_port

CADDYFILE = Path(__file__).parent.parent / "Caddyfile"
TOKEN = "write-token-of-the-home"
AUTH = f"Authorization: Bearer {TOKEN}"


def caddy_says(command, *arguments, **environ):
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "VPS_DOMAIN": "energy.example.org", **environ}
    done = subprocess.run([command, *arguments], capture_output=True, text=True, env=environ, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("mode", [{}, {"VPS_TLS": "internal"}, {"VPS_TLS": "internal", "VPS_DOMAIN": "192.168.1.10"}])
def test_the_caddyfile_is_valid_as_it_is_shipped(caddy_command, tmp_path, mode):
    status, said = caddy_says(
        caddy_command, "validate", "--config", str(CADDYFILE), XDG_DATA_HOME=str(tmp_path), **mode
    )
    assert (status, "Valid configuration" in said) == (0, True), said


def test_the_caddyfile_is_formatted(caddy_command):
    assert caddy_says(caddy_command, "fmt", "--diff", str(CADDYFILE))[0] == 0


@pytest.mark.parametrize(("name", "value"), [("VPS_TLS", "off"), ("VPS_DOMAIN", "")])
def test_a_setting_that_makes_no_sense_keeps_caddy_from_starting(caddy_command, name, value):
    status, said = caddy_says(caddy_command, "validate", "--config", str(CADDYFILE), **{name: value})
    assert status != 0, said


def test_a_domain_gets_its_certificate_by_itself_and_https_alone(caddy_command):
    status, adapted = caddy_says(caddy_command, "adapt", "--config", str(CADDYFILE))
    assert status == 0
    apps = json.loads(adapted.splitlines()[0])["apps"]
    assert "tls" not in apps, "anything here would be another way than ACME, Caddy's own"
    servers = {server["listen"][0]: json.dumps(server) for server in apps["http"]["servers"].values()}
    assert set(servers) == {":443", ":80"}
    assert "reverse_proxy" in servers[":443"]
    assert "reverse_proxy" not in servers[":80"]


def test_answers_carry_the_security_headers_whoever_gives_them(caddy, start_caddy, hurried):
    away = start_caddy(free_port(), caddyfile=hurried)
    for answer in (caddy.ask("/"), caddy.ask("/health"), caddy.ask("/", host="example.org"), away.ask("/")):
        headers = answer.headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert (headers["Server"], headers["Via"]) == (None, None)


def test_answers_are_compressed_for_who_asks(caddy):
    answer = caddy.ask("/", "Accept-Encoding: gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == caddy.ask("/").body


@pytest.mark.parametrize(
    "target", ["/v1/ingest", "/v1/realtime?device_id=home", "/health", "/openapi.json", "//", "/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_plain_http_is_refused_and_not_redirected(caddy, upstream, target, method):
    upstream.reached.clear()
    answer = caddy.ask_plain(target, AUTH, method=method)
    assert (answer.status, answer.headers["Location"]) == (403, None)
    assert answer.headers["Connection"] == "close"
    assert method == "HEAD" or "HTTPS only" in answer.problem["detail"]
    assert upstream.reached == []


def test_a_person_who_typed_the_bare_name_is_led_to_https(caddy):
    answer = caddy.ask_plain("/", host="example.org")
    assert (answer.status, answer.headers["Location"]) == (308, "https://localhost/")
    assert caddy.ask_plain("/", AUTH).status == caddy.ask_plain("/", method="POST").status == 403


@pytest.mark.parametrize("name", ["localhost", None])
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
def test_tls_older_than_1_2_is_refused(caddy, version, name):
    context = caddy.tls()
    context.check_hostname = name is not None
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of the old versions
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    accepted = version in {"TLSv1_2", "TLSv1_3"}
    with (
        socket.create_connection(("127.0.0.1", caddy.https_port), timeout=20) as plain,
        nullcontext() if accepted else pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"),
    ):
        context.wrap_socket(plain, server_hostname=name).close()


def test_a_name_without_a_certificate_gets_none(caddy):
    with socket.create_connection(("127.0.0.1", caddy.https_port), timeout=20) as plain, pytest.raises(ssl.SSLError):
        caddy.tls().wrap_socket(plain, server_hostname="example.org")


def test_on_a_lan_an_address_serves_as_name(start_caddy, upstream):
    caddy = start_caddy(upstream.port, VPS_DOMAIN="127.0.0.1")
    assert caddy.ask("/v1/realtime", host=f"127.0.0.1:{caddy.https_port}").status == 200


def test_the_certificate_of_a_lan_outlives_the_clock_of_a_machine_without_internet(start_caddy, upstream):
    with start_caddy(upstream.port).connect() as connection:
        certificate = connection.getpeercert()
    lifetime_s = ssl.cert_time_to_seconds(certificate["notAfter"]) - ssl.cert_time_to_seconds(certificate["notBefore"])
    assert lifetime_s >= 179 * 86400


def test_a_certificate_of_ones_own_is_used(start_caddy, upstream, tmp_path):
    authority = trustme.CA()
    own = authority.issue_cert("localhost")
    for name, pem in (
        ("ca.pem", authority.cert_pem),
        ("key.pem", own.private_key_pem),
        ("chain.pem", own.cert_chain_pems[0]),
    ):
        pem.write_to_path(tmp_path / name)
    files = {"CADDY_CERT_FILE": str(tmp_path / "chain.pem"), "CADDY_KEY_FILE": str(tmp_path / "key.pem")}
    caddy = start_caddy(upstream.port, VPS_TLS="files", ca_file=tmp_path / "ca.pem", **files)
    assert caddy.ask("/v1/realtime").status == 200


def test_the_log_tells_of_each_request_and_holds_no_secret(caddy):
    seen = len(caddy.access_log())
    caddy.ask(f"/v1/realtime?token={TOKEN}", AUTH, "X-Api-Key: " + TOKEN, "Cookie: token=" + TOKEN)
    caddy.ask(f"/health?token={TOKEN}", AUTH)
    caddy.ask_plain(f"/v1/ingest?token={TOKEN}", AUTH, method="POST", body=TOKEN.encode())
    lines = caddy.access_log(seen + 3)[seen:]
    told = [(line["request"]["remote_ip"], line["request"]["uri"], line["status"]) for line in lines]
    assert told == [("127.0.0.1", "/v1/realtime", 200), ("127.0.0.1", "/health", 404), ("127.0.0.1", "/v1/ingest", 403)]
    assert TOKEN not in caddy.log()


def test_the_log_of_a_failure_holds_no_secret(start_caddy, hurried):
    caddy = start_caddy(free_port(), caddyfile=hurried)
    caddy.ask(f"/v1/realtime?token={TOKEN}", AUTH)
    caddy.access_log(1)
    assert '"level":"error"' in caddy.log()
    assert TOKEN not in caddy.log()


def test_a_body_is_bounded(caddy, upstream):
    upstream.reached.clear()
    assert caddy.ask("/v1/ingest", method="POST", body=b"x" * 2**21).status == 200
    with suppress(ConnectionError):  # it need not listen to the end
        answer = caddy.ask("/v1/ingest", method="POST", body=b"x" * (2**21 + 1))
        assert (answer.status, answer.problem["title"]) == (413, "Request Entity Too Large")
    assert [len(body) for *_, body in upstream.reached] == [2**21]


def test_headers_are_bounded(caddy, upstream):
    upstream.reached.clear()
    assert caddy.ask("/", "X-Long: " + "x" * 2**16).status == 431
    assert upstream.reached == []


def test_a_client_that_dawdles_over_its_headers_is_cut_off(start_caddy, upstream, hurried):
    caddy = start_caddy(upstream.port, caddyfile=hurried)
    with caddy.connect() as connection, suppress(ConnectionError):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        began = time.monotonic()
        while connection.recv(100):
            pass
        assert time.monotonic() - began < 5
    with socket.create_connection(("127.0.0.1", caddy.http_port), timeout=5) as plain, suppress(ConnectionError):
        plain.sendall(b"GET / HTTP/1.1\r\nHost:")
        while plain.recv(100):
            pass


def test_an_api_that_is_away_is_a_passing_problem(start_caddy, hurried):
    answer = start_caddy(free_port(), caddyfile=hurried).ask("/v1/ingest", AUTH, method="POST", body=b"{}")
    assert answer.status in {502, 503}
    assert answer.headers["Retry-After"] == "5"
    assert "again" in answer.problem["detail"]


def test_an_api_that_hangs_is_a_passing_problem(start_caddy, hurried):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        answer = start_caddy(silent.getsockname()[1], caddyfile=hurried).ask(
            "/v1/ingest", AUTH, method="POST", body=b"{}"
        )
    assert (answer.status, answer.headers["Retry-After"]) == (504, "5")
    assert answer.problem["title"] == "Gateway Timeout"


@contextmanager
def one_request(caddy, target):
    """Send a request from another thread; give its future answer."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(caddy.ask, target)


def answer_one(listener, meanwhile=lambda: None):
    """Take one request on a listening socket and answer it, after something has happened."""
    listener.settimeout(20)
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        meanwhile()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_an_api_that_restarts_is_waited_for(start_caddy):
    port = free_port()
    caddy = start_caddy(port)
    with one_request(caddy, "/v1/realtime") as future:
        time.sleep(0.3)
        with closing(socket.create_server(("127.0.0.1", port))) as listener:
            answer_one(listener)
            assert future.result(20).status == 200


def test_requests_in_flight_are_answered_before_caddy_ends(start_caddy):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        caddy = start_caddy(listener.getsockname()[1])
        with one_request(caddy, "/v1/realtime") as future:
            answer_one(listener, meanwhile=caddy.process.terminate)
            assert future.result(20).status == 200
        assert caddy.stop() == 0


def test_of_several_apis_one_may_be_away(start_caddy, upstream):
    caddy = start_caddy(upstream.port, CADDY_UPSTREAM=f"127.0.0.1:{free_port()} 127.0.0.1:{upstream.port}")
    assert {caddy.ask("/v1/realtime").status for _ in range(10)} == {200}


def test_a_request_that_fails_keeps_no_other_from_the_api(start_caddy, hurried):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener, ThreadPoolExecutor(1) as pool:
        caddy = start_caddy(listener.getsockname()[1], caddyfile=hurried)
        failing = pool.submit(caddy.ask, "/v1/ingest", method="POST", body=b"x")
        listener.settimeout(20)
        listener.accept()[0].close()
        assert failing.result(20).status == 502
        next_one = pool.submit(caddy.ask, "/v1/realtime")
        answer_one(listener)
        assert next_one.result(20).status == 200

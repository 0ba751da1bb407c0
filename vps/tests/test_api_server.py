"""The real server process, over real sockets: what needs bytes on the wire."""

import asyncio
import gzip
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
import trustme

TOKEN = "write-token-of-the-home"
AUTH = f"Authorization: Bearer {TOKEN}\r\n"
JSON = "Content-Type: application/json\r\n"
SAMPLE = {"device_id": "home", "kind": "sungrow", "ts": "2026-06-21T10:00:05.000Z", "pv_power_w": 2500}
BODY = json.dumps({"samples": [SAMPLE]}).encode()


SHORT_STREAMS = """
from sungaze_vps.api import stream
from sungaze_vps.cli import main

stream.LASTS_S = (0.01, 0.01)
main()
"""


class Server:
    """One `sungaze-vps serve` on a port of its own."""

    def __init__(self, folder, *arguments, program=("-m", "sungaze_vps"), **environ):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log_file = folder / "server.log"
        settings = {
            "DATABASE_URL": f"sqlite:///{folder / 'readings.db'}",
            "REDIS_URL": "memory://",
            "DEVICE_TOKENS": f"{TOKEN}:home",
            "LOG_LEVEL": "DEBUG",
        }
        command = [sys.executable, *program, "serve", "--port", str(self.port), *arguments]
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(command, env=os.environ | settings | environ, stderr=log)

    def wait_until_up(self):
        for _ in range(600):
            assert self.process.poll() is None, self.log()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError(self.log())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def log(self):
        return self.log_file.read_text()

    def peak_memory_bytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def send(self, *parts):
        """Send bytes as they are and give status and headers of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            for part in parts:
                connection.sendall(part.encode() if isinstance(part, str) else part)
            return self.receive(connection)

    @staticmethod
    def receive(connection):
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(65536)
            if not received:
                break
            head += received
        return int(head.split()[1]), head.decode().lower()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(
        tmp_path_factory.mktemp("server"), BODY_TIMEOUT_S="0.5", UNKNOWN_TOKEN_RATE_PER_S="0"
    ).wait_until_up()
    yield server
    server.stop()


def post(extra, *, token=AUTH):
    return f"POST /v1/ingest HTTP/1.1\r\nHost: x\r\n{token}{JSON}{extra}\r\n"


def test_a_body_announced_too_large_is_refused_before_it_is_sent(server):
    status, _ = server.send(post(f"Content-Length: {1024**2 + 1}\r\n"))
    assert status == 413
    status, _ = server.send(post(f"Content-Length: {'9' * 18}\r\n"))
    assert status == 413


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_large(server):
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    status, _ = server.send(post("Transfer-Encoding: chunked\r\n"), *([chunk] * 17))  # and it never ends
    assert status == 413


def test_the_refusal_of_a_large_body_reaches_a_client_that_sends_all_of_it_first(server):
    """A connection that is closed too early would look like a network error, and the edge would try again for ever."""
    body = b" " * (16 * 1024**2)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(post(f"Content-Length: {len(body)}\r\n").encode() + body)
        assert server.receive(connection)[0] == 413
        connection.sendall(f"GET /v1/devices HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())  # it goes on being usable
        assert server.receive(connection)[0] == 200


def test_a_body_that_does_not_arrive_in_time_is_given_up(server):
    for headers in ("Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"):
        status, _ = server.send(post(headers))
        assert status == 408


def test_a_body_that_drips_is_given_up(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(post("Content-Length: 1000\r\n").encode())
        connection.setblocking(False)
        answer = b""
        while not answer:
            connection.send(b" ")
            time.sleep(0.02)
            try:
                answer = connection.recv(100)
            except BlockingIOError:
                continue
    assert answer.split()[1] == b"408"


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_trace(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(post("Content-Length: 1000\r\n").encode() + BODY)
    assert server.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 200
    assert "Traceback" not in server.log()


def test_whoever_has_no_token_is_refused_before_a_byte_of_the_body_is_read(server):
    status, head = server.send(post("Content-Length: 1000\r\nContent-Encoding: gzip\r\n", token=""))
    assert status == 401
    assert "www-authenticate: bearer" in head


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST /v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "nonsense\r\n\r\n",
    ],
)
def test_requests_that_can_be_read_in_two_ways_are_refused(server, head):
    assert server.send(head)[0] == 400


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_s1_twenty_bombs_at_once_are_refused_in_the_room_of_one_body(server):
    bomb = gzip.compress(b"\0" * 256 * 1024**2, 9)
    assert len(bomb) < 1024**2
    request = post(f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n")
    server.send(request.replace(str(len(bomb)), "2"), b"{}")  # what is made at the first request is no bomb's
    before = server.peak_memory_bytes()
    with ThreadPoolExecutor(20) as pool:
        statuses = [answer[0] for answer in pool.map(lambda _: server.send(request, bomb), range(20))]
    assert statuses == [413] * 20
    assert server.peak_memory_bytes() - before <= 16 * 1024**2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_s1_bodies_that_swell_and_then_dawdle_take_no_more_than_was_sent(tmp_path):
    swelling = gzip.compress(b" " * (8 * 1024**2 - 1000) + BODY, 9)
    request = post(f"Content-Encoding: gzip\r\nContent-Length: {len(swelling)}\r\n")
    server = Server(tmp_path, INGEST_RATE_SAMPLES_PER_S="0").wait_until_up()
    try:
        assert server.send(request, swelling)[0] == 200  # what one of them takes
        before = server.peak_memory_bytes()
        connections = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(20)]
        for connection in connections:
            connection.sendall(request.encode() + swelling[:-8])
        time.sleep(0.3)  # nothing tells from outside that a server has read
        for connection in connections:
            connection.sendall(swelling[-8:])
        assert [server.receive(connection)[0] for connection in connections] == [200] * 20
        assert server.peak_memory_bytes() - before <= 16 * 1024**2
        for connection in connections:
            connection.close()
    finally:
        server.stop()


def test_answers_name_no_server_and_carry_a_date(server):
    _, head = server.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert "server:" not in head
    assert re.search(r"date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} gmt", head)  # an edge without a clock reads it


def test_an_answer_carries_the_time_it_was_given_even_after_the_server_stood_still(server):
    server.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(2.5)
    asked_at = int(time.time())
    server.process.send_signal(signal.SIGCONT)
    _, head = server.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    dates = re.findall(r"date: (.*)\r", head)
    assert len(dates) == 1
    assert parsedate_to_datetime(dates[0]).timestamp() >= asked_at


def test_no_token_and_no_reading_is_ever_logged_even_at_debug(server):
    gzipped = gzip.compress(BODY)
    assert server.send(post(f"Content-Length: {len(BODY)}\r\n"), BODY)[0] == 200
    server.send(post(f"Content-Length: {len(gzipped)}\r\nContent-Encoding: gzip\r\n"), gzipped)
    server.send(post(f"Content-Length: {len(BODY)}\r\n", token="Authorization: Bearer wrong-but-secret\r\n"), BODY)
    server.send(f"GET /v1/realtime?device_id=home HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n")
    log = server.log()
    assert "started: " in log
    for secret in (TOKEN, "wrong-but-secret", "pv_power_w", "2500"):
        assert secret not in log


@pytest.mark.slow
def test_the_whole_api_survives_what_schemathesis_makes_of_its_description(tmp_path):
    server = Server(tmp_path, program=("-c", SHORT_STREAMS), UNKNOWN_TOKEN_RATE_PER_S="0").wait_until_up()
    (tmp_path / "schemathesis.toml").write_text(
        """
        [checks.negative_data_rejection]
        expected-statuses = [400, 401, 403, 404, 405, 413, 415, 422]
        [checks.positive_data_acceptance]
        enabled = false  # a schema cannot say that a time must not lie in the future, or that a device is not yours
        """
    )
    command = [
        *(Path(sys.executable).with_name("schemathesis"), "--config-file", "schemathesis.toml", "run"),
        *(f"http://127.0.0.1:{server.port}/openapi.json", "--header", f"Authorization: Bearer {TOKEN}"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "7", "--no-color"),
    ]
    try:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False)
    finally:
        server.stop()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "Traceback" not in server.log()


async def test_https_is_served_and_verified_and_a_stop_lets_requests_finish(tmp_path):
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    server = Server(tmp_path, "--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    await asyncio.to_thread(server.wait_until_up)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    base = f"https://localhost:{server.port}"
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(verify=trusting, base_url=base, headers=headers) as client:
        assert (await client.get("/health")).status_code == 200
        async with httpx.AsyncClient(base_url=base) as distrusting:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await distrusting.get("/health")

        async def body():
            yield BODY[:10]
            server.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
            yield BODY[10:]

        assert (await client.post("/v1/ingest", content=body())).json() == {"inserted": 1}
    assert await asyncio.to_thread(server.stop) == 0
    assert "stopped" in server.log()

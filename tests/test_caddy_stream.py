"""The live stream through Caddy as it is shipped: compressed or not, nothing is held back on the way."""

import json
import socket
import subprocess
import time
import zlib
from contextlib import contextmanager

import httpx
import pytest

from sungaze_sim.stack import free_port, script

TOKEN = "write-token-of-the-home"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
HELD_BACK_S = 10
"""Less than the stream's own comments, which would push on what a proxy holds back."""


@pytest.fixture
def api_port(tmp_path):
    """Run the API as a process of its own."""
    port = free_port()
    environ = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'readings.db'}",
        "REDIS_URL": "memory://",
        "DEVICE_TOKENS": f"{TOKEN}:home",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    with (tmp_path / "api.log").open("wb") as log:
        process = subprocess.Popen([script("sungaze-vps"), "serve", "--port", str(port)], env=environ, stderr=log)
    try:
        for _ in range(1200):
            assert process.poll() is None, (tmp_path / "api.log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        assert process.wait(30) == 0


class Events:
    """What comes out of a stream, taken off its compression as it comes."""

    def __init__(self, response):
        compressed = response.headers.get("Content-Encoding") == "gzip"  # as Caddy sees fit
        self._inflate = zlib.decompressobj(31).decompress if compressed else bytes
        self._parts = response.iter_raw()
        self._text = ""

    def next(self):
        """Give the next block of lines."""
        while "\n\n" not in self._text:
            self._text += self._inflate(next(self._parts)).decode()
        block, _, self._text = self._text.partition("\n\n")
        return block


@contextmanager
def stream(client, encoding):
    with client.stream("GET", "/v1/stream", headers={"Accept-Encoding": encoding}) as response:
        assert response.status_code == 200
        yield Events(response)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_an_event_arrives_as_soon_as_the_reading_is_stored(api_port, start_caddy, encoding):
    caddy = start_caddy(api_port)
    with (
        httpx.Client(base_url=caddy.url, verify=caddy.tls(), headers=AUTH, timeout=HELD_BACK_S) as client,
        stream(client, encoding) as events,
    ):
        assert events.next() == "retry: 1000"
        for second in range(1, 4):
            sample = {"device_id": "home", "ts": f"2026-06-21T10:00:{second:02}Z", "pv_power_w": second}
            assert client.post("/v1/ingest", json={"samples": [sample]}).json() == {"inserted": 1}
            kind, _, data = events.next().partition("\n")
            assert kind == "event: sample"
            assert json.loads(data.removeprefix("data: "))["pv_power_w"] == second


def test_a_reader_that_leaves_caddy_leaves_the_api(api_port, start_caddy):
    caddy = start_caddy(api_port)
    with httpx.Client(base_url=caddy.url, verify=caddy.tls(), headers=AUTH, timeout=HELD_BACK_S) as client:
        with stream(client, "gzip") as events:
            events.next()
            assert open_streams(api_port) == 1
        deadline = time.monotonic() + HELD_BACK_S
        while open_streams(api_port):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def open_streams(port):
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
    [number] = [line.split()[1] for line in lines if line.startswith("sungaze_streams_open ")]
    return float(number)

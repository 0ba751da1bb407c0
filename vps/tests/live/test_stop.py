"""A server that is told to stop does not wait for streams, which would last; nor does it cut them off."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from sungaze_vps.cli.serve import _GRACE_S

TOKEN = "write-token-of-the-home"
ASK = f"GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
STREAMS = 8


def start(folder, workers):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "DATABASE_URL": f"sqlite:///{folder / 'readings.db'}",
        "REDIS_URL": "memory://" if workers == 1 else "redis://127.0.0.1:1",
        "DEVICE_TOKENS": f"{TOKEN}:home",
    }
    command = [sys.executable, "-m", "sungaze_vps", "serve", "--port", str(port), "--workers", str(workers)]
    with (folder / "log").open("wb") as log:
        return port, subprocess.Popen(command, env=os.environ | settings, stderr=log)


def open_stream(port):
    """Open a stream and give its connection once it has begun."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(ASK)
    received = b""
    while b"retry: 1000\n\n" not in received:
        received += connection.recv(65536)
    assert received.startswith(b"HTTP/1.1 200 ")
    return connection


def wait_until_up(port, process, log):
    for _ in range(1200):
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.mark.parametrize(("workers", "number"), [(1, signal.SIGTERM), (1, signal.SIGINT), (2, signal.SIGTERM)])
def test_a_stop_ends_open_streams_cleanly_and_at_once(tmp_path, workers, number):
    port, process = start(tmp_path, workers)
    try:
        wait_until_up(port, process, tmp_path / "log")
        streams = [open_stream(port) for _ in range(STREAMS)]
        began = time.monotonic()
        process.send_signal(number)
        for connection in streams:
            assert rest(connection).endswith(b"\r\n0\r\n\r\n")
        status = process.wait(30)
        took_s = time.monotonic() - began
    finally:
        process.kill()
        process.wait()
    log = (tmp_path / "log").read_text()
    assert status == 0, log
    assert took_s < _GRACE_S, log
    assert "Traceback" not in log
    assert "graceful shutdown exceeded" not in log


def rest(connection):
    received = b"\r\n"
    while part := connection.recv(65536):
        received += part
    connection.close()
    return received

import json
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from sungaze_sim.cli import main
from sungaze_sim.record import read_record

SIMULATOR = [sys.executable, "-m", "sungaze_sim", "p1", "--port", "0", "--v1-port", "0", "--start", "2026-05-14T23:10"]


@contextmanager
def running(*options):
    with subprocess.Popen([*SIMULATOR, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def order(port, line):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as control, control.makefile("rw") as stream:
        stream.write(line + "\n")
        stream.flush()
        return json.loads(stream.readline())


def test_it_can_be_paired_with_by_a_press_from_outside_serves_and_ends_with_status_0(tmp_path):
    ca_file, record = tmp_path / "ca.pem", tmp_path / "record.jsonl"
    with running("--no-battery", "--ca-file", str(ca_file), "--record", str(record), "--control-port", "0") as process:
        control_port = int(process.stdout.readline().rsplit(":", 1)[1])
        assert str(ca_file) in process.stdout.readline()
        ready = process.stdout.readline()
        assert "three-phase Belgian grid meter listening on" in ready
        port = int(ready.split(" (v2)")[0].rsplit(":", 1)[1])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(ca_file)
        with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context, trust_env=False) as client:
            assert client.post("/api/user", json={"name": "local/me"}).status_code == 403
            assert order(control_port, '{"press": true}')["readings"] == 0
            token = client.post("/api/user", json={"name": "local/me"}).json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            assert client.get("/api/measurement").json()["power_w"] > 0
            assert order(control_port, '{"revoke": true}')["readings"] == 1
            assert client.get("/api/measurement").status_code == 401
            assert '"press"' in order(control_port, "{}")["error"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert process.stderr.read() == ""
    [reading] = read_record(record)
    assert reading.house_time.isoformat().startswith("2026-05-14T23:10")


def test_a_token_can_be_had_at_once_and_the_old_api_be_on():
    with running("--pair", "local/me", "--v1", "--dutch", "--phases", "1") as process:
        assert process.stdout.readline().startswith("Token of local/me: ")
        process.stdout.readline()
        ready = process.stdout.readline()
        assert "single-phase Dutch" in ready
        v1_port = int(ready.split(" (v1)")[0].rsplit(":", 1)[1])
        body = httpx.get(f"http://127.0.0.1:{v1_port}/api/v1/data", trust_env=False).json()
        assert body["active_power_l2_w"] is None


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--fault", "spikes"], "no fault"),
        (["--ca-file", "/nowhere/ca.pem"], "/nowhere/ca.pem"),
        (["--button", "--press-after", "3"], "not allowed with"),
        (["--pair", "me"], "must be like local/name"),
    ],
)
def test_a_mistake_is_named(capsys, options, complaint):
    try:
        status = main(["p1", "--port", "0", "--v1-port", "0", "--start", "2026-05-14T23:10", *options])
    except SystemExit as end:
        status = end.code
    assert status in (1, 2)
    assert complaint in capsys.readouterr().err


def test_a_port_in_use_is_named(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["p1", "--port", str(port), "--v1-port", "0", "--start", "2026-05-14T23:10"]) == 1
    assert str(port) in capsys.readouterr().err

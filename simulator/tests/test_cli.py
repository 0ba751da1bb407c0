import asyncio
import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from sungaze_sim.cli import main
from sungaze_sim.control import ControlPort
from sungaze_sim.record import read_record

SIMULATOR = [sys.executable, "-m", "sungaze_sim", "winet", "--port", "0"]


@contextmanager
def running(*options):
    with subprocess.Popen([*SIMULATOR, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_words(port, start, count):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        for address, length in ((4999, 37), (start, count)):
            line.sendall(bytes([0, 1, 0, 0, 0, 6, 1, 4]) + address.to_bytes(2, "big") + length.to_bytes(2, "big"))
            answer = b""
            while len(answer) < 9 + 2 * length:
                answer += line.recv(4096)
        return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_is_ready_serves_and_ends_with_status_0(tmp_path, number):
    record = tmp_path / "record.jsonl"
    with running("--record", str(record), "--speed", "600", "--start", "2026-05-14T12:00") as process:
        ready = process.stdout.readline()
        assert ready.startswith("WiNet-S of a SH4.0RS listening on 127.0.0.1:")
        read_words(int(ready.rsplit(":", 1)[1]), 12999, 79)
        process.send_signal(number)
        assert process.wait(5) == 0
        assert process.stderr.read() == ""
    [reading] = read_record(record)
    assert reading.house_time.isoformat().startswith("2026-05-14T12:")


def test_it_ends_while_a_client_is_connected():
    with running() as process:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)):
            process.terminate()
            assert process.wait(5) == 0


def test_a_scheduled_outage_is_announced_and_over_on_the_same_port():
    with running("--fault", "offline@0.2+0.2", "--control-port", "0") as process:
        assert "switched on 127.0.0.1:" in process.stdout.readline()
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        assert f"No longer listening on 127.0.0.1:{port}" in process.stderr.readline()
        assert f"Listening on 127.0.0.1:{port} again" in process.stderr.readline()
        assert len(read_words(port, 12999, 79)) == 9 + 2 * 79


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--capture", "nothing"], "lan_sh8rt20_charging"),
        (["--fault", "explode"], "no fault"),
        (["--record", "/nowhere/record.jsonl"], "/nowhere/record.jsonl"),
        (["--start", "yesterday"], "not a time"),
        (["--speed", "0"], "speed must lie"),
        (["--model", "SH1"], "invalid choice"),
        (["--house", "--capture", "x"], "not allowed with"),
    ],
)
def test_a_mistake_is_named(capsys, options, complaint):
    try:
        status = main(["winet", "--port", "0", *options])
    except SystemExit as end:
        status = end.code
    assert status in (1, 2)
    assert complaint in capsys.readouterr().err


def test_a_port_in_use_is_named(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["winet", "--port", str(port)]) == 1
    complaint = capsys.readouterr().err
    assert str(port) in complaint
    assert "Choose another one" in complaint


async def test_faults_are_switched_from_outside(serve, connect, cleanup):
    server = await serve()
    control = ControlPort(server)
    await control.start()
    cleanup.push_async_callback(control.stop)
    reader, writer = await asyncio.open_connection("127.0.0.1", control.port)
    cleanup.callback(writer.close)

    async def order(line):
        writer.write(line.encode() + b"\n")
        return json.loads(await asyncio.wait_for(reader.readline(), 5))

    assert await order('{"status": true}') == {"faults": [], "readings": 0, "connections": 0}
    assert (await order('{"set": "silence", "seconds": 60}'))["faults"] == ["silence"]
    client = await connect(server)
    await client.send(4999, 1)
    assert await client.hears_nothing()
    assert (await order('{"clear": null}'))["faults"] == []
    assert await client.words(4999, 1)
    assert (await order('{"status": true}'))["connections"] == 1
    for nonsense in ("nonsense", "[1]", "7", '{"set": "explode"}', '{"set": "silence", "seconds": "x"}', "{}"):
        assert "error" in await order(nonsense), nonsense

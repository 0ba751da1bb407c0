"""Rows that no edge writes by itself, in a real spool before a real server: each is set aside, and nothing else."""

import asyncio
import os
import random
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from sungaze_edge.clock import Clock
from sungaze_edge.reading import Reading
from sungaze_edge.server import Server
from sungaze_edge.spool import Spool
from sungaze_edge.store import Store
from sungaze_edge.uploader import Uploader
from sungaze_sim.stack import free_port, script

TOKEN = "write-token-of-the-home"
GOOD = 120
LONG = 10 * 2**20
POISON = {
    "NaN": ('{"pv_power_w":NaN}', None),
    "1e400": ('{"pv_power_w":1e400}', None),
    "no JSON": ('{"pv_power_w":', None),
    "half a character": ('{"running_state":"\\ud800"}', None),
    "of 1970": ('{"pv_power_w":1}', datetime(1970, 1, 1, tzinfo=UTC)),
    "of 2100": ('{"pv_power_w":1}', datetime(2100, 1, 1, tzinfo=UTC)),
    "10 MB of one letter": ('{"running_state":"' + "x" * LONG + '"}', None),
    "too long for the wire": ('{"running_state":"' + random.Random(1).randbytes(LONG // 8).hex() + '"}', None),
    "nested without end": ('{"pv_power_w":' + "[" * 100_000, None),
    "empty": ("{}", None),
}
TWICE = '{"pv_power_w":1,"pv_power_w":77777}'


@pytest.fixture
def url_and_ca(tmp_path):
    """Run the server over TLS."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    port = free_port()
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'readings.db'}",
        "REDIS_URL": "memory://",
        "DEVICE_TOKENS": f"{TOKEN}:home",
    }
    options = ["--port", str(port), "--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen([script("sungaze-vps"), "serve", *options], env=os.environ | settings, stderr=log)
    yield f"https://localhost:{port}/v1/ingest", tmp_path / "ca.pem"
    process.terminate()
    process.wait(20)


def fill(path, now):
    """Write good rows with the poison between them, as a disk that fails or a foreign program may."""
    rows = [(f'{{"pv_power_w":{number}}}', now - timedelta(seconds=5 * number)) for number in range(GOOD)]
    for number, (payload, ts) in enumerate(POISON.values()):
        rows.insert(11 * number + 7, (payload, ts or now - timedelta(days=1, seconds=number)))
    rows.append((TWICE, now - timedelta(days=2)))
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO reading (id, device_id, kind, ts_ms, payload) VALUES (?, 'home', 'sungrow', ?, ?)",
            [(number, int(ts.timestamp() * 1000), payload) for number, (payload, ts) in enumerate(rows, 1)],
        )
    database.close()


async def test_r7_a_poison_row_is_set_aside_alone_and_never_blocks_the_queue(tmp_path, url_and_ca):
    url, ca_file = url_and_ca
    clock = Clock(kernel_synced=lambda: True)
    path = tmp_path / "spool.db"
    async with Spool(path):
        pass
    fill(path, clock.instant().wall)
    pace = {"batch_size": 30, "drain_batch_size": 1000, "interval_s": 0.02}
    waits = {"backoff_s": (0.02, 0.05), "denied_backoff_s": (0.05, 0.1)}
    stop = asyncio.Event()
    async with Spool(path) as spool, Server(url, TOKEN, ca_file, clock) as server:
        await spool.enqueue(Reading("home", "sungrow", {"pv_power_w": 55555}, clock.instant()))
        uploader = Uploader(spool, server, clock, **pace, **waits)
        running = asyncio.create_task(uploader.run(stop))
        async with asyncio.timeout(60):
            while await spool.length():  # noqa: ASYNC110 (a count has no event)
                await asyncio.sleep(0.02)
        stop.set()
        await running
    store = Store(path)
    refused = store.quarantined()
    store.close()
    assert len(refused) == len(POISON)
    assert all(one.reason and len(one.reason) <= 1000 for one in refused)
    stored = sqlite3.connect(tmp_path / "readings.db")
    powers = [power for (power,) in stored.execute("SELECT pv_power_w FROM sungrow_samples ORDER BY 1")]
    stored.close()
    assert powers == [*range(GOOD), 55555, 77777], "every good row once; of a name that stands twice the last counts"

"""An edge with a backlog meets the server's limits: it waits as it is told and delivers everything once."""

import asyncio
import os
import sqlite3
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
import trustme

from sungaze_edge.clock import Clock
from sungaze_edge.reading import Reading
from sungaze_edge.server import Server
from sungaze_edge.spool import Spool
from sungaze_edge.uploader import Uploader
from sungaze_sim.stack import free_port, script

TOKEN = "write-token-of-the-home"
READINGS = 1400  # takes four seconds: a machine that is slower than that is never limited


@pytest.fixture
def url_and_ca(tmp_path):
    """Run a server that grants 100 samples a second, 1000 at once."""
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
        "INGEST_RATE_SAMPLES_PER_S": "100",
    }
    options = ["--port", str(port), "--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen([script("sungaze-vps"), "serve", *options], env=os.environ | settings, stderr=log)
    yield f"https://localhost:{port}/v1/ingest", tmp_path / "ca.pem"
    process.terminate()
    process.wait(20)


async def test_hc001_hc002_an_edge_that_meets_a_limit_waits_and_delivers_everything_once(tmp_path, url_and_ca, caplog):
    caplog.set_level("INFO")
    url, ca_file = url_and_ca
    clock = Clock(kernel_synced=lambda: True)
    pace = {"batch_size": 30, "drain_batch_size": 500, "interval_s": 0.05}
    waits = {"backoff_s": (0.05, 0.1), "denied_backoff_s": (0.05, 0.1)}
    stop = asyncio.Event()
    async with Spool(tmp_path / "spool.db") as spool, Server(url, TOKEN, ca_file, clock) as server:
        now = clock.instant()
        for number in range(READINGS):
            taken = replace(now, wall=now.wall - timedelta(seconds=5 * number))
            await spool.enqueue(Reading("home", "sungrow", {"pv_power_w": number}, taken))
        uploader = Uploader(spool, server, clock, **pace, **waits)
        running = asyncio.create_task(uploader.run(stop))
        async with asyncio.timeout(30):
            while uploader.status.delivered < READINGS:  # noqa: ASYNC110 (a count has no event)
                await asyncio.sleep(0.02)
        stop.set()
        await running
    stored = sqlite3.connect(tmp_path / "readings.db")
    assert stored.execute("SELECT count(*), sum(pv_power_w) FROM sungrow_samples").fetchone() == (
        READINGS,
        sum(range(READINGS)),
    )
    stored.close()
    assert "429" in caplog.text

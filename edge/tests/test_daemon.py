"""The whole daemon as a process: device in, HTTPS out, signals, kills and outages between."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sungaze_edge import config, main
from sungaze_edge.clock import Clock
from sungaze_edge.health_check import illness
from sungaze_edge.store import Store

START = """
import sys
from sungaze_edge import sources
sources.__path__[:] = [sys.argv.pop(1)]
from sungaze_edge.cli import main
sys.exit(main())
"""
WITH_A_LOOKUP_THAT_HANGS = """
import os, socket, time

def hang(*_, **__):
    with open(os.environ["TOY_JOURNAL"], "a") as journal:
        print("lookup", file=journal)
    time.sleep(60)

socket.getaddrinfo = hang
"""


@dataclass
class Home:
    """A Raspberry Pi with a toy device, as far as these tests need one."""

    folder: Path
    toy_folder: Path
    environ: dict[str, str]
    said: str = ""

    @property
    def spool(self):
        return self.folder / "spool.db"

    @asynccontextmanager
    async def daemon(self, start=START, **variables):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", start, self.toy_folder, "run"),
            env={**os.environ, **self.environ, **variables},
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            self.said = (await process.stderr.read()).decode()
            await process.wait()

    def polled(self):
        journal = Path(self.environ["TOY_JOURNAL"])
        return journal.read_text().split() if journal.exists() else []

    def waiting(self):
        store = Store(self.spool)
        rows = [json.loads(row[0]) for row in store._db.execute("SELECT payload FROM reading")]
        store.close()
        return rows

    def waiting_keys(self):
        return {(row["process"], row["power_w"]) for row in self.waiting()}


@pytest.fixture
def home(tmp_path, cloud, ca_file, toy_folder, token):
    cloud.date_s = None
    settings = {
        "VPS_INGEST_URL": cloud.url,
        "VPS_DEVICE_TOKEN": token,
        "VPS_CA_FILE": str(ca_file),
        "SPOOL_PATH": str(tmp_path / "spool.db"),
        "UPLOAD_INTERVAL_S": "0.1",
        "TOY_HOST": "home",
        "TOY_JOURNAL": str(tmp_path / "journal"),
    }
    return Home(tmp_path, toy_folder, settings)


async def until(done, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_hc001_a_signal_ends_the_daemon_cleanly_and_no_reading_is_lost(home, cloud, number):
    async with home.daemon(TOY_READ_S="0.05") as process:
        await until(lambda: len(cloud.stored) > 5)
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    *numbers, last = home.polled()
    assert last == "closed", "the device's connection is closed at the end"
    kept = [row["power_w"] for row in home.waiting()]
    assert sorted({sample["power_w"] for sample in cloud.stored.values()} | set(kept)) == list(map(int, numbers))
    assert "Traceback" not in home.said
    assert "was stopped" in illness(home.folder / "health.json", Clock().instant())


async def test_the_log_says_once_what_is_read_where_it_goes_and_that_it_works(home, cloud, token):
    async with home.daemon() as process:
        await until(lambda: len(cloud.stored) > 10)
        process.send_signal(signal.SIGTERM)
        await process.wait()
    good_news = (
        f"Reading home (toy); delivering to {cloud.url}; the spool is {home.spool}.",
        "The first reading of home is stored.",
        "The first readings are delivered.",
    )
    assert [home.said.count(line) for line in good_news] == [1, 1, 1]
    assert len(home.said.splitlines()) == 3
    assert token not in home.said


async def test_hc001_kill_9_at_random_moments_loses_and_doubles_nothing(home, cloud):
    for round_number in range(4):
        wanted = len(cloud.stored) + 4 + round_number
        async with home.daemon() as process:
            await until(lambda wanted=wanted: len(cloud.stored) >= wanted)
            process.kill()
    left = home.waiting_keys()
    async with home.daemon() as process:
        await until(lambda: left.isdisjoint(home.waiting_keys()))
        process.send_signal(signal.SIGTERM)
        await process.wait()
    found = Counter((sample["process"], sample["power_w"]) for sample in cloud.stored.values())
    found += Counter((row["process"], row["power_w"]) for row in home.waiting())
    assert set(found.values()) == {1}, "no reading under two identities"
    for process_id in {process for process, _ in found}:
        numbers = sorted(number for process, number in found if process == process_id)
        assert numbers == list(range(len(numbers))), "all but, perhaps, the one in hand"
    polled = len([line for line in home.polled() if line != "closed"])
    assert polled - len(found) <= 4, "at most the one in hand for each kill"


async def test_an_outage_of_the_server_is_survived_and_polling_goes_on(home, cloud, reply):
    cloud.judge = lambda _: reply(503, {})
    async with home.daemon() as process:
        await until(lambda: len(home.polled()) > 30)
        cloud.judge = None
        await until(lambda: len(cloud.stored) > 40)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert home.said.count("Nothing is delivered") == 1


async def test_a_stop_signal_while_the_server_hangs_is_obeyed_in_time(home, cloud, reply):
    cloud.judge = lambda _: reply(delay_s=30)
    async with home.daemon() as process:
        await until(lambda: cloud.requests)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_name_lookup_that_hangs_does_not_hold_up_the_end(home):
    async with home.daemon(WITH_A_LOOKUP_THAT_HANGS + START, VPS_INGEST_URL="https://energy.example.org") as process:
        await until(lambda: "lookup" in home.polled())
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    numbers = [int(word) for word in home.polled() if word.isdigit()]
    assert [row["power_w"] for row in home.waiting()] == numbers


@pytest.mark.usefixtures("with_toy")
async def test_the_daemon_can_be_run_from_a_test_with_other_tunables(home, cloud, monkeypatch):
    monkeypatch.delenv("TOY_JOURNAL", raising=False)
    settings = replace(config.load(home.environ), upload_backoff_s=(0.01, 0.05), health_interval_s=0.02)
    stop = asyncio.Event()
    daemon = asyncio.create_task(main.run(settings, stop))
    await until(lambda: len(cloud.stored) > 3)
    health = home.folder / "health.json"
    await until(lambda: health.exists() and json.loads(health.read_text())["upload"]["delivered"])
    assert illness(health, Clock().instant()) is None
    stop.set()
    await daemon
    state = json.loads(health.read_text())
    assert state["sources"][0]["stored"] == state["upload"]["delivered"] + state["spool"]["rows"]

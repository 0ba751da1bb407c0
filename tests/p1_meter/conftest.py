"""A home with a simulated P1 meter: its settings, its source, and the commands of the edge as real processes."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import pytest

from sungaze_edge.errors import SourceError
from sungaze_edge.settings import read_settings
from sungaze_edge.source import Pairing
from sungaze_edge.sources.homewizard_p1 import SOURCE_TYPE, pairing
from sungaze_edge.store import Store
from sungaze_sim.p1 import P1Meter

SERVER = {"VPS_INGEST_URL": "https://localhost:1", "VPS_DEVICE_TOKEN": "a-token-for-the-tests-0123456789"}


class Person:
    """Listens to what the pairing says, and presses the button when asked to."""

    def __init__(self, press):
        self.press, self.heard, self.counted = press, [], []

    def say(self, text):
        self.heard.append(text)
        if "Press the button" in text:
            self.press()

    def count_down(self, seconds):
        self.counted.append(seconds)


@contextmanager
def ctrl_c_as_at_a_terminal():
    """Start a child that takes Ctrl-C, even where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Home:
    def __init__(self, meter, folder):
        self.meter = meter
        self.token_file = folder / "p1_token.json"
        self.spool = folder / "spool.db"
        self.environ = {
            "HW_P1_HOST": "127.0.0.1",
            "HW_P1_PORT": str(meter.port),
            "HW_P1_CA_FILE": str(meter.ca_file),
            "HW_P1_TOKEN_FILE": str(self.token_file),
            "HW_P1_POLL_INTERVAL_S": "1",
            "HW_P1_DEVICE_ID": "p1",
            "SPOOL_PATH": str(self.spool),
        }

    @asynccontextmanager
    async def reading(self, **changes):
        source = SOURCE_TYPE.open(
            read_settings(SOURCE_TYPE.settings, self.environ | changes), lambda: datetime.now(UTC)
        )
        try:
            yield source
        finally:
            await source.close()

    async def failure(self, **changes):
        """Read once, and give why that failed."""
        async with self.reading(**changes) as source:
            with pytest.raises(SourceError) as caught:
                await source.read()
        return caught.value

    async def pair(self, name=None, *, again=False, press=True, **changes):
        self.person = person = Person(self.meter.press_button if press else lambda: None)
        values = read_settings(SOURCE_TYPE.settings, self.environ | changes)
        await SOURCE_TYPE.pair(values, Pairing(name, again=again), person)
        return person.heard

    @asynccontextmanager
    async def command(self, *arguments, **changes):
        with ctrl_c_as_at_a_terminal():
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "sungaze_edge", *arguments),
                env={**os.environ, **self.environ, **SERVER, **changes},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def run(self, *arguments, **changes):
        async with self.command(*arguments, **changes) as process:
            out, err = await asyncio.wait_for(process.communicate(), 30)
            return process.returncode, out.decode(), err.decode()

    def stored(self):
        store = Store(self.spool)
        rows = store._db.execute("SELECT payload FROM reading").fetchall()
        store.close()
        return rows


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(pairing, "WAIT_S", 1.5)


@pytest.fixture
def home_of(tmp_path):
    """Give a home around a meter that listens somewhere, or nowhere."""
    return lambda meter: Home(meter, tmp_path)


@pytest.fixture
def at_home(home_of):
    """Give a home around a simulated meter with options."""

    @asynccontextmanager
    async def live(**options):
        async with P1Meter(**options) as meter:
            yield home_of(meter)

    return live


@pytest.fixture
async def home(at_home):
    async with at_home() as home:
        yield home

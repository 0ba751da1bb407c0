"""The whole pipeline as real processes on this machine, with a fault proxy on every way between them."""

import asyncio
import os
import secrets
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx
import trustme

from faults import servers
from faults.devices import Devices
from faults.edge_clock import Wall
from faults.http_link import pass_requests
from faults.link import Link, pass_bytes
from faults.program import Program
from sungaze_edge.store import Store
from sungaze_sim.disk import Disk, made
from sungaze_sim.judge import Row
from sungaze_sim.stack import DEVICE_ID, P1_DEVICE_ID, free_port, script

_REPOSITORY = Path(__file__).parent.parent
COMMANDS = {"edge": [sys.executable, "-m", "faults.fast_edge"], "api": [script("sungaze-vps")]}
_DISK_BYTES = 2**27
_TLS_REQUEST = 200
"""Bytes: the end of a handshake is shorter, a request to our server longer."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """From when to when a device may believe that it handed a reading out, and the edge never had it on its disk."""

    begins: datetime
    ends: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Breakage:
    """A spool that was broken on purpose, and the readings that were in its files when that happened."""

    at: datetime
    rows: Mapping[tuple[str, int], Row]
    """By device and milliseconds."""


class Trial:
    """Everything that runs, and what is to be remembered for the verdict."""

    def __init__(self, folder: Path, seed: int, *, commands: Mapping[str, Sequence[str]] | None = None) -> None:
        """Lay everything out in a folder; nothing runs yet. `commands` replace the edge or the API."""
        self.folder = folder
        self.devices = Devices(folder, seed)
        self.token = secrets.token_urlsafe(32)
        self.doubts: list[Doubt] = []
        self.breakages: list[Breakage] = []
        self.complaints: list[str] = []
        """What went wrong besides readings."""
        self.no_disk = ""
        """Why the spool has no disk of its own, where it has none."""
        self.second_authority = trustme.CA()
        """Trusted by the edge, as a public one is; it signs what is not the server's."""
        self.clock_file = folder / "clock.json"
        self.spool_folder = folder / "spool"
        self.disk: Disk | None = None
        """The spool's own, where one may be made here."""
        self._resources = ExitStack()
        self.links: dict[str, Link] = {}
        self.programs: dict[str, Program] = {}
        self._commands = {**COMMANDS, **(commands or {})}

    async def start(self) -> None:
        """Start everything, in the order in which one thing needs another."""
        self._make_disk()
        Wall().write(self.clock_file)
        home = self._resources.enter_context(TemporaryDirectory(prefix="sungaze-pg-", ignore_cleanup_errors=True))
        database = await asyncio.to_thread(servers.postgresql, self.folder, Path(home))
        await self._run(database)
        await self._until_database()
        await self._run(servers.redis(self.folder))
        for name in ("postgresql", "redis"):
            await self._link(f"api-{name}", self.programs[name].port, handshake_rounds=1)
        await asyncio.to_thread(servers.migrate, self.database_url(database.port), self.folder)
        await self._run(self._api())
        await self._link("caddy-api", self.programs["api"].port, is_http=True)
        await self._run(servers.caddy(self.folder, self.links["caddy-api"].port))
        await self._until(servers.caddys_authority(self.folder).exists, 30, "Caddy made no authority")
        authority = servers.caddys_authority(self.folder).read_bytes()
        self._trusted.write_bytes(authority + self.second_authority.cert_pem.bytes())
        await self._link("edge-caddy", self.programs["caddy"].port, handshake_rounds=1, least_request=_TLS_REQUEST)
        await self.devices.start()
        await self._link("edge-inverter", self.devices.inverter.port)
        await self._link("edge-meter", self.devices.meter.port, handshake_rounds=1, least_request=_TLS_REQUEST // 2)
        await self._run(
            Program("edge", self._commands["edge"], self.folder, self.edge_settings(), sign="; delivering to ")
        )

    def _make_disk(self) -> None:
        try:
            self.disk = self._resources.enter_context(made(_DISK_BYTES))
            self._resources.enter_context(_guarded(self.disk))
        except OSError as error:
            self.no_disk = str(error)
            self.spool_folder.mkdir()
        else:
            self.spool_folder = self.disk.folder

    @property
    def edge(self) -> Program:
        """The edge."""
        return self.programs["edge"]

    @property
    def spool(self) -> Path:
        """The edge's spool."""
        return self.spool_folder / "spool.db"

    async def restart_edge(self) -> None:
        """Start the edge, which does not run, with what it is to know now."""
        self.edge.settings = self.edge_settings()
        await self.edge.start()

    async def next_reading(self, within_s: float = 4.0) -> None:
        """Wait until a device has handed out one more, or for so long."""
        records = (self.devices.inverter.record, self.devices.meter.record)
        before = [record.count for record in records]
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while [record.count for record in records] == before:  # noqa: ASYNC110 - the edge asks when it likes
                    await asyncio.sleep(0.02)

    async def both_go_on(self, within_s: float = 6.0) -> bool:
        """Wait until each device has handed out one more, so that what the edge had in hand is stored; give whether."""
        records = (self.devices.inverter.record, self.devices.meter.record)
        before = [record.count for record in records]
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not all(record.count > count for record, count in zip(records, before, strict=True)):  # noqa: ASYNC110 - the edge asks when it likes
                    await asyncio.sleep(0.02)
                return True
        return False

    def doubt(self, begins: datetime, reason: str, *, before_s: float = 0.0) -> None:
        """Note that from `before_s` before `begins` until now, what a device sent may not have reached a disk."""
        self.doubts.append(Doubt(begins - timedelta(seconds=before_s), datetime.now(UTC), reason))

    @property
    def _trusted(self) -> Path:
        return self.folder / "trusted.pem"

    def database_url(self, port: int | None) -> str:
        """Give what DATABASE_URL holds, with a port of our choice."""
        return f"postgresql+asyncpg://postgres@127.0.0.1:{port}/{servers.DATABASE}"

    def spooled(self) -> int:
        """Count the readings that wait in the spool, as the edge counts them."""
        with suppress(sqlite3.Error), closing(Store(self.spool)) as store:
            return store.length()
        return -1

    def quarantined(self) -> int:
        """Count the readings that the server refused."""
        with closing(sqlite3.connect(f"file:{self.spool}?mode=ro", uri=True)) as spool:
            return int(spool.execute("SELECT count(*) FROM quarantine").fetchone()[0])

    def reader(self) -> httpx.AsyncClient:
        """Make an HTTP client that asks what a person asks, through Caddy."""
        context = ssl.create_default_context(cafile=servers.caddys_authority(self.folder))
        url = f"https://localhost:{self.links['edge-caddy'].port}"
        return httpx.AsyncClient(
            base_url=url, verify=context, timeout=3, headers={"Authorization": f"Bearer {self.token}"}
        )

    async def close(self) -> None:
        """End everything that still runs."""
        try:
            for link in self.links.values():
                link.end()
            for name in reversed(self.programs):
                await self.programs[name].kill()
            for link in self.links.values():
                await link.stop()
            await self.devices.stop()
        finally:
            self._resources.close()

    async def _run(self, program: Program) -> None:
        self.programs[program.name] = program
        await program.start()

    async def _link(
        self, name: str, target: int | None, *, is_http: bool = False, handshake_rounds: int = 0, least_request: int = 1
    ) -> None:
        talk = pass_requests if is_http else pass_bytes
        link = Link(
            name, free_port(), target or 0, talk, handshake_rounds=handshake_rounds, least_request=least_request
        )
        self.links[name] = link
        await link.start()

    def _api(self) -> Program:
        port = free_port()
        settings = {
            "DATABASE_URL": self.database_url(self.links["api-postgresql"].port),
            "REDIS_URL": f"redis://127.0.0.1:{self.links['api-redis'].port}/0",
            "DEVICE_TOKENS": f"{self.token}:{DEVICE_ID},{self.token}:{P1_DEVICE_ID}",
            "TRUSTED_PROXIES": "127.0.0.1",
        }
        return Program("api", [*self._commands["api"], "serve", "--port", str(port)], self.folder, settings, port)

    def edge_settings(self) -> dict[str, str]:
        """Give the edge's environment."""
        return {
            "PYTHONPATH": os.pathsep.join([str(_REPOSITORY), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]),
            "FAULTS_CLOCK": str(self.clock_file),
            "SUNGROW_HOST": "127.0.0.1",
            "SUNGROW_PORT": str(self.links["edge-inverter"].port),
            "DEVICE_ID": DEVICE_ID,
            "HW_P1_HOST": "127.0.0.1",
            "HW_P1_PORT": str(self.links["edge-meter"].port),
            "HW_P1_SERIAL": self.devices.meter.serial,
            "HW_P1_TOKEN": self.devices.token,
            "HW_P1_TOKEN_FILE": str(self.folder / "p1_token.json"),
            "HW_P1_CA_FILE": str(self.devices.meter.ca_file),
            "HW_P1_DEVICE_ID": P1_DEVICE_ID,
            "VPS_INGEST_URL": f"https://localhost:{self.links['edge-caddy'].port}",
            "VPS_DEVICE_TOKEN": self.token,
            "VPS_CA_FILE": str(self._trusted),
            "SPOOL_PATH": str(self.spool),
        }

    async def _until_database(self) -> None:
        async def is_up() -> bool:
            try:
                await (await servers.connect(self.programs["postgresql"].port or 0)).close()
            except (OSError, asyncpg.PostgresError):
                return False
            return True

        async with asyncio.timeout(30):
            while not await is_up():  # noqa: ASYNC110 - another process brings it about
                await asyncio.sleep(0.1)

    @staticmethod
    async def _until(condition: Callable[[], bool], timeout_s: float, complaint: str) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():  # noqa: ASYNC110 - other processes bring it about
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(complaint) from None


@contextmanager
def _guarded(disk: Disk) -> Iterator[None]:
    """Have a shell wait for our end and then take the disk away; after a `kill -9` nobody else would."""
    last_will = 'cat; umount -l "$1"; losetup --detach "$2"'
    command = ["sh", "-c", last_will, "sh", str(disk.folder), disk.device]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True) as guard:
        try:
            yield
        finally:
            guard.kill()

"""The whole pipeline on this machine: a server and an edge as real processes, over real TLS, in one folder."""

import asyncio
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trustme

DEVICE_ID, P1_DEVICE_ID = "home", "p1"
"""The inverter and the grid meter."""
_START_TIMEOUT_S = 60


class StackError(Exception):
    """A part of the pipeline did not start or stop as it should; the text shows the end of its log."""


def free_port() -> int:
    """Find a port on the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Stack:
    """Where everything is and how it is started; nothing runs until asked to."""

    folder: Path
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    devices: tuple[str, ...] = (DEVICE_ID,)
    """Those that the token may write."""
    api_settings: dict[str, str] = field(default_factory=dict)
    """Of the server, besides what it cannot do without."""
    api_port: int = field(default_factory=free_port)
    api: Process | None = None
    edge: Process | None = None

    def __post_init__(self) -> None:
        """Make an authority of this folder alone and let it sign the server; its own key is never written down."""
        authority = trustme.CA()
        server = authority.issue_cert("localhost", "127.0.0.1")
        authority.cert_pem.write_to_path(self.ca_file)
        server.cert_chain_pems[0].write_to_path(self.folder / "server.pem")
        self._key_file.touch(mode=0o600)
        server.private_key_pem.write_to_path(self._key_file)
        self.curl_file.touch(mode=0o600)
        self.curl_file.write_text(
            f'silent\nshow-error\ncacert = "{self.ca_file}"\nheader = "Authorization: Bearer {self.token}"\n'
        )

    @property
    def ca_file(self) -> Path:
        """The certificate to trust."""
        return self.folder / "ca.pem"

    @property
    def curl_file(self) -> Path:
        """What `curl --config` needs to be let in, so that the token stands in no command line."""
        return self.folder / "curl"

    @property
    def database(self) -> Path:
        """The server's SQLite file."""
        return self.folder / "server.db"

    @property
    def spool(self) -> Path:
        """The edge's spool."""
        return self.folder / "spool.db"

    @property
    def url(self) -> str:
        """The server's address."""
        return f"https://localhost:{self.api_port}"

    @property
    def _key_file(self) -> Path:
        return self.folder / "server.key"

    def client(self) -> httpx.AsyncClient:
        """Make an HTTP client that trusts the server and carries the token."""
        context = ssl.create_default_context(cafile=self.ca_file)
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.AsyncClient(base_url=self.url, verify=context, headers=headers, timeout=10)

    async def start_api(self) -> None:
        """Start the server and wait until it answers."""
        certificate = ["--tls-cert", str(self.folder / "server.pem"), "--tls-key", str(self._key_file)]
        command = [script("sungaze-vps"), "serve", "--port", str(self.api_port), *certificate]
        settings = {
            "DATABASE_URL": f"sqlite+aiosqlite:///{self.database}",
            "REDIS_URL": "memory://",
            "DEVICE_TOKENS": ",".join(f"{self.token}:{device_id}" for device_id in self.devices),
            **self.api_settings,
        }
        self.api = await self._start("api", command, settings)
        async with self.client() as client, asyncio.timeout(_START_TIMEOUT_S):
            while not await _answers(client):
                self.require_running("api", self.api)
                await asyncio.sleep(0.05)

    async def start_edge(
        self, modbus_port: int, command: Sequence[str] | None = None, settings: dict[str, str] | None = None
    ) -> None:
        """Start the edge; it says by itself when something is wrong."""
        given = {
            "SUNGROW_HOST": "127.0.0.1",
            "SUNGROW_PORT": str(modbus_port),
            "DEVICE_ID": DEVICE_ID,
            "VPS_INGEST_URL": self.url,
            "VPS_DEVICE_TOKEN": self.token,
            "VPS_CA_FILE": str(self.ca_file),
            "SPOOL_PATH": str(self.spool),
            "UPLOAD_INTERVAL_S": "1",
        }
        self.edge = await self._start("edge", command or [script("sungaze-edge"), "run"], given | (settings or {}))

    def p1_settings(self, *, port: int, serial: str, token: str, ca_file: Path) -> dict[str, str]:
        """Give the edge's settings for a P1 meter on this machine."""
        return {
            "HW_P1_HOST": "127.0.0.1",
            "HW_P1_PORT": str(port),
            "HW_P1_SERIAL": serial,
            "HW_P1_TOKEN": token,
            "HW_P1_TOKEN_FILE": str(self.folder / "p1_token.json"),
            "HW_P1_CA_FILE": str(ca_file),
            "HW_P1_DEVICE_ID": P1_DEVICE_ID,
        }

    async def _start(self, name: str, command: Sequence[str], settings: dict[str, str]) -> Process:
        with self.log_file(name).open("ab") as log:
            return await asyncio.create_subprocess_exec(*command, env=_environment() | settings, stdout=log, stderr=log)

    def spooled(self) -> int:
        """Count the readings that wait in the spool, as the edge tells it; how it keeps them is its own affair."""
        command = [script("sungaze-edge"), "spool"]
        environment = _environment() | {"SPOOL_PATH": str(self.spool)}
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own
        rows = re.search(r"^rows: (\d+)$", told, re.MULTILINE)
        return int(rows[1]) if rows else 0  # not made yet

    async def delivered(self, timeout_s: float) -> None:
        """Wait until the spool is empty.

        Raises:
            TimeoutError: it was not, in time.
        """
        async with asyncio.timeout(timeout_s):
            while await asyncio.to_thread(self.spooled):  # noqa: ASYNC110 - it is emptied by another process
                await asyncio.sleep(0.2)

    def log_file(self, name: str) -> Path:
        """Give where a process's output goes."""
        return self.folder / f"{name}.log"

    def require_running(self, name: str, process: Process) -> None:
        """Raise StackError with the end of its log when a process has ended by itself."""
        if process.returncode is not None:
            tail = "\n".join(self.log_file(name).read_text(errors="replace").splitlines()[-15:])
            raise StackError(f"{name} ended with status {process.returncode}:\n{tail}")

    async def close(self) -> None:
        """End what still runs, politely first."""
        for process in (self.edge, self.api):
            if process is not None:
                await stop(process)


def script(name: str) -> str:
    """Give the path of a command that is installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


async def stop(process: Process, timeout_s: float = 30) -> int:
    """Send SIGTERM, wait, and kill what does not listen; give the exit status."""
    if process.returncode is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), timeout_s)
        except TimeoutError:
            process.kill()
    return await process.wait()


def _environment() -> dict[str, str]:
    """Give our own environment without settings that belong to a real installation."""
    kept = ("PATH", "PYTHONPATH", "HOME", "LANG", "TZ", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in kept if name in os.environ}


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False

"""The API with the page, as a process that a test may kill and start again."""

import asyncio
import os
from asyncio.subprocess import STDOUT, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sungaze_sim.stack import free_port, script, stop

WRITER = "writes-for-all-of-these-homes"
_START_TIMEOUT_S = 60
_BATCH_SAMPLES = 1000


@dataclass(slots=True)
class PageServer:
    """One server on the loopback, without TLS: a browser takes 127.0.0.1 for a safe place."""

    folder: Path
    page: Path
    homes: dict[str, tuple[str, ...]]
    """Read token -> its devices."""
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self) -> "PageServer":
        devices = sorted({device for devices in self.homes.values() for device in devices})
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "COVERAGE_PROCESS_CONFIG") if name in os.environ},
            "DATABASE_URL": f"sqlite+aiosqlite:///{self.folder / 'server.db'}",
            "REDIS_URL": "memory://",
            "DEVICE_TOKENS": ",".join(f"{WRITER}:{device}" for device in devices),
            "READ_TOKENS": ",".join(f"{token}:{device}" for token in self.homes for device in self.homes[token]),
            "READ_RATE_PER_S": "0",
            "INGEST_RATE_SAMPLES_PER_S": "0",
            "UNKNOWN_TOKEN_RATE_PER_S": "1000",
            "TIMEZONE": "Europe/Brussels",
            "DASHBOARD_DIR": str(self.page),
            **self.settings,
        }
        command = [script("sungaze-vps"), "serve", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=STDOUT)
        async with asyncio.timeout(_START_TIMEOUT_S):
            while not await self._answers():
                assert self.process.returncode is None, (self.folder / "server.log").read_text()
                await asyncio.sleep(0.05)
        return self

    async def _answers(self) -> bool:
        try:
            async with self._client("") as client:
                return (await client.get("/")).is_success
        except httpx.TransportError:
            return False

    async def kill(self) -> None:
        """End it without a goodbye."""
        assert self.process
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        if self.process:
            await stop(self.process)

    async def ingest(self, *samples: dict[str, Any], **headers: str) -> None:
        """Store readings the normal way; returns after the commit."""
        async with self._client(WRITER) as client:
            for first in range(0, len(samples), _BATCH_SAMPLES):
                batch = {"samples": samples[first : first + _BATCH_SAMPLES]}
                answer = await client.post("/v1/ingest", json=batch, headers=headers)
                assert answer.is_success, answer.text

    async def get(self, token: str, path: str, **query: str) -> Any:
        """Give what the API says to a reader."""
        async with self._client(token) as client:
            answer = await client.get(path, params=query)
            assert answer.is_success, answer.text
            return answer.json()

    def _client(self, token: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60, verify=False)

"""The API as people run it: `sungaze-vps serve`, one worker, a process of its own."""

import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from database import cpu_s

from sungaze_sim.stack import free_port, stop

_START_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Api:
    """A running server."""

    port: int
    pid: int
    token: str

    def rss_mb(self) -> float:
        """Give the memory of the worker, in MB of 2^20 bytes."""
        return psutil.Process(self.pid).memory_info().rss / 1024**2

    def cpu_s(self) -> float:
        return cpu_s(self.pid)


@asynccontextmanager
async def api(
    database_url: str,
    devices: Sequence[str] = ("home",),
    arguments: Sequence[str] = (),
    *,
    port: int = 0,
    token: str = "",
    **settings: str,
) -> AsyncIterator[Api]:
    """Start the API for the devices, without limits on callers; `settings` are environment variables."""
    token, port = token or secrets.token_hex(8), port or free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "REDIS_URL": "memory://",
        "DEVICE_TOKENS": ",".join(f"{token}:{device}" for device in devices),
        "INGEST_RATE_SAMPLES_PER_S": "0",
        "READ_RATE_PER_S": "0",
        **settings,
    }
    command = [str(Path(sys.executable).with_name("sungaze-vps")), "serve", "--port", str(port), *arguments]
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
        try:
            await _answering(port, process)
            yield Api(port, process.pid, token)
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-1000:], file=sys.stderr)
            raise
        finally:
            await stop(process)


async def _answering(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(_START_TIMEOUT_S):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
    raise RuntimeError("the API ended at once")

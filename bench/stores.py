"""Stores of readings as processes of their own, all asked the same: ours, VictoriaMetrics and InfluxDB."""

import asyncio
import os
import signal
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from database import Database, crashed
from load import Connection, Posts, get_request
from packages import Program
from samples import PLACEHOLDER, SUNGROW, Row, Window
from server import Api, api

from sungaze_edge.reading import payload, wire_text
from sungaze_sim.stack import free_port, stop
from sungaze_vps.db import timescale
from sungaze_vps.db.models import to_millis
from sungaze_vps.db.session import make_engine

_NAMES = [field.name for field in SUNGROW.fields]
_START_S = 60


def named(row: Row) -> dict[str, Any]:
    """Give the values that a row has, by name."""
    return {name: value for name, value in zip(_NAMES, row[3:], strict=True) if value is not None}


def json_body(rows: Iterable[Row]) -> bytes:
    """Write rows as our API takes them."""
    texts = (
        wire_text(row[0], "sungrow", to_millis(row[1]), payload({**named(row), "sample_count": 1})) for row in rows
    )
    return f'{{"samples":[{",".join(texts)}]}}'.encode()


def line_body(rows: Iterable[Row]) -> bytes:
    """Write rows as Influx lines, the times in nanoseconds."""
    return "\n".join(
        f"sungrow,device_id={row[0]} {','.join(f'{name}={value}' for name, value in named(row).items())}"
        f" {to_millis(row[1])}000000"
        for row in rows
    ).encode()


async def ask(port: int, request: Sequence[bytes]) -> bytes:
    """Ask once over a connection of its own."""
    connection = await Connection.open(port)
    try:
        return await connection.ask(request)
    finally:
        connection.close()


class Ours:
    """The API and TimescaleDB: an answer means that it is committed to the disk."""

    key, path, answer = "sungaze", "/v1/ingest", None
    body = staticmethod(json_body)

    def __init__(self, database: Database, url: str, devices: Sequence[str]) -> None:
        self.database, self.url, self.devices = database, url, devices
        self._api: Api
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        self._api = await self._stack.enter_async_context(api(self.url, self.devices))

    async def stop(self) -> None:
        await self._stack.aclose()

    async def crash(self) -> None:
        os.kill(self._api.pid, signal.SIGKILL)
        self.database = await asyncio.to_thread(crashed, self.database)
        await self.stop()
        await self.start()

    @property
    def port(self) -> int:
        return self._api.port

    @property
    def token(self) -> str:
        return self._api.token

    @property
    def pids(self) -> tuple[int, ...]:
        return self._api.pid, self.database.pid

    def latest(self, _: datetime) -> bytes:
        return get_request("/v1/realtime?device_id=home", self.token)

    def quarters(self, start: datetime, end: datetime) -> bytes:
        window = {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        return get_request(f"/v1/series?{urlencode({'device_id': 'home', 'bucket': '15m', **window})}", self.token)

    async def settle(self) -> None:
        """Refresh the rollups and compress, as the policies would within two weeks."""
        engine = make_engine(self.url)
        await timescale.refresh(engine, "sungrow")
        await engine.dispose()
        await self._execute("SELECT count(compress_chunk(chunk, true)) FROM show_chunks('sungrow_samples') AS chunk")

    async def bytes_stored(self) -> int:
        return int(await self._execute("SELECT pg_database_size(current_database())"))

    async def count(self, device_id: str) -> int:
        return int(await self._execute("SELECT count(*) FROM sungrow_samples WHERE device_id = $1", device_id))

    async def _execute(self, statement: str, *values: str) -> Any:
        connection = await self.database.connect(urlsplit(self.url).path.strip("/"))
        try:
            return await connection.fetchval(statement, *values)
        finally:
            await connection.close()


class _LineStore:
    """A program that takes Influx lines over HTTP."""

    key, path = "", ""
    answer = b""
    token = ""
    body = staticmethod(line_body)

    def __init__(self, program: Program, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.port = free_port()
        self._process: asyncio.subprocess.Process

    async def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                self.program.path, *self._arguments(), env=self._environment(), stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_S):
            while not await self._is_ready():
                if self._process.returncode is not None:
                    raise RuntimeError(f"{self.key} ended at once:\n{(self.folder / 'log').read_text()[-1000:]}")
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        await stop(self._process)

    async def crash(self) -> None:
        self._process.kill()
        await self._process.wait()
        await self.start()

    @property
    def pids(self) -> tuple[int, ...]:
        return (self._process.pid,)

    async def bytes_stored(self) -> int:
        files = (file for file in (self.folder / "data").rglob("*") if file.is_file())
        return sum(file.stat().st_size for file in files)

    async def _is_ready(self) -> bool:
        try:
            await self.get("/ping")
        except (OSError, EOFError):
            return False
        return True

    async def get(self, path: str) -> Any:
        answer = await ask(self.port, [get_request(path, "")])
        return msgspec.json.decode(answer) if answer.startswith(b"{") else None

    def _arguments(self) -> list[str]:
        return []

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder)}


class VictoriaMetrics(_LineStore):
    """An answer means that it is in memory; it goes to the disk within seconds."""

    key, path = "victoriametrics", "/write"

    def _arguments(self) -> list[str]:
        folder, address = self.folder / "data", f"127.0.0.1:{self.port}"
        return [f"-storageDataPath={folder}", f"-httpListenAddr={address}", "-retentionPeriod=10y"]

    def latest(self, newest: datetime) -> bytes:
        return get_request(f"/api/v1/query?query={_everything()}&time={newest.timestamp():.0f}&nocache=1", "")

    def quarters(self, start: datetime, end: datetime) -> bytes:
        window = f"start={start.timestamp() + 900:.0f}&end={end.timestamp():.0f}&step=900&nocache=1"
        return get_request(f"/api/v1/query_range?query=avg_over_time({_everything()}[15m])&{window}", "")

    async def settle(self) -> None:
        await self.get("/internal/force_flush")
        await self.get("/internal/force_merge")
        await _until_still(self)

    async def count(self, device_id: str, until: datetime | None = None) -> int:
        await self.get("/internal/force_flush")
        time = f"&time={until.timestamp():.3f}" if until else ""
        query = quote(f'count_over_time(sungrow_pv_power_w{{device_id="{device_id}"}}[10y])')
        found = (await self.get(f"/api/v1/query?query={query}&nocache=1{time}"))["data"]["result"]
        return int(found[0]["value"][1]) if found else 0


def _everything() -> str:
    return quote('{__name__=~"sungrow_.*",device_id="home"}')


class InfluxDb(_LineStore):
    """An answer means that it is in the write-ahead log on the disk."""

    key, path = "influxdb", "/write?db=home"
    compacts_soon = False

    async def start(self) -> None:
        await super().start()
        await self._query("CREATE DATABASE home")

    def _environment(self) -> dict[str, str]:
        soon = {"DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION": "1s", "DATA_COMPACT_FULL_WRITE_COLD_DURATION": "1s"}
        settings = {
            "REPORTING_DISABLED": "true",
            "HTTP_LOG_ENABLED": "false",
            "BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "META_DIR": str(self.folder / "meta"),
            "DATA_DIR": str(self.folder / "data"),
            "DATA_WAL_DIR": str(self.folder / "wal"),
            **(soon if self.compacts_soon else {}),
        }
        return super()._environment() | {f"INFLUXDB_{name}": value for name, value in settings.items()}

    def latest(self, _: datetime) -> bytes:
        return get_request(_asking("SELECT * FROM sungrow WHERE device_id = 'home' ORDER BY time DESC LIMIT 1"), "")

    def quarters(self, start: datetime, end: datetime) -> bytes:
        during = f"time >= '{start:%Y-%m-%dT%H:%M:%SZ}' AND time < '{end:%Y-%m-%dT%H:%M:%SZ}'"
        return get_request(
            _asking(f"SELECT mean(*) FROM sungrow WHERE device_id = 'home' AND {during} GROUP BY time(15m)"), ""
        )

    async def settle(self) -> None:
        """Start again with compaction at once, as an idle shard has it after hours."""
        await self.stop()
        self.compacts_soon = True
        await self.start()
        await _until_still(self)

    async def count(self, device_id: str) -> int:
        found = await self._query(f"SELECT count(pv_power_w) FROM sungrow WHERE device_id = '{device_id}'")
        series = found["results"][0].get("series")
        return int(series[0]["values"][0][1]) if series else 0

    async def _query(self, statement: str) -> Any:
        head = f"POST {_asking(statement)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        return msgspec.json.decode(await ask(self.port, [head.encode()]))


def _asking(statement: str) -> str:
    return f"/query?{urlencode({'db': 'home', 'q': statement})}"


async def _until_still(store: _LineStore) -> None:
    """Wait until what is stored has not changed for three seconds, half a minute at most."""
    sizes = [-1, -2, -3]
    for _ in range(30):
        if len(set(sizes[-3:])) == 1 and sizes[-1] > 0:
            return
        await asyncio.sleep(1)
        sizes.append(await store.bytes_stored())


type Store = Ours | VictoriaMetrics | InfluxDb


def posts(store: Store, batches: Sequence[Window], devices: Sequence[str]) -> Posts:
    """Make the load that sends these batches for these devices to a store."""
    bodies = [store.body(batch.rows) for batch in batches]
    size = len(batches[0].rows)
    return Posts(store.port, store.token, bodies, PLACEHOLDER.encode(), devices, size, store.path, store.answer)

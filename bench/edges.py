"""Edges as processes of their own, each with what it delivers to: ours, SungrowClient and vmagent."""

import asyncio
import csv
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from edge_memory import LEAN_COMMAND
from packages import from_debian, from_pypi
from samples import recorded
from stores import VictoriaMetrics, ask

from sungaze_edge.sources import sungrow
from sungaze_sim.house import House
from sungaze_sim.judge import judge, stored_rows
from sungaze_sim.profile import Profile
from sungaze_sim.server import WinetServer
from sungaze_sim.stack import DEVICE_ID, Stack, free_port, stop
from sungaze_sim.world import HouseWorld

_INTERVAL_S = 5
_DRIVER = Path(__file__).with_name("peer_sungrowclient.py")
_SPANS = {"read": ((4999, 37), (12999, 79)), "hold": ((4999, 6),)}
"""What SungrowClient reads in every poll, by wire address and number: what ours reads, and the inverter's clock."""


class Edge(Protocol):
    """What is measured, the same for all."""

    key: str
    about: str

    @property
    def pid(self) -> int: ...

    async def open(self) -> None:
        """Start the device and the destination."""

    async def start(self) -> None: ...

    async def kill(self) -> None: ...

    async def cut(self) -> None:
        """Take the destination away."""

    async def mend(self) -> None: ...

    def taken(self) -> int:
        """Count the readings that the edge has in its hands."""

    async def lost(self, since: datetime, until: datetime) -> tuple[int, int]:
        """Count the readings taken in that time, and those of them that never arrived."""

    async def close(self) -> None: ...


def _device() -> WinetServer:
    return WinetServer(HouseWorld(House(datetime.now(UTC), spec=Profile().house_spec()), Profile()))


class Ours:
    """The daemon, installed as on a Pi, over TLS to the API."""

    key = "sungaze"
    about = (
        "sungaze-edge as installed on a Pi, reading the simulated dongle, every reading on the disk when it is taken"
    )

    def __init__(self, folder: Path) -> None:
        self._stack = Stack(folder)
        self._device = _device()

    @property
    def pid(self) -> int:
        return self._stack.edge.pid

    async def open(self) -> None:
        await self._device.start()
        await self._stack.start_api()

    async def start(self) -> None:
        settings = {"UPLOAD_INTERVAL_S": "10"}
        await self._stack.start_edge(self._device.port, [str(LEAN_COMMAND), "run"], settings)

    async def kill(self) -> None:
        await _kill(self._stack.edge)

    async def cut(self) -> None:
        await stop(self._stack.api)

    async def mend(self) -> None:
        await self._stack.start_api()

    def taken(self) -> int:
        return self._device.record.count

    async def lost(self, since: datetime, until: datetime) -> tuple[int, int]:
        readings = [
            one for one in self._device.record.readings if since <= one.first_request_at and one.last_reply_at <= until
        ]
        rows = [row for row in stored_rows(self._stack.database, DEVICE_ID) if since <= row.ts <= until]
        verdict = judge(readings, rows)
        return verdict.polled, len(verdict.lost)

    async def close(self) -> None:
        await self._stack.close()
        await self._device.stop()


class SungrowClient:
    """SunGather's engine in the simplest loop: it reads, posts, and goes on."""

    key = "sungrowclient"
    about = (
        "SungrowClient 0.1.0 with pymodbus 2.5.3 (2021), reading the same simulated dongle; it holds only the newest "
        "reading, and the loop around it posts each and goes on, as SunGather's own exporters are not in the registry"
    )

    def __init__(self, folder: Path) -> None:
        self._python = from_pypi(self.key, "SungrowClient==0.1.0", "requests")  # which it needs and does not name
        self._folder = folder
        self._device, self._sink = _device(), _Sink()
        self._process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def open(self) -> None:
        await self._device.start()
        await self._sink.start()

    async def start(self) -> None:
        command = [self._python, _DRIVER, self._device.port, self._sink.port, json.dumps(_registers())]
        with (self._folder / "taken").open("ab") as out, (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(*map(str, command), stdout=out, stderr=log)

    async def kill(self) -> None:
        await _kill(self._process)

    async def cut(self) -> None:
        await self._sink.stop()

    async def mend(self) -> None:
        await self._sink.start()

    def taken(self) -> int:
        return len(self._times())

    async def lost(self, since: datetime, until: datetime) -> tuple[int, int]:
        met = {at for at in self._times() if since.timestamp() <= at <= until.timestamp()}
        return len(met), len(met - self._sink.arrived)

    async def close(self) -> None:
        await stop(self._process)
        await self._sink.stop()
        await self._device.stop()

    def _times(self) -> list[float]:
        return [float(line) for line in (self._folder / "taken").read_text().splitlines()]


class VmAgent:
    """A collector without a device: it is handed readings and delivers them to VictoriaMetrics."""

    key = "vmagent"

    def __init__(self, folder: Path) -> None:
        self._program = from_debian("victoria-metrics", "vmagent")
        self.about = f"{self._program.version}; it reads no device and is handed a reading every {_INTERVAL_S} s"
        self._store = VictoriaMetrics(from_debian("victoria-metrics", "victoria-metrics"), folder / "store")
        self._folder, self._port = folder, free_port()
        self._taken: list[datetime] = []
        self._process: asyncio.subprocess.Process
        self._feeding: asyncio.Task[None]

    @property
    def pid(self) -> int:
        return self._process.pid

    async def open(self) -> None:
        await self._store.start()
        self._feeding = asyncio.create_task(self._feed())

    async def start(self) -> None:
        arguments = [
            f"-remoteWrite.url=http://127.0.0.1:{self._store.port}/api/v1/write",
            f"-remoteWrite.tmpDataPath={self._folder / 'queue'}",
            f"-httpListenAddr=127.0.0.1:{self._port}",
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(self._program.path, *arguments, stdout=log, stderr=log)

    async def kill(self) -> None:
        await _kill(self._process)

    async def cut(self) -> None:
        await self._store.stop()

    async def mend(self) -> None:
        await self._store.start()

    def taken(self) -> int:
        return len(self._taken)

    async def lost(self, since: datetime, until: datetime) -> tuple[int, int]:
        met = [at for at in self._taken if since <= at <= until]
        stored = await self._store.count(DEVICE_ID, until) - await self._store.count(DEVICE_ID, since)
        return len(met), len(met) - stored

    async def close(self) -> None:
        self._feeding.cancel()
        await stop(self._process)
        await self._store.stop()

    async def _feed(self) -> None:
        """Hand over a reading at every interval; one that is not taken is not counted."""
        values = {name: value for name, value in recorded().items() if isinstance(value, int | float)}
        while True:
            at = datetime.now(UTC)
            fields = ",".join(f"{name}={value}" for name, value in values.items())
            line = f"sungrow,device_id={DEVICE_ID} {fields} {int(at.timestamp() * 1000)}000000".encode()
            head = f"POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(line)}\r\n\r\n"
            with suppress(OSError, EOFError):
                await ask(self._port, [head.encode(), line])
                self._taken.append(at)
            await asyncio.sleep(_INTERVAL_S)


class _Sink:
    """Takes what is posted, as long as it runs."""

    def __init__(self) -> None:
        self.port = free_port()
        self.arrived: set[float] = set()
        self._server: asyncio.Server

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)

    async def stop(self) -> None:
        self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        self.arrived.add(json.loads(await reader.readexactly(length))["taken"])
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()


async def _kill(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


def _registers() -> dict[str, Any]:
    """Write our register list as SungrowClient takes it."""
    table = list(csv.DictReader((Path(sungrow.__file__).parent / "registers.csv").read_text().splitlines()))
    listed = {
        kind: [_register(row) for row in table if row["function"] == function and _is_read(kind, row)]
        for kind, function in (("read", "4"), ("hold", "3"))
    }
    scans = {kind: [{"start": start, "range": count} for start, count in spans] for kind, spans in _SPANS.items()}
    return {"registers": [{kind: listed[kind]} for kind in listed], "scan": [{kind: scans[kind]} for kind in scans]}


def _is_read(kind: str, row: dict[str, str]) -> bool:
    first, last = int(row["address"]) - 1, int(row["address"]) + int(row["count"]) - 2
    return row["type"] != "string" and any(start <= first and last < start + count for start, count in _SPANS[kind])


def _register(row: dict[str, str]) -> dict[str, Any]:
    scale = float(row["scale"])
    return {
        "name": row["name"].removeprefix("clock_"),
        "level": 1,
        "address": int(row["address"]),
        "datatype": row["type"].upper(),
        **({"accuracy": scale} if scale != 1 else {}),
    }

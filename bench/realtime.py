"""`/v1/realtime` over HTTP: how long answers take at a steady pace (open loop), and how many come at most."""

import asyncio
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from database import Database, serving
from ingest_http import ALL_FIELDS
from load import Connection, Load, Posts, hammer, pace
from samples import PLACEHOLDER, windows
from server import Api, api

from sungaze_sim.stack import free_port

PACE_PER_S = 500
_CONNECTIONS = 16
_PATH = "/v1/realtime?device_id=home"


def main(seconds: float) -> dict[str, float]:
    """Measure with each cache and without; give the figures."""
    figures: dict[str, float] = {}
    with serving() as database, _redis() as redis_url:
        url = database.migrated("realtime")
        caches = {"uncached": {"CACHE_TTL_S": "0"}, "memory": {}}
        if redis_url is not None:
            caches["redis"] = {"REDIS_URL": redis_url}
        tool = "wrk" if shutil.which("wrk") else "a loop in Python"
        print(f"GET /v1/realtime, one worker, {database.product}; pace {PACE_PER_S}/s for {seconds:g} s, then {tool}")
        print(f"{'cache':9} p50 ms  p99 ms  most req/s   CPU api, database, load at the pace   api RSS MB")
        for name, settings in caches.items():
            figures |= asyncio.run(_measure(database, url, name, settings, seconds))
    return figures


async def _measure(
    database: Database, url: str, name: str, settings: dict[str, str], seconds: float
) -> dict[str, float]:
    async with api(url, **settings) as server:
        await _fill(server)
        await asyncio.to_thread(pace, server.port, server.token, _PATH, PACE_PER_S, 1)  # warms up
        before = server.cpu_s(), database.cpu_s()
        load = await asyncio.to_thread(pace, server.port, server.token, _PATH, PACE_PER_S, seconds)
        cpu = [
            (after - began) / load.wall_s
            for after, began in zip((server.cpu_s(), database.cpu_s()), before, strict=True)
        ]
        most = await asyncio.to_thread(_most_per_s, server, seconds)
        return _print(name, load, cpu, most, server.rss_mb())


def _print(name: str, load: Load, cpu: list[float], most: float, rss_mb: float) -> dict[str, float]:
    percentiles = [1e3 * value for value in statistics.quantiles(load.took_s, n=100)]
    shares = ", ".join(f"{share:.0%}" for share in (*cpu, load.cpu_share))
    if load.refused:
        print(f"{name}: {load.refused} of {load.requests} requests were refused; the pace is too much for this machine")
    print(f"{name:9} {percentiles[49]:6.2f} {percentiles[98]:7.2f} {most:11,.0f}   {shares:35}  {rss_mb:11.0f}")
    found = {"p50_ms": percentiles[49], "p99_ms": percentiles[98], "most_per_s": most}
    return {f"realtime_{name}_{what}": value for what, value in found.items()}


async def _fill(server: Api) -> None:
    """Send an hour of readings; when they are here already it is all the same."""
    bodies = [window.body for window in windows(ALL_FIELDS, 720, 1)]
    posts = Posts(server.port, server.token, bodies, PLACEHOLDER.encode(), ["home"], 720)
    connection = await Connection.open(server.port)
    await connection.ask(next(posts.requests(0)))
    connection.close()


def _most_per_s(server: Api, seconds: float) -> float:
    if not shutil.which("wrk"):
        load = hammer(server.port, server.token, _PATH, _CONNECTIONS, seconds)
        return load.requests / load.wall_s
    bearer = f"Authorization: Bearer {server.token}"
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-H", bearer]
    answer = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}{_PATH}"], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in answer:
        raise RuntimeError(answer)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", answer)[1])


@contextmanager
def _redis() -> Iterator[str | None]:
    """Run the Redis of the machine or of the wheel; None where there is neither."""
    beside = Path(sys.executable).with_name("redis-server")
    program = shutil.which("redis-server") or (str(beside) if beside.exists() else None)
    if program is None:
        print("no Redis here: measuring without")
    with TemporaryDirectory() as folder, nullcontext() if program is None else _running(program, folder) as url:
        yield url


@contextmanager
def _running(program: str, folder: str) -> Iterator[str]:
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()

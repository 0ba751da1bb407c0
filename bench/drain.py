"""A month's backlog through the real edge, over TLS, into the API: the daemon as it is, and in batches of thirty."""

import asyncio
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from database import Database, cpu_s, serving
from edge_memory import fill
from figures import figure
from server import api

from sungaze_sim.stack import DEVICE_ID, Stack, script

BACKLOG = 518_400
_SMALL_BACKLOG = 30_000
_FAR_TOO_LONG_S = 1800


def main() -> dict[str, float]:
    """Drain both ways, print, give the seconds of the first and the rate of the second."""
    with serving() as database:
        print(f"backlog of readings every 5 s over TLS, {database.product}, edge and API with their own limits")
        took_s = asyncio.run(_drain(database, "drain", BACKLOG, [script("sungaze-edge"), "run"]))
        print(
            f"  {BACKLOG:,} readings: {took_s:.1f} s = {BACKLOG / took_s:,.0f}/s (target {figure('drain_s').wanted()})"
        )
        small = [sys.executable, str(Path(__file__)), "30"]
        small_s = asyncio.run(_drain(database, "drain30", _SMALL_BACKLOG, small))
        print(f"  {_SMALL_BACKLOG:,} readings, 30 a batch, one at a time: {_SMALL_BACKLOG / small_s:,.0f}/s")
        return {"drain_s": took_s, "drain_30_per_s": _SMALL_BACKLOG / small_s}


async def _drain(database: Database, name: str, readings: int, command: list[str]) -> float:
    """Lay the backlog into a spool, start both sides, and give the seconds from the start until it is empty."""
    url = await asyncio.to_thread(database.migrated, name)
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as folder:
        stack = Stack(Path(folder))
        fill(stack.spool, readings)
        files = ["--tls-cert", str(stack.folder / "server.pem"), "--tls-key", str(stack.folder / "server.key")]
        limit = {"INGEST_RATE_SAMPLES_PER_S": "20000"}
        async with api(url, [DEVICE_ID], files, port=stack.api_port, token=stack.token, **limit) as server:
            before = time.perf_counter(), server.cpu_s(), database.cpu_s()
            try:
                await stack.start_edge(1, command)  # nobody answers there: it uploads and polls in vain
                await _empty(stack)
                took_s = time.perf_counter() - before[0]
                edge_cpu_s = cpu_s(stack.edge.pid)
            finally:
                await stack.close()
            cpu = (server.cpu_s() - before[1]) / took_s, (database.cpu_s() - before[2]) / took_s
            shares = (edge_cpu_s / took_s, *cpu)
            print(f"  CPU of edge, API, database: {', '.join(f'{share:.0%}' for share in shares)} of a core")
        await _require_all(database, name, readings)
    return took_s


async def _empty(stack: Stack) -> None:
    """Wait; one row is asked for, because counting them would take the edge's time."""
    async with asyncio.timeout(_FAR_TOO_LONG_S):
        with closing(sqlite3.connect(f"file:{stack.spool}?mode=ro", uri=True)) as spool:
            while spool.execute("SELECT 1 FROM reading LIMIT 1").fetchone():
                stack.require_running("edge", stack.edge)
                await asyncio.sleep(0.1)


async def _require_all(database: Database, name: str, readings: int) -> None:
    connection = await database.connect(name)
    stored = await connection.fetchval("SELECT count(*) FROM sungrow_samples")
    await connection.close()
    if stored != readings:
        raise RuntimeError(f"{readings} readings were sent and {stored} stored")


def _edge(batch_size: int) -> None:
    """Run the edge's daemon with batches of this size even when it drains."""
    import os  # noqa: PLC0415 - the edge's own process

    from sungaze_edge import config, log, main  # noqa: PLC0415 - the same

    settings = replace(config.load(os.environ), drain_batch_size=batch_size)
    log.set_up(settings.log_level, settings.log_format)
    sys.exit(asyncio.run(main.run(settings)))


if __name__ == "__main__":
    _edge(int(sys.argv[1]))

"""Memory and processor time of the edge daemon, installed as on a Raspberry Pi.

It polls an inverter and a P1 meter (API v2 over TLS) at their default intervals and uploads over TLS, with a full spool
at first.
"""

import asyncio
import json
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sungaze_edge.clock import Instant
from sungaze_edge.reading import Reading
from sungaze_edge.sources.sungrow import SOURCE_TYPE
from sungaze_edge.sources.sungrow.normalizer import FIELDS
from sungaze_edge.store import Store
from sungaze_sim.house import House
from sungaze_sim.p1 import P1Meter
from sungaze_sim.profile import Profile
from sungaze_sim.server import WinetServer
from sungaze_sim.stack import DEVICE_ID, P1_DEVICE_ID, Stack
from sungaze_sim.world import HouseWorld

ROOT = Path(__file__).parent.parent
LEAN_COMMAND = ROOT / ".venv-edge/bin/sungaze-edge"
CAPTURE = next((ROOT / "edge/src/sungaze_edge/sources/sungrow/cases").glob("winets_*/capture.json"))
BACKLOG_ROWS = 120_000
_FRESH_ROWS = 120  # up to a hundred delivered ones are deleted with the next write only
_DRAINS_WITHIN_S = 600


def fill(spool: Path, rows: int) -> None:
    """Lay a week's backlog into a spool: copies of one recorded reading, five seconds apart, up to an hour ago."""
    newest = datetime.now(UTC) - timedelta(hours=1)
    decoded = SOURCE_TYPE.decode(json.loads(CAPTURE.read_text()))
    values = {name: decoded[name] for name in FIELDS}
    with closing(Store(spool)) as store:
        store.enqueue(Reading(DEVICE_ID, "sungrow", values, Instant(newest, 0, "bench", synced=True)))
    with closing(sqlite3.connect(spool)) as database, database:
        payload, ts_ms = database.execute("SELECT payload, ts_ms FROM reading").fetchone()
        database.execute("DELETE FROM reading")
        database.executemany(
            "INSERT INTO reading (id, device_id, kind, ts_ms, payload) VALUES (?, ?, 'sungrow', ?, ?)",
            ((row + 1, DEVICE_ID, ts_ms - 5000 * (rows - row), payload) for row in range(rows)),
        )


def status_mb(pid: int, name: str) -> float:
    """Read a line of /proc/PID/status, in MB of 2^20 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


def processor_s(pid: int) -> float:
    """Give the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(seconds: float) -> dict[str, float]:
    """Run the daemon beside a real server and simulated devices; give its memory in MB, its part of a processor."""
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as name:
        stack = Stack(Path(name), devices=(DEVICE_ID, P1_DEVICE_ID))
        server = WinetServer(HouseWorld(House(datetime.now(UTC), spec=Profile().house_spec()), Profile()))
        fill(stack.spool, BACKLOG_ROWS)
        bytes_per_reading = stack.spool.stat().st_size / BACKLOG_ROWS
        await server.start("127.0.0.1", 0)
        meter = P1Meter()
        await meter.start()
        settings = stack.p1_settings(
            port=meter.port, serial=meter.serial, token=meter.pair("local/bench"), ca_file=meter.ca_file
        )
        settings |= {"UPLOAD_INTERVAL_S": "10"}
        try:
            # The server comes later, so that polling goes on with the whole backlog in the spool first.
            await stack.start_edge(server.port, [str(LEAN_COMMAND), "run"], settings)
            began = time.monotonic()
            await asyncio.sleep(0.2 * seconds)
            full_mb = status_mb(stack.edge.pid, "VmRSS")
            await stack.start_api()
            await _drained(stack)
            quiet_s = processor_s(stack.edge.pid)
            quiet_for_s = max(0.4 * seconds, began + seconds - time.monotonic())
            await asyncio.sleep(quiet_for_s)
            stack.require_running("edge", stack.edge)
            return {
                "with_backlog_mb": full_mb,
                "at_end_mb": status_mb(stack.edge.pid, "VmRSS"),
                "peak_mb": status_mb(stack.edge.pid, "VmHWM"),
                "processor_percent": 100 * (processor_s(stack.edge.pid) - quiet_s) / quiet_for_s,
                "left_in_spool": stack.spooled(),
                "spool_bytes_per_reading": bytes_per_reading,
            }
        finally:
            await stack.close()
            await meter.stop()
            await server.stop()


async def _drained(stack: Stack) -> None:
    """Wait until only what is fresh waits; asked rarely, as asking takes processor time, too."""
    async with asyncio.timeout(_DRAINS_WITHIN_S):
        while await asyncio.to_thread(stack.spooled) > _FRESH_ROWS:
            stack.require_running("edge", stack.edge)
            await asyncio.sleep(2)


def main(seconds: float) -> dict[str, float]:
    """Measure, print, and give the figures."""
    print(f"edge memory: {seconds:.0f} s of polling and uploading over TLS, {BACKLOG_ROWS:,} readings spooled at first")
    figures = asyncio.run(measure(seconds))
    print(f"  {figures.pop('left_in_spool'):.0f} left in the spool")
    return figures

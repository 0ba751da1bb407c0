"""Ingest over HTTP into a durable database, beside a bare COPY of the same rows into an equal one."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from database import Database, serving
from figures import figure
from load import Load, Posts, post
from samples import PLACEHOLDER, SPECIFIED, SUNGROW, Window, windows
from server import api

ROUNDS = 3
ALL_FIELDS = [field.name for field in SUNGROW.fields]


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent and how."""

    key: str
    name: str
    fields: Sequence[str]
    size: int
    connections: int
    devices: int
    windows: int


CASES = (
    Case("ingest_1000", "10 fields", SPECIFIED, 1000, 4, 64, 24),
    Case("ingest_30", "10 fields", SPECIFIED, 30, 8, 1500, 12),
    Case("ingest_all_1000", "all an edge sends", ALL_FIELDS, 1000, 4, 64, 24),
    Case("ingest_all_30", "all an edge sends", ALL_FIELDS, 30, 8, 1500, 12),
)


@dataclass(slots=True)
class Rounds:
    """Samples per second, round by round; shares of one core."""

    api: list[float] = field(default_factory=list)
    copy: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    load_cpu: list[float] = field(default_factory=list)
    api_cpu: list[float] = field(default_factory=list)
    database_cpu: list[float] = field(default_factory=list)

    def add(self, load: Load, size: int, copied: float, used_s: tuple[float, float]) -> None:
        """Take what a round brought: the load, what COPY made of the same rows, CPU seconds of API and database."""
        self.api.append(load.requests * size / load.wall_s)
        self.copy.append(copied)
        self.ratio.append(self.api[-1] / copied)
        self.took_s += load.took_s
        self.load_cpu.append(load.cpu_share)
        self.api_cpu.append(used_s[0] / load.wall_s)
        self.database_cpu.append(used_s[1] / load.wall_s)


def main(seconds: float) -> dict[str, float]:
    """Measure every case, print a table, give the figures."""
    figures: dict[str, float] = {}
    with serving() as database:
        print(f"ingest over HTTP, one worker, {database.product}; medians of {ROUNDS} rounds of {seconds:g} s each")
        heads = "samples/s  target  x COPY    COPY/s  p50 ms  p99 ms   CPU api, database, load  per API core"
        print(f"{'samples':18} batch {heads}")
        for number, case in enumerate(CASES):
            urls = [database.migrated(f"{name}{number}") for name in ("ingest", "copy")]
            rounds = asyncio.run(_measure(database, urls[0], f"copy{number}", case, seconds))
            figures |= _tell(case, rounds)
    return figures


def _tell(case: Case, rounds: Rounds) -> dict[str, float]:
    api_rate, copy_rate, ratio = (statistics.median(found) for found in (rounds.api, rounds.copy, rounds.ratio))
    percentiles = statistics.quantiles(rounds.took_s, n=100)
    shares = [statistics.median(found) for found in (rounds.api_cpu, rounds.database_cpu, rounds.load_cpu)]
    cpu = ", ".join(f"{share:.0%}" for share in shares)
    target = figure(f"{case.key}_per_s").target or 0
    print(
        f"{case.name:18} {case.size:5} {api_rate:9,.0f} {target:7,.0f} {ratio:7.2f} {copy_rate:9,.0f} "
        f"{percentiles[49] * 1e3:7.1f} {percentiles[98] * 1e3:7.1f}   {cpu:23}  {api_rate / shares[0]:12,.0f}"
    )
    found = {
        "per_s": api_rate,
        "to_copy": ratio,
        "per_core_s": api_rate / shares[0],
        "p99_ms": percentiles[98] * 1e3,
    }
    return {f"{case.key}_{name}": value for name, value in found.items()}


async def _measure(database: Database, url: str, copy_name: str, case: Case, seconds: float) -> Rounds:
    batches = windows(case.fields, case.size, case.windows)
    devices = [f"home-{number:05}" for number in range(case.devices)]
    rounds, number = Rounds(), 0
    async with api(url, devices) as server:
        bodies = [batch.body for batch in batches]
        posts = Posts(server.port, server.token, bodies, PLACEHOLDER.encode(), devices, case.size)
        for turn in range(-1, ROUNDS):
            before = server.cpu_s(), database.cpu_s()
            load = await asyncio.to_thread(post, posts, number, case.connections, seconds)
            used_s = server.cpu_s() - before[0], database.cpu_s() - before[1]
            numbers = range(number, number + load.requests)
            copied = await _copied(database, copy_name, batches, devices, numbers)
            number = numbers.stop
            if turn >= 0:  # the first warms up
                rounds.add(load, case.size, copied, used_s)
    return rounds


async def _copied(
    database: Database, name: str, batches: Sequence[Window], devices: Sequence[str], numbers: Sequence[int]
) -> float:
    """Copy the rows of the requests `numbers`, a commit a batch, over one connection; rows/s of the copying alone."""
    connection = await database.connect(name)
    spent, copied = 0.0, 0
    for number in numbers:
        window, device = divmod(number, len(devices))
        rows = batches[window].rows_of(devices[device])
        began = time.perf_counter()
        await connection.copy_records_to_table(SUNGROW.samples_table, records=rows)
        spent += time.perf_counter() - began
        copied += len(rows)
    await connection.close()
    return copied / spent

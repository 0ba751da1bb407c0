"""Speed of backup, check and restore: `python bench/backup.py [readings]`, on SQLite and PostgreSQL.

The ratio compares a backup with only reading the same rows through the same driver, block by block, in the same run.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from ingest import SUNGROW, bare_copy, bare_executemany, batch, migrated, postgresql_urls
from sqlalchemy import select

from sungaze_vps.db.models import samples_table
from sungaze_vps.db.session import make_engine
from sungaze_vps.services.archive import ROWS_PER_BLOCK
from sungaze_vps.services.archive_reader import ArchiveReader
from sungaze_vps.services.backup import back_up, restore

KINDS = {"sungrow": SUNGROW}
ROWS_PER_WRITE = 10_000


async def seconds[T](work: Awaitable[T]) -> float:
    begun = time.perf_counter()
    await work
    return time.perf_counter() - begun


def report(_readings: int, _share: float) -> None:
    pass


async def read_only(url: str) -> None:
    """Read what a backup reads and do nothing with it."""
    table = samples_table(SUNGROW)
    engine = make_engine(url)
    async with engine.connect() as connection:
        query = select(table).where(table.c.device_id == "home").order_by(table.c.ts)
        result = await connection.stream(query, execution_options={"yield_per": ROWS_PER_BLOCK})
        async for rows in result.partitions():
            [tuple(row) for row in rows]
    await engine.dispose()


async def write_backup(url: str, path: Path) -> None:
    engine = make_engine(url)
    with FileIO(path, "wb") as file:
        await back_up(engine, KINDS, file, datetime(2026, 1, 1, tzinfo=UTC), report)
    await engine.dispose()


def megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


@contextmanager
def reader(path: Path) -> Iterator[ArchiveReader]:
    with path.open("rb") as file:
        yield ArchiveReader(file, path.name, KINDS)


async def check(path: Path) -> None:
    with reader(path) as archive:
        for _ in archive.batches():
            pass


async def put_back(url: str, path: Path, readings: int) -> None:
    engine = make_engine(url)
    with reader(path) as archive:
        await restore(engine, archive.batches(), readings, report)
    await engine.dispose()


async def measure(label: str, urls: Iterator[str], path: Path, readings: int) -> dict[str, float]:
    source, target = next(urls), next(urls)
    engine = make_engine(source)
    write = bare_executemany if label == "sqlite" else bare_copy
    for first in range(0, readings, ROWS_PER_WRITE):
        await write(engine, batch(first, min(ROWS_PER_WRITE, readings - first)))
    await engine.dispose()
    reading, writing = await seconds(read_only(source)), await seconds(write_backup(source, path))
    checking, restoring = await seconds(check(path)), await seconds(put_back(target, path, readings))
    size_mb = megabytes(path)
    print(
        f"{label:10} backup {readings / writing:8,.0f} rows/s = {reading / writing:.2f} x only reading them, "
        f"{size_mb / writing:.1f} MB/s, {size_mb * 1e6 / readings:.0f} bytes a row; "
        f"check {readings / checking:,.0f} rows/s; restore {readings / restoring:,.0f} rows/s"
    )
    return {f"backup_{label}_to_reading": reading / writing}


def main(readings: int = 200_000) -> dict[str, float]:
    """Measure both engines, print, and give the figures."""
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as name:
        folder = Path(name)
        urls = migrated([f"sqlite+aiosqlite:///{folder}/{number}.db" for number in range(2)])
        figures = asyncio.run(measure("sqlite", urls, folder / "sqlite.backup", readings))
        server, urls = postgresql_urls(folder, 2)
        try:
            return figures | asyncio.run(measure("postgresql", urls, folder / "postgresql.backup", readings))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

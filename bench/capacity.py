"""`/v1/capacity/...` over HTTP while readings are stored: a month of a reading every 2 s, on SQLite and TimescaleDB.

Also what keeping the quarters' edges costs ingest: the same batches stored with the trigger and without, in turns.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from database import serving
from load import Connection, get_request
from server import Api, api

from sungaze_vps.db.migrate import upgrade
from sungaze_vps.db.session import WRITER, make_engine
from sungaze_vps.measurements import measurements
from sungaze_vps.services.ingestion import Row, store

P1 = measurements()["p1"]
_INTERVAL = timedelta(seconds=2)
_BATCH = 1000
_REPEATS = 60
_WARM_UP = 5
_TURNS = 15
_PAUSE_S = 0.05
"""Between two questions: an owner's screen, not a load."""


def main() -> dict[str, float]:
    """Measure both engines; give the slowest p95 of a month and of a year."""
    figures: dict[str, float] = {}
    print("GET /v1/capacity over HTTP, one worker, a month of 1.3 million readings, 30 more stored every 0.2 s")
    print(f"{'engine':12} {'question':13} known  p50 ms  p95 ms  CPU ms of the API")
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder)}/capacity.db"
        upgrade(url)
        figures |= asyncio.run(_measure(url, "capacity_sqlite"))
    with serving() as database:
        print(f"({database.product})")
        figures |= asyncio.run(_measure(database.migrated("capacity"), "capacity"))
    return figures


def rows(first: datetime, number: int, device_id: str = "home") -> list[Row]:
    """Make readings as the edge sends them; the time of the meter is a whole second."""
    names = [field.name for field in P1.fields]
    made = []
    for count in range(number):
        at = first + count * _INTERVAL
        elapsed = (at - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()
        power_w = 400 + 3000 * (int(elapsed) // 1700 % 3 == 0)
        values: dict[str, Any] = {
            "power_w": power_w,
            "import_power_w": power_w,
            "energy_import_kwh": round(5000 + elapsed * 0.0002, 3),
            "energy_export_kwh": 1200.5,
            "average_power_15m_w": power_w / 2,
            "monthly_power_peak_w": 4321,
            "monthly_power_peak_ts": first.replace(day=2, hour=0, minute=0, second=0),
            "meter_ts": at,
            "meter_unique_id": "4B414D",
            "tariff": 1,
        }
        made.append((device_id, at + timedelta(milliseconds=700), 1, *(values.get(name) for name in names)))
    return made


async def _measure(url: str, key: str) -> dict[str, float]:
    now = datetime.now(UTC).replace(microsecond=0)
    start = now - timedelta(days=30)
    engine = make_engine(url)
    for day in range(30):
        await store(engine, {P1: rows(start + timedelta(days=day), 43_200)})
    dialect = engine.dialect.name
    async with api(url, read_rate_per_s="0") as server:
        storing = asyncio.create_task(_go_on_storing(engine))
        last_month = (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
        slowest: dict[str, float] = {}
        for question in (f"month/{now:%Y-%m}", f"month/{last_month}", f"year/{now:%Y}"):
            took_ms, cpu_ms, answer = await _ask(server, f"/v1/capacity/{question}")
            p95 = statistics.quantiles(took_ms, n=20)[-1]
            quarters = len(msgspec.json.decode(answer).get("peaks", ()))
            print(
                f"{dialect:12} {question:13} {quarters:5} {statistics.median(took_ms):7.1f} {p95:7.1f} {cpu_ms:10.1f}"
            )
            name = f"{key}_{question.partition('/')[0]}_p95_ms"
            slowest[name] = max(slowest.get(name, 0), p95)
        storing.cancel()
        with suppress(asyncio.CancelledError):
            await storing
    cost = await _cost_of_trigger(engine)
    await engine.dispose()
    return {**slowest, f"{key}_edges_cost": cost}


async def _go_on_storing(engine: Any) -> None:
    while True:
        await store(engine, {P1: rows(datetime.now(UTC).replace(microsecond=0), 30, "neighbour")})
        await asyncio.sleep(0.2)


async def _ask(server: Api, path: str) -> tuple[Sequence[float], float, bytes]:
    connection = await Connection.open(server.port)
    request = [get_request(f"{path}?device_id=home", server.token)]
    took_ms, answer, cpu_s = [], b"", 0.0
    for number in range(_WARM_UP + _REPEATS):
        if number == _WARM_UP:
            cpu_s = server.cpu_s()
        began = time.perf_counter()
        answer = await connection.ask(request)
        took_ms.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(_PAUSE_S)
    connection.close()
    return took_ms[_WARM_UP:], (server.cpu_s() - cpu_s) / _REPEATS * 1e3, answer


async def _cost_of_trigger(engine: Any) -> float:
    """Store the same number of rows with the trigger and without it, in a mixed order, each for a new device."""
    took: dict[bool, list[float]] = {True: [], False: []}
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
    order = [True, False] * _TURNS
    random.Random(1).shuffle(order)  # else one of the two would meet every checkpoint
    for turn, enabled in enumerate(order):
        await _enable(engine, enabled=enabled)
        batch = rows(first, _BATCH, f"bench{turn}")
        began = time.perf_counter()
        await store(engine, {P1: batch})
        took[enabled].append(time.perf_counter() - began)
    await _enable(engine, enabled=True)
    with_it, without = (min(took[enabled]) * 1e3 for enabled in (True, False))
    print(
        f"{engine.dialect.name:12} storing {_BATCH} readings: {with_it:.1f} ms with the quarters' edges, "
        f"{without:.1f} ms without, {with_it / without:.2f} x"
    )
    return with_it / without


async def _enable(engine: Any, *, enabled: bool) -> None:
    name = "p1_samples_keep_boundaries"
    async with engine.execution_options(**WRITER).begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.exec_driver_sql(
                f"ALTER TABLE p1_samples {'ENABLE' if enabled else 'DISABLE'} TRIGGER {name}"
            )
            return
        found = await connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,))
        statement = found.scalar()
        if statement is not None and not enabled:
            _KEPT.append(statement)
            await connection.exec_driver_sql(f"DROP TRIGGER {name}")
        if statement is None and enabled:
            await connection.exec_driver_sql(_KEPT[-1])


_KEPT: list[str] = []
"""The trigger of SQLite, which cannot be disabled, while it is away."""

if __name__ == "__main__":
    main()

"""Stores side by side in one run: the same rows, sent and asked for over HTTP, on the same machine."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

from database import serving
from house_days import house_days, only
from load import Connection, Posts, post
from orm_floor import Floor
from packages import NotInstallableError, from_debian
from processes import cost
from samples import SPECIFIED, Row, Window, windows
from stores import InfluxDb, Ours, Store, VictoriaMetrics, posts

PROGRAMS = {
    "victoriametrics": ("victoria-metrics", "victoria-metrics", VictoriaMetrics),
    "influxdb": ("influxdb", "influxd", InfluxDb),
}
_ROUNDS = 3
_SIZES = {1000: 4, 30: 8}
"""Batches, and how many are in flight."""
_DAYS = 14
_REPEATS, _WARM_UP = 60, 5
_KILLED_BATCHES, _KILLED_SIZE = 20, 50

type Figures = dict[str, float]


def compare(seconds: float, notes: dict[str, str]) -> Figures:
    """Measure all that can be had here; note the versions, or why one cannot."""
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as folder, serving() as database:
        notes["sungaze"] = f"API with {database.product}, every answer after the commit is on the disk"
        url, floor_url = database.migrated("peers"), database.migrated("floor")
        devices = ["home", *(f"killed{number}" for number in range(_ROUNDS)), *_names(1000), *_names(30)]
        stores: list[Store] = [Ours(database, url, devices)]
        for key, (package, program, make) in PROGRAMS.items():
            try:
                stores.append(make(from_debian(package, program), Path(folder) / key))
                notes[key] = f"{stores[-1].program.version}, {stores[-1].__doc__}"
            except NotInstallableError as error:
                notes[key] = str(error)
        for key, note in notes.items():
            print(f"  {key}: {note}")
        return asyncio.run(_compare(stores, Floor(floor_url), seconds))


async def _compare(stores: Sequence[Store], floor: Floor, seconds: float) -> Figures:
    figures: Figures = {}
    async with AsyncExitStack() as running:
        for store in stores:
            await store.start()
            running.push_async_callback(store.stop)
        for size, connections in _SIZES.items():
            print(f"  batches of {size}, {connections} in flight")
            figures |= await _rates(stores, size, connections, seconds / 2)
        print("  the floor; then kill -9 right after an answer")
        figures["peers_orm_1_per_s"] = await floor.rate(windows(SPECIFIED, 1000, 20), seconds / 2)
        for store in stores:
            figures[f"peers_{store.key}_mb"] = cost(*store.pids).pss_mb
            figures |= await _kept_at_kill(store)
        figures |= await _living(stores)
    return figures


def _names(size: int) -> list[str]:
    return [f"home-{size}-{number:05}" for number in range(64 if size > 100 else 1500)]


async def _rates(stores: Sequence[Store], size: int, connections: int, seconds: float) -> Figures:
    """Send the same batches to each store in turn, some rounds of it."""
    batches = windows(SPECIFIED, size, 120)  # a store that is quick takes very many
    loads = {store.key: posts(store, batches, _names(size)) for store in stores}
    sent = dict.fromkeys(loads, 0)
    rates: dict[str, list[float]] = {key: [] for key in loads}
    per_core: dict[str, list[float]] = {key: [] for key in loads}
    for turn in range(-1, _ROUNDS):
        for store in stores:
            before = cost(*store.pids).processor_s
            load = await asyncio.to_thread(post, loads[store.key], sent[store.key], connections, seconds)
            sent[store.key] += load.requests
            if turn >= 0:  # the first warms up
                rows = load.requests * size
                rates[store.key].append(rows / load.wall_s)
                per_core[store.key].append(rows / (cost(*store.pids).processor_s - before))
    return {
        f"peers_{key}_{size}_{what}": statistics.median(found[key])
        for what, found in (("per_s", rates), ("per_core_s", per_core))
        for key in loads
    }


async def _kept_at_kill(store: Store) -> Figures:
    """Kill the store right after its last answer, some times; count what it had answered for and has no more."""
    lost = 0
    batches = windows(SPECIFIED, _KILLED_SIZE, _KILLED_BATCHES)
    for number in range(_ROUNDS):
        name = f"killed{number}"
        await _send_all(posts(store, batches, [name]), len(batches))
        await store.crash()
        lost += _KILLED_BATCHES * _KILLED_SIZE - await store.count(name)
    return {f"peers_{store.key}_lost_at_kill": lost}


async def _send_all(load: Posts, number: int) -> None:
    requests = load.requests(0)
    connection = await Connection.open(load.port)
    for _ in range(number):
        await connection.ask(next(requests))
    connection.close()


async def _living(stores: Sequence[Store]) -> Figures:
    """Store days of the living house; measure what they take and how fast they are asked for."""
    print(f"  {_DAYS} days of the living house")
    days = [[only(row, SPECIFIED) for row in day] for day in house_days(_DAYS)]
    rows = [row for day in days for row in day]
    newest: datetime = rows[-1][1]
    figures: Figures = {}
    for store in stores:
        await store.settle()
        before = await store.bytes_stored()
        await _send_rows(store, rows)
        await store.settle()
        figures[f"peers_{store.key}_bytes_per_sample"] = (await store.bytes_stored() - before) / len(rows)
    day = newest.replace(hour=0, minute=0, second=0)
    for store in stores:
        for what, request in (
            ("latest", store.latest(newest)),
            ("quarters", store.quarters(day, day + timedelta(days=1))),
        ):
            figures[f"peers_{store.key}_{what}_ms"] = await _asked_ms(store, request)
    return figures


async def _send_rows(store: Store, rows: Sequence[Row]) -> None:
    connection = await Connection.open(store.port)
    for first in range(0, len(rows), 1000):
        window = Window(b"", list(rows[first : first + 1000]))
        await connection.ask(next(posts(store, [window], ["home"]).requests(0)))
    connection.close()


async def _asked_ms(store: Store, request: bytes) -> float:
    connection = await Connection.open(store.port)
    took_ms = []
    for _ in range(_WARM_UP + _REPEATS):
        began = time.perf_counter()
        await connection.ask([request])
        took_ms.append((time.perf_counter() - began) * 1e3)
    connection.close()
    return statistics.median(took_ms[_WARM_UP:])

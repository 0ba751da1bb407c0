"""Loads a history into the server the way any reading goes: `POST /v1/ingest`, with a progress bar."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sungaze_sim.history import History, Sample
from sungaze_sim.stack import StackError

_BATCH_SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A request body, ready to be sent."""

    body: bytes
    samples: int


async def load(history: History, client: httpx.AsyncClient, stopped: asyncio.Event, console: Console) -> bool:
    """Send a whole history, making the next batch while the server stores one; False when stopped on the way.

    Raises:
        StackError: the server refused a batch or went away.
    """
    parcels = _parcels(history)
    with _progress(console) as progress:
        task = progress.add_task("Loading the past", total=history.count)
        parcel = await asyncio.to_thread(next, parcels, None)
        while parcel and not stopped.is_set():
            following = asyncio.create_task(asyncio.to_thread(next, parcels, None))
            try:
                await _send(client, parcel)
            finally:
                upcoming = await following
            progress.advance(task, parcel.samples)
            parcel = upcoming
        progress.update(task, total=progress.tasks[0].completed if parcel is None else None)
    return parcel is None


def _parcels(history: History) -> Iterator[_Parcel]:
    for samples in batched(history.samples(), _BATCH_SAMPLES):
        yield _parcel(samples)


def _parcel(samples: tuple[Sample, ...]) -> _Parcel:
    return _Parcel(gzip.compress(json.dumps({"samples": samples}).encode(), compresslevel=1), len(samples))


async def _send(client: httpx.AsyncClient, parcel: _Parcel) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    try:
        answer = await client.post("/v1/ingest", content=parcel.body, headers=headers, timeout=60)
    except httpx.TransportError as error:
        raise StackError(f"The server went away while the history was loading: {error!r}.") from error
    if answer.status_code != httpx.codes.OK:
        raise StackError(f"The server refused a part of the history: {answer.status_code} {answer.text[:500]}")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("readings"),
        TimeRemainingColumn(compact=True),
        console=console,
    )

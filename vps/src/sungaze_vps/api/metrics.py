"""`GET /metrics` for Prometheus, on the inside only: it names devices."""

import asyncio
import ipaddress
import os
import re
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException

from sungaze_vps.cache.cache import Cache
from sungaze_vps.db.faults import DATABASE_ERRORS
from sungaze_vps.metrics import shared_folder
from sungaze_vps.services import latest

router = APIRouter(include_in_schema=False)

_TIMEOUT_S = 3
_VERSION = version("sungaze-vps")


class _Now(Collector):
    """What is true at this moment, for all workers alike, as it was found for one answer."""

    def __init__(self, *, cache_up: bool, last_seen_age_s: dict[tuple[str, str], float] | None) -> None:
        self._cache_up = cache_up
        self._last_seen_age_s = last_seen_age_s

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("sungaze_build_info", "Always 1; the labels say what runs.", labels=["version"])
        build.add_metric([_VERSION], 1)
        yield build
        database_up = self._last_seen_age_s is not None
        yield GaugeMetricFamily("sungaze_database_up", "Whether the database answered just now.", database_up)
        yield GaugeMetricFamily("sungaze_cache_up", "Whether the cache answered just now.", self._cache_up)
        seen = GaugeMetricFamily(
            "sungaze_device_last_seen_age_seconds",
            "Time since the newest reading of the device was taken; absent as long as there is none.",
            labels=["device_id", "kind"],
        )
        for labels, age_s in (self._last_seen_age_s or {}).items():
            seen.add_metric(labels, age_s)
        yield seen


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Answer in Prometheus' text format; 404 to whoever comes from outside, as if nothing were here."""
    if not _is_inside(request):
        raise HTTPException(404)
    registry = _registry()
    cache: Cache = request.app.state.cache
    ages, cache_up = await asyncio.gather(_last_seen_ages(request), cache.ping())
    registry.register(_Now(cache_up=cache_up, last_seen_age_s=ages))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _is_inside(request: Request) -> bool:
    """Tell a neighbour from the public; a proxy that passes everything on must not open this page."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    if request.client is None:
        return True
    try:
        return ipaddress.ip_address(request.client.host).is_private
    except ValueError:
        return False


def _registry() -> CollectorRegistry:
    """Collect from this worker, or from the files of all of them."""
    registry = CollectorRegistry()
    folder = shared_folder()
    if folder is None:
        registry.register(REGISTRY)
    else:
        _forget_dead_workers(Path(folder))
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # as the library has it
    return registry


def _forget_dead_workers(folder: Path) -> None:
    """Take away what a killed worker last said of itself; what it counted stays."""
    for file in folder.glob("gauge_live*.db"):
        process = re.search(r"_(\d+)\.db$", file.name)
        if process and not _is_alive(int(process[1])):
            mark_process_dead(int(process[1]), str(folder))  # type: ignore[no-untyped-call]  # as the library has it


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def _last_seen_ages(request: Request) -> dict[tuple[str, str], float] | None:
    """Give (device, kind) -> seconds since its newest reading; None when the database does not answer."""
    state = request.app.state
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            found = await latest.devices(state.engine, state.measurements, state.tokens.devices)
    except DATABASE_ERRORS:
        return None
    now: datetime = state.clock()
    return {
        (device["device_id"], device["kind"]): (now - datetime.fromisoformat(device["last_seen"])).total_seconds()
        for device in found
    }

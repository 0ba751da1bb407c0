"""What is counted while the server runs; `api/metrics.py` tells it to Prometheus.

Labels hold what this program chose (routes, kinds, reasons), never what a caller sent, so that their number is bounded.
With several workers each writes its numbers into a file of its own in a folder they share, and whichever is asked
answers for all.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakSet

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # the library's own; it looks once, when a worker imports it
_at_work: WeakSet[ConnectionPoolEntry] = WeakSet()
_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # as the library has it

REQUESTS = Counter(
    "sungaze_http_requests", "Requests answered, by template of the path.", ["route", "method", "status"]
)
REQUEST_DURATION = Histogram(
    "sungaze_http_request_duration_seconds",
    "Time from the head of a request to the end of its answer.",
    ["route", "method"],
    buckets=_LATENCY_BUCKETS_S,
)
SAMPLES = Counter("sungaze_ingest_samples", "Samples accepted: stored, or here already.", ["kind", "result"])
SAMPLES_REFUSED = Counter("sungaze_ingest_samples_refused", "Samples that an answer named as not acceptable.")
RATE_LIMITED = Counter("sungaze_rate_limited", "Requests answered with 429, by the limit they met.", ["limit"])
CACHE_REQUESTS = Counter("sungaze_cache_requests", "Look-ups: hit, miss, or unavailable.", ["result"])
CACHE_HITS, CACHE_MISSES, CACHE_UNAVAILABLE = (
    CACHE_REQUESTS.labels(result) for result in ("hit", "miss", "unavailable")
)
STREAMS_OPEN = Gauge("sungaze_streams_open", "Live streams that are being told.", multiprocess_mode="livesum")
POOL_IN_USE = Gauge("sungaze_database_pool_connections_in_use", "Connections at work.", multiprocess_mode="livesum")
POOL_SIZE = Gauge("sungaze_database_pool_size", "Most connections at once.", multiprocess_mode="livesum")
POOL_TIMEOUTS = Counter("sungaze_database_pool_timeouts", "Requests that waited for a connection in vain.")
DATABASE_FAILURES = Counter("sungaze_database_failures", "Requests that the database could not take at the time.")


def count_connections(engine: AsyncEngine, pool_size: int) -> None:
    """Watch the connections that leave and come back to the pool of an engine."""
    POOL_SIZE.set(pool_size)
    event.listen(engine.sync_engine, "checkout", _checked_out)
    event.listen(engine.sync_engine, "checkin", _checked_in)


def _checked_out(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
    if record not in _at_work:
        _at_work.add(record)
        POOL_IN_USE.inc()


def _checked_in(_connection: object, record: ConnectionPoolEntry) -> None:
    if record in _at_work:  # one that could not be opened comes back without having left
        _at_work.remove(record)
        POOL_IN_USE.dec()


@contextmanager
def shared_by_workers(workers: int) -> Iterator[None]:
    """Give several workers, started inside, a folder for their numbers; it begins empty and is removed at the end."""
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="sungaze-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[_FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER_VARIABLE]


def shared_folder() -> str | None:
    """Name the folder that the workers share; None when there is one worker only."""
    return os.environ.get(_FOLDER_VARIABLE)

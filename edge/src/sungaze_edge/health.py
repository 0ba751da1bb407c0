"""How the daemon is: a small JSON file for people and for `sungaze-edge healthcheck`.

Ages are measured by the machine's uptime, so that a wrong or stepped clock makes nobody ill or well. The file is
replaced in one step and not forced to disk; it is written when a state changes, otherwise every half minute, for the
SD card's sake.
"""

import asyncio
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sungaze_edge import __version__
from sungaze_edge.backoff import wait
from sungaze_edge.clock import Clock, Instant
from sungaze_edge.errors import SpoolError
from sungaze_edge.log import Trouble
from sungaze_edge.places import private, unwritable_health
from sungaze_edge.poller import Poller
from sungaze_edge.reading import render_ts
from sungaze_edge.spool import Spool
from sungaze_edge.uploader import Uploader
from sungaze_edge.verdict import Verdict

log = logging.getLogger(__name__)

_WRITE_AT_LEAST_EVERY_S = 30.0
_STALE_INTERVALS = 6


class Health:
    """Writes the health file while the daemon runs."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        spool: Spool,
        pollers: Sequence[Poller],
        uploader: Uploader,
        *,
        poll_stale_s: float,
        upload_stale_s: float,
        interval_s: float,
    ) -> None:
        """Take whom to ask; the two limits go into the file, for the check to judge by."""
        self._path = path
        self._clock = clock
        self._spool = spool
        self._pollers = pollers
        self._uploader = uploader
        self._poll_stale_s = poll_stale_s
        self._upload_stale_s = upload_stale_s
        self._interval_s = interval_s
        self._started = clock.instant()
        self._waiting_since_s = float("inf")
        self._trouble = Trouble(log)

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop`, and once more then, to say so."""
        told: object = None
        written_s = float("-inf")
        while True:
            state = {**await self._state(), "stopped": stop.is_set()}
            if stop.is_set() or _gist(state) != told or state["uptime_s"] >= written_s + _WRITE_AT_LEAST_EVERY_S:
                self._write(state)
                told, written_s = _gist(state), state["uptime_s"]
            if stop.is_set():
                return
            await wait(stop, self._interval_s)

    async def _state(self) -> dict[str, Any]:
        now = self._clock.instant()
        spool = await self._spool_state()
        return {
            "version": __version__,
            "pid": os.getpid(),
            "written": render_ts(now.wall),
            "boot_id": now.boot_id,
            "uptime_s": now.monotonic_s,
            "running_s": round(now.monotonic_s - self._started.monotonic_s, 1),
            "clock": {"synced": now.synced},
            "memory_bytes": _memory_bytes(),
            "sources": [self._source(poller, now) for poller in self._pollers],
            "upload": self._upload(now, is_waiting=bool(spool["rows"])),
            "spool": spool,
        }

    def _source(self, poller: Poller, now: Instant) -> dict[str, Any]:
        status = poller.status
        return {
            "device_id": poller.source.device_id,
            "kind": poller.source.kind,
            "polls": status.polls,
            "stored": status.stored,
            "failures": status.failures,
            "consecutive_failures": status.consecutive_failures,
            "last_success": render_ts(status.last_success.wall) if status.last_success else None,
            "age_s": round(now.monotonic_s - (status.last_success or self._started).monotonic_s, 1),
            "last_error": status.last_error,
            "last_error_at": render_ts(status.last_error_at) if status.last_error_at else None,
            "storage_error": status.storage_error,
            "stale_after_s": max(self._poll_stale_s, _STALE_INTERVALS * poller.source.poll_interval_s),
        }

    def _upload(self, now: Instant, *, is_waiting: bool) -> dict[str, Any]:
        status = self._uploader.status
        self._waiting_since_s = min(self._waiting_since_s, now.monotonic_s) if is_waiting else float("inf")
        delivered_s = (status.last_success or self._started).monotonic_s
        return {
            "delivered": status.delivered,
            "last_success": render_ts(status.last_success.wall) if status.last_success else None,
            "waiting_s": round(now.monotonic_s - max(self._waiting_since_s, delivered_s), 1) if is_waiting else 0,
            "refused": status.refused,
            "refused_s": round(now.monotonic_s - status.refused_since.monotonic_s, 1) if status.refused_since else None,
            "verdict": status.verdict.value if status.verdict else None,
            "last_error": status.last_error,
            "last_error_at": render_ts(status.last_error_at) if status.last_error_at else None,
            "denied": status.verdict is Verdict.DENIED and not status.denied_devices,
            "denied_devices": sorted(status.denied_devices),
            "stale_after_s": self._upload_stale_s,
        }

    async def _spool_state(self) -> dict[str, Any]:
        try:
            status = await self._spool.status()
        except SpoolError as error:
            return {"error": str(error), "rows": None}
        return {
            "error": None,
            "rows": status.rows,
            "rows_without_time": status.rows_without_time,
            "oldest_ts": render_ts(status.oldest) if status.oldest else None,
            "quarantined": status.quarantined,
            "estimated_time_rows": status.estimated_times,
            "file_bytes": status.file_bytes,
            "disk_free_bytes": status.disk_free_bytes,
            "corrupt_files": status.corrupt_files,
        }

    def _write(self, state: dict[str, Any]) -> None:
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            with open(draft, "w", encoding="utf-8", opener=private) as file:
                file.write(json.dumps(state, indent=1) + "\n")
            draft.replace(self._path)
        except OSError as error:
            self._trouble.begins("unwritable", unwritable_health(self._path, error))
        else:
            self._trouble.ends("The health file is written again.")


def _gist(state: dict[str, Any]) -> object:
    """What is worth writing at once when it changes."""
    failing = [source["consecutive_failures"] > 0 or bool(source["storage_error"]) for source in state["sources"]]
    spool = state["spool"]
    return (
        failing,
        state["upload"]["verdict"],
        state["upload"]["denied_devices"],
        spool["error"],
        spool.get("quarantined"),
        state["clock"]["synced"],
    )


def _memory_bytes() -> int | None:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")

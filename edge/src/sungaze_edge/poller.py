"""One loop for any source: read on schedule, store, and when the device fails, back off and say so once."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sungaze_edge.backoff import Backoff, time_limit, wait
from sungaze_edge.clock import Clock, Instant
from sungaze_edge.errors import SourceError, SourceUnusableError, SpoolError
from sungaze_edge.log import Trouble, sentence
from sungaze_edge.reading import Reading
from sungaze_edge.source import Source, Value

log = logging.getLogger(__name__)

_STOP_GRACE_S = 4.0
_CLOSE_S = 2.0
_EARLY = 0.02  # part of an interval: a tick that came this late does not cost the next one


@dataclass(slots=True)
class PollStatus:
    """How a source is."""

    polls: int = 0
    stored: int = 0
    failures: int = 0
    consecutive_failures: int = 0
    last_success: Instant | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    storage_error: str | None = None


class Poller:
    """Reads one source until it is time to stop. One read at a time, on a schedule that does not drift."""

    def __init__(
        self,
        source: Source,
        store: Callable[[Reading], Awaitable[None]],
        clock: Clock,
        *,
        backoff_s: tuple[float, float],
        read_timeout_s: float,
    ) -> None:
        """Take the source and where its readings go; `store` raises SpoolError while it cannot store."""
        self.source = source
        self.status = PollStatus()
        self._store = store
        self._clock = clock
        self._backoff = Backoff(*backoff_s)
        self._storage_backoff = Backoff(1, 30)
        self._read_timeout_s = read_timeout_s
        self._trouble = Trouble(log)
        self._storage_trouble = Trouble(log)
        self._bugs: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop`; the reading in hand is then finished, stored, and the connection closed."""
        now = asyncio.get_running_loop().time
        origin = now()
        try:
            while not stop.is_set():
                started = now()
                succeeded = await self._poll(stop)
                rest_s = 0 if succeeded else self._backoff.next_s()
                if await wait(stop, self._next_tick(origin, started, now() + rest_s) - now()):
                    break
        finally:
            await self._close()

    def _next_tick(self, origin: float, started: float, earliest: float) -> float:
        """Give the next time on the schedule; ticks that passed meanwhile are skipped, never made up for."""
        interval_s = self.source.poll_interval_s
        earliest = max(earliest, started + (1 - _EARLY) * interval_s)
        return origin + math.ceil((earliest - origin) / interval_s) * interval_s

    async def _poll(self, stop: asyncio.Event) -> bool:
        taken = self._clock.instant()
        self.status.polls += 1
        values = await self._read(stop)
        if values is None:
            return False
        await self._keep(Reading(self.source.device_id, self.source.kind, values, taken), stop)
        return True

    async def _read(self, stop: asyncio.Event) -> Mapping[str, Value] | None:
        try:
            async with time_limit(self._read_timeout_s, stop, _STOP_GRACE_S):
                values = await self.source.read()
        except TimeoutError:
            await self._failed("the device did not answer in time")
        except SourceUnusableError as error:  # each such reason wants something else of a person
            await self._failed(str(error), nature=str(error))
        except SourceError as error:
            await self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - a source is a guest: its mistakes are logged and end nothing
            self._log_bug(error)
            await self._failed(f"{type(error).__name__}: {error}")
        else:
            self._succeeded()
            return values
        return None

    def _succeeded(self) -> None:
        if self.status.consecutive_failures:
            failed = self.status.consecutive_failures
            since = "after a failed read" if failed == 1 else f"after {failed} failed reads"
            self._trouble.ends(f"{self.source.device_id} answers again {since}.")
        self.status.consecutive_failures = 0
        self.status.last_success = self._clock.instant()
        self._backoff.reset()

    async def _failed(self, reason: str, *, nature: str = "failing") -> None:
        status = self.status
        status.failures += 1
        status.consecutive_failures += 1
        status.last_error, status.last_error_at = reason, self._clock.instant().wall
        self._trouble.begins(
            nature, f"{self.source.device_id} cannot be read: {sentence(reason)} Trying again until it can."
        )
        await self._close()

    async def _keep(self, reading: Reading, stop: asyncio.Event) -> None:
        """Store the reading, however long that takes: what cannot be stored must not be polled, either."""
        while True:
            try:
                await self._store(reading)
            except SpoolError as error:
                self.status.storage_error = str(error)
                self._storage_trouble.begins("storage", f"{error} Polling waits until the reading in hand is stored.")
                if stop.is_set():
                    log.critical(f"A reading of {reading.device_id} is lost: stopped while it could not be stored.")
                    return
                await wait(stop, self._storage_backoff.next_s())
            else:
                break
        self.status.stored += 1
        self.status.storage_error = None
        self._storage_backoff.reset()
        self._storage_trouble.ends("Readings are stored again.")
        if self.status.stored == 1:
            log.info(f"The first reading of {reading.device_id} is stored.")

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.source.close()
        except (SourceError, OSError, TimeoutError) as error:
            log.debug(f"{self.source.device_id} was not closed cleanly: {error}")
        except Exception as error:  # noqa: BLE001 - as above
            self._log_bug(error)

    def _log_bug(self, error: Exception) -> None:
        kind = type(error).__name__
        if kind not in self._bugs:
            log.error(f"A mistake in the source of {self.source.device_id}; polling goes on.", exc_info=error)
        self._bugs.add(kind)

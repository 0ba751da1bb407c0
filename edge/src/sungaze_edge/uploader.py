"""Batch, POST, verdict, settle: readings leave the spool when the server has them, and not before."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sungaze_edge.backoff import Backoff, time_limit, wait
from sungaze_edge.clock import Clock, Instant
from sungaze_edge.errors import DeliveryError, SpoolError
from sungaze_edge.log import Trouble, sentence
from sungaze_edge.reading import Backlog, Waiting
from sungaze_edge.server import Answer, Server
from sungaze_edge.spool import Spool
from sungaze_edge.verdict import Verdict, complaint, refused_samples, said, verdict

log = logging.getLogger(__name__)

_STOP_GRACE_S = 4.0
_REQUEST_S = 120.0
_REFUSALS_OVER_S = 900.0
_REFUSALS_IN_A_ROW = 3  # more of them look like a mistake of the server's: go slowly then


@dataclass(slots=True)
class UploadStatus:
    """How delivery goes."""

    delivered: int = 0
    last_success: Instant | None = None
    verdict: Verdict | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    refused: int = 0
    refused_since: Instant | None = None
    """Since when readings are refused and none is stored."""
    denied_devices: frozenset[str] = frozenset()
    """The token is not for them; their readings wait while those of others are delivered."""


class Uploader:
    """Delivers what waits in the spool: back to back while there is a backlog, then at its interval."""

    def __init__(
        self,
        spool: Spool,
        server: Server,
        clock: Clock,
        *,
        batch_size: int,
        interval_s: float,
        drain_batch_size: int,
        backoff_s: tuple[float, float],
        denied_backoff_s: tuple[float, float],
    ) -> None:
        """Take where readings come from and go to."""
        self.status = UploadStatus()
        self._spool = spool
        self._server = server
        self._clock = clock
        self._batch_size = batch_size
        self._interval_s = interval_s
        self._biggest = drain_batch_size
        self._narrow: int | None = None
        self._refusals = 0
        self._backoff = Backoff(*backoff_s)
        self._denied_backoff = Backoff(*denied_backoff_s)
        self._shortest_wait_s = backoff_s[0]
        self._left_out: frozenset[str] = frozenset()
        self._left_out_until_s = 0.0
        self._trouble = Trouble(log)
        self._denied_trouble = Trouble(log)
        self._refusal_trouble = Trouble(log)
        self._last_refusal_s = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; a batch on its way then gets a few seconds."""
        while not stop.is_set():
            if await wait(stop, await self._round(stop)):
                break

    async def _round(self, stop: asyncio.Event) -> float:
        """Send one batch; give how many seconds to wait before the next."""
        try:
            async with time_limit(_REQUEST_S, stop, _STOP_GRACE_S):
                return await self._send()
        except (DeliveryError, SpoolError) as error:
            return self._put_off(Verdict.LATER, str(error))
        except TimeoutError:
            return 0 if stop.is_set() else self._put_off(Verdict.LATER, "the server took too long")

    async def _send(self) -> float:
        waiting, quarantined = await self._spool.backlog()
        left_out_s = self._left_out_until_s - asyncio.get_running_loop().time()
        if left_out_s <= 0:
            self._left_out = frozenset()
        batch = await self._spool.peek(self._size(waiting), self._clock.instant(), self._left_out)
        if batch:
            left = Backlog(max(0, waiting - len(batch)), quarantined)  # one more may have come meanwhile
            answer = await self._server.ingest([reading.sample for reading in batch], left)
            return await self._settle(batch, answer)
        if self._left_out and self._clock.synced():
            return min(self._interval_s, left_out_s)
        if waiting:  # readings without a time: any answer of the server tells it
            await self._server.devices()
            return 0 if self._clock.synced() else self._backoff.next_s()
        self._tell_denied(frozenset())
        return self._interval_s

    def _size(self, waiting: int) -> int:
        return min(self._narrow or self._biggest, self._biggest if waiting > self._batch_size else self._batch_size)

    async def _settle(self, batch: Sequence[Waiting], answer: Answer) -> float:
        judged = verdict(answer)
        if judged is Verdict.STORED:
            return await self._stored(batch)
        if judged is Verdict.REFUSED:
            return await self._refused(batch, answer)
        if answer.status == 403 and (denied := refused_samples(answer.document, len(batch))):
            return self._denied(frozenset(batch[index].device_id for index in denied), complaint(judged, answer))
        return self._put_off(judged, complaint(judged, answer), answer.retry_after_s)

    async def _stored(self, batch: Sequence[Waiting]) -> float:
        await self._spool.ack([reading.id for reading in batch])
        if not self.status.delivered:
            log.info("The first readings are delivered.")
        self.status.delivered += len(batch)
        self._tell_denied(self.status.denied_devices.difference(reading.device_id for reading in batch))
        self._answered(Verdict.STORED)
        self._refusals = 0
        now = self._clock.instant()
        self.status.last_success, self.status.refused_since = now, None
        if now.monotonic_s - self._last_refusal_s >= _REFUSALS_OVER_S:
            self._refusal_trouble.ends("The server has taken every reading for 15 minutes.")
        if self._narrow is not None:
            self._narrow = self._narrow * 2 if self._narrow * 2 < self._biggest else None
        return 0 if await self._spool.length() >= self._batch_size else self._interval_s

    async def _refused(self, batch: Sequence[Waiting], answer: Answer) -> float:
        """Narrow down to what the server does not take; what it refuses on its own goes to quarantine."""
        reasons = {} if answer.status == 413 else refused_samples(answer.document, len(batch))
        if not reasons and len(batch) > 1:
            self._narrow = len(batch) // 2
            if answer.status == 413:
                self._biggest = self._narrow
            return 0
        reasons = reasons or {0: said((answer.document or {}).get("detail"), f"refused with status {answer.status}")}
        await self._spool.quarantine(
            {batch[index].id: reason for index, reason in reasons.items()}, self._clock.instant()
        )
        self._tell_refused(len(reasons), next(iter(reasons.values())))
        self._answered(Verdict.REFUSED)
        self._refusals += 1
        return 0 if self._refusals <= _REFUSALS_IN_A_ROW else self._backoff.next_s()

    def _tell_refused(self, count: int, reason: str) -> None:
        now = self._clock.instant()
        self._last_refusal_s = now.monotonic_s
        self.status.refused += count
        self.status.refused_since = self.status.refused_since or now
        self.status.last_error, self.status.last_error_at = f"the server refuses readings: {reason}", now.wall
        self._refusal_trouble.begins(
            "refused",
            f"The server refuses readings; the first: {sentence(reason)} They are set aside: "
            "'sungaze-edge spool list' shows them, health.json counts them.",
            level=logging.ERROR,
        )

    def _answered(self, judged: Verdict) -> None:
        self.status.verdict = judged
        self._trouble.ends("Readings are delivered again.")
        if self._refusals < _REFUSALS_IN_A_ROW:
            self._backoff.reset()
        if not self.status.denied_devices:
            self._denied_backoff.reset()

    def _denied(self, devices: frozenset[str], reason: str) -> float:
        """Leave these devices out for as long as a refused token would wait; the others go on at once."""
        self._left_out |= devices
        self._left_out_until_s = asyncio.get_running_loop().time() + self._denied_backoff.next_s()
        self.status.verdict = Verdict.DENIED
        self.status.last_error, self.status.last_error_at = reason, self._clock.instant().wall
        self._tell_denied(self.status.denied_devices | devices)
        return 0

    def _tell_denied(self, devices: frozenset[str]) -> None:
        self.status.denied_devices = devices
        if devices:
            names = ", ".join(sorted(devices))
            self._denied_trouble.begins(
                names,
                f"Readings of {names} are not delivered: the server knows the token, but not for this device; check "
                "VPS_DEVICE_TOKEN and DEVICE_ID against its DEVICE_TOKENS. They wait in the spool.",
                level=logging.ERROR,
            )
        else:
            self._denied_trouble.ends("The server takes the readings of every device again.")

    def _put_off(self, judged: Verdict, complaint: str, retry_after_s: float | None = None) -> float:
        self.status.verdict = judged
        self.status.last_error, self.status.last_error_at = complaint, self._clock.instant().wall
        if judged is Verdict.DENIED:
            self.status.denied_devices = frozenset()  # not they alone
        level = logging.ERROR if judged is Verdict.DENIED else logging.WARNING
        self._trouble.begins(
            f"{judged} {complaint}",
            f"Nothing is delivered: {sentence(complaint)} Readings wait in the spool.",
            level=level,
        )
        delay_s = (self._denied_backoff if judged is Verdict.DENIED else self._backoff).next_s()
        return delay_s if retry_after_s is None else max(retry_after_s, self._shortest_wait_s)

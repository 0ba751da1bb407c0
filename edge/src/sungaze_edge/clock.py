"""What time it is, and whether that is known to be right.

A Raspberry Pi has no clock of its own while it is off. So the truth here is `uptime + offset`: uptime
(CLOCK_BOOTTIME) is never stepped, and the offset comes from a witness, in this order:

1. the kernel says that the wall clock is synchronised (and the wall clock is not older than this program);
2. systemd-timesyncd left its mark, where the kernel may not be asked;
3. the server, by the `Date` of an answer over verified TLS: it confirms the wall clock, or replaces it.

Once known in a boot, the offset stays good whatever happens to the wall clock. See docs/adr/0003.
"""

import ctypes
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)

RELEASED_S = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""No reading is older than the program that takes it: an earlier wall clock is wrong."""

_DATE_RESOLUTION_S = 1.0
_TOLERANCE_S = 10.0
"""A busy server stamps its answers late: only a clock that is plainly wrong is replaced."""
_TIMESYNCD_MARK = Path("/run/systemd/timesync/synchronized")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment by both clocks; `wall` (UTC, milliseconds) is the truth only where `synced`."""

    wall: datetime
    monotonic_s: float
    boot_id: str
    synced: bool

    @property
    def wall_ms(self) -> int:
        """Milliseconds since 1970."""
        return round(self.wall.timestamp() * 1000)

    @property
    def monotonic_ms(self) -> int:
        """Milliseconds since this machine started."""
        return round(self.monotonic_s * 1000)


def uptime_s() -> float:
    """Seconds since this machine started, sleep included; never stepped."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def boot_id() -> str:
    """Name this run of the machine; where the system has no name for it, this run of the program."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


def kernel_synced() -> bool | None:
    """Whether the kernel holds the wall clock for synchronised; None where it may not be asked."""
    time_error = 5  # TIME_ERROR of adjtimex(2): "the clock is not synchronized"
    adjtimex = _adjtimex()
    state = -1 if adjtimex is None else adjtimex(ctypes.create_string_buffer(512))  # all zero: only look
    return None if state < 0 else state != time_error


@cache
def _adjtimex() -> Callable[[object], int] | None:
    return getattr(ctypes.CDLL(None), "adjtimex", None)


class Clock:
    """The one place where `now` comes from. Every argument is what a test may replace."""

    def __init__(
        self,
        *,
        wall_s: Callable[[], float] = time.time,
        uptime_s: Callable[[], float] = uptime_s,
        kernel_synced: Callable[[], bool | None] = kernel_synced,
        timesyncd_synced: Callable[[], bool] = _TIMESYNCD_MARK.exists,
        boot: str | None = None,
    ) -> None:
        """Know nothing yet about the offset."""
        self._wall_s = wall_s
        self._uptime_s = uptime_s
        self._kernel_synced = kernel_synced
        self._timesyncd_synced = timesyncd_synced
        self._boot_id = boot or boot_id()
        self._offset_s: float | None = None

    def instant(self) -> Instant:
        """Give this moment; its wall time is the machine's own guess until a witness is found."""
        wall, uptime = self._wall_s(), self._uptime_s()
        if self._has_local_witness(wall):
            self._offset_s = wall - uptime
        if self._offset_s is not None:
            wall = uptime + self._offset_s
        return Instant(_milliseconds(wall), uptime, self._boot_id, self._offset_s is not None)

    def synced(self) -> bool:
        """Whether the time is known to be right."""
        return self.instant().synced

    def known(self) -> datetime | None:
        """Give the time (UTC) if it is known to be right."""
        now = self.instant()
        return now.wall if now.synced else None

    def hear(self, server_time: datetime | None, round_trip_s: float) -> None:
        """Take the `Date` of an answer over verified TLS as a witness, unless there is a finer one.

        `server_time` is None when the answer had none. Then, and when the server's own clock is older than this
        program, a plausible wall clock has to do: nobody else can be asked.
        """
        wall, uptime = self._wall_s(), self._uptime_s()
        if wall >= RELEASED_S and self._kernel_synced():
            return
        if server_time is None or server_time.timestamp() < RELEASED_S:
            if self._offset_s is None and wall >= RELEASED_S:
                self._offset_s = wall - uptime
            return
        earliest = server_time.timestamp()
        latest = earliest + _DATE_RESOLUTION_S + round_trip_s
        own = [self._offset_s] if self._offset_s is not None else []
        for offset in [*own, wall - uptime]:
            if earliest - _TOLERANCE_S <= uptime + offset <= latest + _TOLERANCE_S:
                self._offset_s = offset
                return
        self._offset_s = (earliest + latest) / 2 - uptime
        log.warning(
            f"This machine's clock is {wall - latest:+.0f} s off and nothing synchronises it; "
            "readings get the server's time. Enable NTP for times to the millisecond."
        )

    def _has_local_witness(self, wall_s: float) -> bool:
        if wall_s < RELEASED_S:
            return False
        kernel = self._kernel_synced()
        if kernel is not None:
            return kernel
        # The mark outlives a step of the wall clock, so it may only speak first.
        return self._offset_s is None and self._timesyncd_synced()


def _milliseconds(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)

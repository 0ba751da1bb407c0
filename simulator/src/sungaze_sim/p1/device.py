"""What all connections to one simulated P1 dongle share."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sungaze_sim.clock import Clock
from sungaze_sim.faults import Faults, Window
from sungaze_sim.p1.grid_meter import GridMeter
from sungaze_sim.p1.telegram import Telegram
from sungaze_sim.p1.users import Users
from sungaze_sim.record import Record


@dataclass(slots=True)
class Dongle:
    """The dongle behind its sockets."""

    meter: GridMeter
    serial: str
    record: Record
    faults: Faults
    users: Users
    clock: Clock
    v1_enabled: bool
    system: dict[str, Any] = field(default_factory=lambda: {"cloud_enabled": True, "status_led_brightness_pct": 100})
    began: float = 0
    _frozen: Telegram | None = None
    _swapped_in: Window | None = None

    def telegram(self) -> Telegram | None:
        """Give the last telegram as the faults have it, or None when none ever came."""
        if self.faults.take("no_telegram"):
            return None
        if self._frozen and self.faults.take("stale"):
            return self._frozen
        self._swap_if_due()
        telegram = self.meter.telegram()
        if self.faults.take("no_peaks"):
            telegram = replace(telegram, average_w=None, peak=None, past_peaks=())
        if jump := self.faults.take("clock_jump"):
            seconds = 3600 if jump.value is None else jump.value
            telegram = replace(telegram, at=telegram.at + timedelta(seconds=seconds))
        self._frozen = telegram
        return telegram

    def revoke_if_due(self) -> None:
        """Forget every user while the fault says so."""
        if self.faults.take("revoked"):
            self.users.clear()

    def uptime_s(self) -> int:
        """Say how long it runs."""
        return int(self.clock.monotonic() - self.began)

    def _swap_if_due(self) -> None:
        window = self.faults.take("swap")
        if window and window is not self._swapped_in:
            self.meter.swap()
        self._swapped_in = window or self._swapped_in

"""How far a long command is: a bar on a terminal, otherwise a line now and then."""

import sys
import time
from typing import TextIO

_BAR_WIDTH = 24
_TERMINAL_EVERY_S = 0.2
_LINE_EVERY_S = 30.0


class Progress:
    """Tells on standard error what was done, how fast, and how long the rest takes at that speed."""

    def __init__(self, what: str, out: TextIO | None = None) -> None:
        """Start the watch; `what` begins each line."""
        self._what = what
        self._out = out or sys.stderr
        self._on_terminal = self._out.isatty()
        self._every_s = _TERMINAL_EVERY_S if self._on_terminal else _LINE_EVERY_S
        self._begun = self._told = time.monotonic()
        self._readings = 0

    def __call__(self, readings: int, share: float) -> None:
        """Take note of how many readings are done, and which share of all, from 0 to 1."""
        self._readings = readings
        now = time.monotonic()
        if now - self._told >= self._every_s:
            self._told = now
            self._tell(f"{self._rate(now)}, {_remaining(now - self._begun, share)}", share)

    def end(self) -> None:
        """Tell the sum."""
        now = time.monotonic()
        self._tell(f"{self._rate(now)} in {_duration(now - self._begun)}", 1)
        if self._on_terminal:
            self._out.write("\n")

    def _rate(self, now: float) -> str:
        per_second = self._readings / max(now - self._begun, 1e-3)
        return f"{self._readings:,} readings, {per_second:,.0f}/s"

    def _tell(self, text: str, share: float) -> None:
        if self._on_terminal:
            bar = ("#" * round(share * _BAR_WIDTH)).ljust(_BAR_WIDTH, ".")
            self._out.write(f"\r{self._what} [{bar}] {share:4.0%} {text}\x1b[K")
        else:
            self._out.write(f"{self._what} {share:4.0%} {text}\n")
        self._out.flush()


def _remaining(spent_s: float, share: float) -> str:
    return f"{_duration(spent_s * (1 - share) / share)} left" if share > 0 else "just begun"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"

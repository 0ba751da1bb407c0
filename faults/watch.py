"""What processes take over time, memory and open files, and whether that grows."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import psutil

_WARM_UP = 0.25
_LEAST_LOOKS = 12


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a process."""

    at_s: float
    memory_mb: float
    """Resident, in MB of 2^20 bytes."""
    descriptors: int


@dataclass(frozen=True, slots=True)
class Limit:
    """What a process may take."""

    memory_mb: float
    growth_mb: float
    """Between the first and the last quarter of a life, warm-up left out."""
    growth_descriptors: int = 2
    warm_up: float = _WARM_UP
    """The part of a life in which caches fill, modules are imported, pools open and the heap finds its size."""


@dataclass(slots=True)
class Watch:
    """Looks at processes by their names; each start of a process is a life of its own."""

    limits: Mapping[str, Limit]
    now_s: Callable[[], float] = time.monotonic
    lives: dict[tuple[str, int], list[Look]] = field(default_factory=dict)

    def look(self, name: str, pid: int) -> None:
        """Note what a process takes now; one that has just ended is passed over."""
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                seen = Look(self.now_s(), process.memory_info().rss / 2**20, process.num_fds())
        except psutil.Error:
            return
        if seen.descriptors:  # a process that ended and was not waited for has none
            self.lives.setdefault((name, pid), []).append(seen)

    def peak_mb(self, name: str) -> float:
        """Give the most memory that a process of this name took, 0 for one that was never seen."""
        return max((look.memory_mb for looks in self._lives_of(name) for look in looks), default=0)

    def growth_mb(self, name: str) -> float:
        """Give by how much memory grew in the life in which it grew most; see Limit."""
        return max(self._growths(name, lambda look: look.memory_mb), default=0)

    def growth_descriptors(self, name: str) -> int:
        """Give by how much open files grew in the life in which they grew most."""
        return round(max(self._growths(name, lambda look: look.descriptors), default=0))

    def complaints(self) -> list[str]:
        """Say what took more than it may, and what was never seen at all."""
        return [complaint for name, limit in self.limits.items() for complaint in self._complaints(name, limit)]

    def _complaints(self, name: str, limit: Limit) -> list[str]:
        if not self._lives_of(name):
            return [f"{name} was never seen running"]
        measured = (
            ("took", self.peak_mb(name), limit.memory_mb, "MB"),
            ("grew by", self.growth_mb(name), limit.growth_mb, "MB"),
            ("grew by", self.growth_descriptors(name), limit.growth_descriptors, "open files"),
        )
        return [
            f"{name} {verb} {value:.1f} {unit}, more than the {most:g} it may"
            for verb, value, most, unit in measured
            if value > most
        ]

    def _growths(self, name: str, of: Callable[[Look], float]) -> list[float]:
        return [growth(list(map(of, looks)), self.limits[name].warm_up) for looks in self._lives_of(name)]

    def _lives_of(self, name: str) -> list[list[Look]]:
        return [looks for (owner, _), looks in self.lives.items() if owner == name]


def growth(values: Sequence[float], warm_up: float = _WARM_UP) -> float:
    """Compare the last quarter of values with the first after a warm-up: medians, so that one peak is no growth."""
    settled = values[round(len(values) * warm_up) :]
    if len(settled) < _LEAST_LOOKS:
        return 0
    quarter = len(settled) // 4
    return statistics.median(settled[-quarter:]) - statistics.median(settled[:quarter])

"""What stands behind the dongle: something that can be asked for one snapshot of all its registers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sungaze_sim.clock import Clock
from sungaze_sim.house import House
from sungaze_sim.profile import Path, Profile
from sungaze_sim.registers import holding_words, input_words, published
from sungaze_sim.state import State
from sungaze_sim.watcher import Watcher

READ_HOLDING = 3
READ_INPUT = 4
_HOLDING_GAP = 0xFFFF
WINET_GAP, LAN_GAP = 0, 0xFFFF
"""What an unsupported register inside a longer read looks like on the two paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Every register at one instant, by wire address, and the truth they were written from."""

    truth: Mapping[str, float | None]
    house_time: datetime | None
    input_words: Mapping[int, int]
    holding_words: Mapping[int, int]
    gap: int = WINET_GAP
    recorded_replies: Mapping[tuple[int, int, int], bytes] = field(default_factory=dict)
    """Raw answers by (function, wire start, count), without the transaction id; they are played back as recorded."""

    def read(self, function: int, start: int, count: int) -> list[int] | None:
        """Give `count` words from wire address `start`, or None when none of them is supported."""
        words = self.input_words if function == READ_INPUT else self.holding_words
        gap = self.gap if function == READ_INPUT else _HOLDING_GAP
        addresses = range(start, start + count)
        if not any(address in words for address in addresses):
            return None
        return [words.get(address, gap) for address in addresses]


class World(Protocol):
    """A device that can be asked; swap it at run time by assigning another to `WinetServer.world`."""

    def describe(self) -> str:
        """Say in a few words what stands there, as in "a SH4.0RS"."""
        ...

    def snapshot(self) -> Snapshot:
        """Read every register now."""
        ...


class HouseWorld:
    """An inverter in a living house whose time runs `speed` times as fast as ours from `house.start` on."""

    def __init__(
        self,
        house: House,
        profile: Profile,
        *,
        speed: float = 1,
        clock: Clock | None = None,
        since: datetime | None = None,
    ) -> None:
        """Start the house's time now, or let it have started at a time that is past."""
        self.watcher = Watcher(house, speed=speed, clock=clock, since=since)
        """Who reads the registers; `watcher.beside()` reads another device of the same house."""
        self.profile = profile
        self._ripple = 0
        self._last: Mapping[str, float | None] = {}

    def describe(self) -> str:
        """Name the inverter."""
        return f"a {self.profile.model.name}"

    def snapshot(self) -> Snapshot:
        """Write the house of this instant into registers; no two snapshots in a row publish the same values."""
        now = self.watcher.now()
        state = self._unlike_the_last(self.watcher.look(now))
        return Snapshot(
            truth=self._last,
            house_time=self.watcher.house_time(now),
            input_words=input_words(state, self.profile),
            holding_words=holding_words(state.inverter_clock, self.profile),
            gap=LAN_GAP if self.profile.path is Path.LAN else WINET_GAP,
        )

    def _unlike_the_last(self, state: State) -> State:
        while True:
            self._ripple = (self._ripple + 1) % 8
            rippled = state.rippled(self._ripple - 4)
            truth = published(rippled, self.profile)
            if truth != self._last:
                self._last = truth
                return rippled

"""What one reading cannot show: counters that run backwards or leap, and values that have stopped moving.

Immutable state in, state out; the source keeps the state and writes the log lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sungaze_edge.source import Value

COUNTERS = (
    "pv_total_kwh",
    "import_total_kwh",
    "export_total_kwh",
    "battery_charge_total_kwh",
    "battery_discharge_total_kwh",
)
CONFIRMATIONS = 12
CONFIRMATION_S = 900
"""A new level counts as a swapped meter after so many readings in a row and so many seconds; garbage ends sooner."""
STALE_AFTER = 60
"""Equal readings in a row while running that no living house produces (five minutes at 5 s)."""

_HOUSE_LIMIT_W = 100_000  # bound of the grid registers
_RESOLUTION_KWH = 0.2  # two steps of the counter
_JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class Level:
    """What a counter shows, when this count began, since when it shows this (both s), and in how many readings."""

    value: float
    first_s: float
    since_s: float
    readings: int = 1

    def leads_to(self, value: float, now_s: float, limit_w: float) -> bool:
        """Whether the counter can have come from here to `value` by now.

        Time counts from the last step, so a counter that stood still for a while may catch up.
        """
        most = limit_w * (now_s - self.since_s) / _JOULES_PER_KWH + _RESOLUTION_KWH
        return 0 <= value - self.value <= most

    def is_settled(self, now_s: float) -> bool:
        """Whether this can be nothing but another meter.

        A counter at exactly 0 is a dropout of the dongle; a new meter soon shows more.
        """
        return self.value > 0 and self.readings >= CONFIRMATIONS and now_s - self.first_s >= CONFIRMATION_S

    def gives_way_to(self, other: "Level") -> bool:
        """Whether only a few readings after a start vouch for this, and more in a row for the other."""
        return self.readings < CONFIRMATIONS and other.readings > self.readings and other.value > 0

    def then(self, value: float, now_s: float) -> "Level":
        """Go on to the next reading."""
        since_s = self.since_s if value == self.value else now_s
        return Level(value, self.first_s, since_s, self.readings + 1)


@dataclass(frozen=True, slots=True)
class GuardState:
    """What is remembered from one reading to the next."""

    accepted: Mapping[str, Level] = field(default_factory=dict)
    held_back: Mapping[str, Level] = field(default_factory=dict)
    """Counters that show an impossible level, and what they show."""
    words: Mapping[int, int] = field(default_factory=dict)
    repeats: int = 0

    @property
    def is_stale(self) -> bool:
        """Whether the values have not moved for too long."""
        return self.repeats >= STALE_AFTER


def check(
    state: GuardState, values: Mapping[str, Value], words: Mapping[int, int], *, now_s: float, rated_w: float | None
) -> tuple[GuardState, dict[str, Value]]:
    """Judge one reading by those before it.

    Args:
        state: what the guard remembers; `GuardState()` at first.
        values: the sample's values.
        words: the raw live words they come from.
        now_s: monotonic time (s).
        rated_w: rated power of the inverter (W), if known.

    Returns:
        The next state, and the values with every impossible counter set to null.
    """
    accepted = dict(state.accepted)
    held_back = {}
    passed = dict(values)
    for name in COUNTERS:
        value = values.get(name)
        if not isinstance(value, int | float):
            continue
        limit_w = _HOUSE_LIMIT_W if rated_w is None or name.startswith(("import", "export")) else 2 * rated_w
        known = accepted.get(name)
        if known is None:
            accepted[name] = Level(value, now_s, now_s)
        elif known.leads_to(value, now_s, limit_w):
            accepted[name] = known.then(value, now_s)
        else:
            level = _new_level(state.held_back.get(name), value, now_s, limit_w)
            if level.is_settled(now_s) or known.gives_way_to(level):
                accepted[name] = level
            else:
                held_back[name] = level
                passed[name] = None
    next_state = replace(state, accepted=accepted, held_back=held_back)
    return _watch_movement(next_state, values, words), passed


def _new_level(seen: Level | None, value: float, now_s: float, limit_w: float) -> Level:
    if seen and seen.leads_to(value, now_s, limit_w):
        return seen.then(value, now_s)
    return Level(value, now_s, now_s)


def _watch_movement(state: GuardState, values: Mapping[str, Value], words: Mapping[int, int]) -> GuardState:
    if values.get("running_state") == "Running" and words == state.words:
        return replace(state, repeats=state.repeats + 1)
    return replace(state, words=dict(words), repeats=0)

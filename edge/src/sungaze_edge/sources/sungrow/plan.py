"""What to read in each poll, worked out once from what the device answers.

Through WiNet-S a register that does not exist reads 0 inside a block and gives exception 02 only when read
alone; so each optional register is asked for alone, once, before its value is believed.
"""

from dataclasses import dataclass, field

from sungaze_edge.sources.sungrow.models import Model


@dataclass(frozen=True, slots=True)
class Span:
    """A run of input registers by wire address."""

    wire: int
    count: int

    @property
    def wires(self) -> range:
        """Every wire address in it."""
        return range(self.wire, self.wire + self.count)


@dataclass(frozen=True, slots=True)
class Block:
    """Registers read together, with the smaller runs that every known firmware answers."""

    whole: Span
    parts: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """Registers that some devices do not have."""

    span: Span
    in_block: bool = False
    """Whether a block carries them anyway; the question then is only whether to believe it."""
    mppts: int = 0
    """Only on models with at least so many PV inputs."""

    def may_exist(self, model: Model) -> bool:
        """Whether it is worth asking this model."""
        return model.mppts is None or model.mppts >= self.mppts


FIRMWARE = Span(4953, 15)
SERIAL_AND_TYPE = Span(4989, 11)

INVERTER = Block(Span(4999, 37), (Span(4999, 15), Span(5016, 5), Span(5032, 4)))
METER = Block(Span(5600, 39), (Span(5600, 8), Span(5621, 2), Span(5627, 1), Span(5634, 2), Span(5638, 1)))
OPTIONALS = (
    Optional(Span(5014, 2), in_block=True, mppts=3),
    Optional(Span(5114, 2), mppts=4),
    Optional(Span(5213, 2)),
    Optional(Span(5241, 1)),
    Optional(Span(5630, 1), in_block=True),
)
LIVE = (Span(12999, 79), Span(12999, 48))
"""The powers and counters, with the fault bits or without. Read last in every poll and at no other time."""
LIVE_WIRES = LIVE[-1].wires


@dataclass(frozen=True, slots=True)
class Plan:
    """The reads of one poll, in order; then the first of `live` that is answered."""

    spans: tuple[Span, ...]
    live: tuple[Span, ...] = LIVE
    meaningless: frozenset[int] = field(default_factory=frozenset)
    """Wire addresses inside the spans whose words mean nothing."""

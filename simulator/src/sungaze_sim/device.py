"""What all connections to one simulated dongle share."""

from dataclasses import dataclass, field

from sungaze_sim.clock import Clock, SystemClock
from sungaze_sim.faults import Faults
from sungaze_sim.record import Record
from sungaze_sim.world import Snapshot, World


@dataclass(slots=True)
class Device:
    """The dongle behind its sockets."""

    world: World
    record: Record
    faults: Faults
    unit_id: int = 1
    live: bool = False
    """Take a new snapshot for every read instead of one per poll."""
    clock: Clock = field(default_factory=SystemClock)
    _frozen: Snapshot | None = None

    def snapshot(self) -> tuple[Snapshot, list[str]]:
        """Give the registers of this moment and, when they are not of this moment, the fault that holds them."""
        if self._frozen and self.faults.take("stale"):
            return self._frozen, ["stale"]
        self._frozen = self.world.snapshot()
        return self._frozen, []

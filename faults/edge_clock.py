"""A clock that a file sets: what the machine under the edge believes, told from outside."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sungaze_edge.clock import Clock


@dataclass(frozen=True, slots=True)
class Wall:
    """How the machine's wall clock is."""

    offset_s: float = 0.0
    """By how much it is ahead of the true time."""
    synced: bool = True
    """Whether the kernel holds it for synchronised."""

    def write(self, path: Path) -> None:
        """Set the clock that reads this file, in one step."""
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)


def read_wall(path: Path) -> Wall:
    """Read what `Wall.write` wrote."""
    return Wall(**json.loads(path.read_text()))


def clock_of(path: Path) -> Clock:
    """Give the edge's own clock on a machine whose wall clock the file sets; uptime stays the machine's."""
    return Clock(
        wall_s=lambda: read_wall(path).offset_s + time.time(),  # the file first: reading it takes its time
        kernel_synced=lambda: read_wall(path).synced,
        timesyncd_synced=lambda: False,
    )

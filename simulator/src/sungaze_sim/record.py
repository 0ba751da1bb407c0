"""The record: every reading that was handed out completely. It is the judge of what must arrive at the other end.

One JSON object per line, flushed at once. A reading is a line with `sequence`; a later line `{"confirmed": n}` says
that the client of reading n asked on over the same connection, and so has surely received it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(slots=True, kw_only=True)
class Reading:
    """One poll: what was handed out, and what is true."""

    sequence: int
    connection: int
    first_request_at: datetime
    last_reply_at: datetime
    house_time: datetime | None
    truth: dict[str, float | str | None]
    """By the names of a reading; battery charging-positive; None for what the installation does not have; a capture
    leaves out what nobody noted."""
    blocks: dict[int, list[int]]
    """The words served in this poll (function 4), by wire start address."""
    faults: list[str]
    """Faults that changed the words; the truth then does not say what was served."""
    certain: bool
    """False when the client may rightly have refused it: stray bytes behind it, cut off right after it, very late."""
    confirmed: bool = False


class Record:
    """Readings in memory and, with a path, in a file that is carried on when it is there already."""

    def __init__(self, path: Path | None = None, *, keep: int | None = None) -> None:
        """Open the record; `keep` bounds how many of the last readings stay in memory."""
        self._keep = keep
        self.readings: list[Reading] = read_record(path) if path and path.exists() else []
        self._next = self.readings[-1].sequence + 1 if self.readings else 1
        self._file = path.open("a", buffering=1) if path else None
        if self._file and self.readings:
            self._file.write("\n")  # the last line may have been cut when its writer was killed

    def next_sequence(self) -> int:
        """Give the number of the next reading."""
        self._next += 1
        return self._next - 1

    @property
    def count(self) -> int:
        """How many readings there have been, also those no longer in memory."""
        return self._next - 1

    def add(self, reading: Reading) -> None:
        """Keep a reading."""
        self.readings.append(reading)
        if self._keep is not None:
            del self.readings[: -self._keep]
        self._write(asdict(reading))

    def confirm(self, reading: Reading) -> None:
        """Keep that the client went on after it."""
        reading.confirmed = True
        self._write({"confirmed": reading.sequence})

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        if self._file:
            self._file.write(json.dumps(line, default=datetime.isoformat) + "\n")


def read_record(path: Path) -> list[Reading]:
    """Read the readings of a record file; a last line that was cut is not one."""
    readings: dict[int, Reading] = {}
    for line in path.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if "confirmed" in entry and "sequence" not in entry:
            if reading := readings.get(entry["confirmed"]):
                reading.confirmed = True
        else:
            readings[entry["sequence"]] = _reading(entry)
    return list(readings.values())


def _reading(entry: dict[str, Any]) -> Reading:
    house_time = entry["house_time"]
    return Reading(
        **{
            **entry,
            "first_request_at": datetime.fromisoformat(entry["first_request_at"]),
            "last_reply_at": datetime.fromisoformat(entry["last_reply_at"]),
            "house_time": datetime.fromisoformat(house_time) if house_time else None,
            "blocks": {int(start): words for start, words in entry["blocks"].items()},
        }
    )

"""The contract of a kind of reading: which values it carries, where they are stored, how they roll up.

A kind is one module in `measurements/`, which offers one name, `MEASUREMENT`, and one migration. Validation,
storage, rollups, series and the API's own description are all derived from the data here.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Rollup(Enum):
    """What happens to a value when readings become a bucket."""

    NONE = "none"
    MEAN = "mean"
    """`avg_<name>`, weighted by `sample_count`, null readings left out."""
    MEAN_AND_MAX = "mean_and_max"
    """`avg_<name>` and `max_<name>`."""
    COUNTER = "counter"
    """An ever-growing meter: the bucket's energy is the difference of successive last values."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a reading; every value may be null, which means "the device does not have it"."""

    name: str
    description: str
    minimum: float = -1e9
    maximum: float = 1e9
    type: Literal["number", "text", "time"] = "number"
    rollup: Rollup = Rollup.NONE


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy per bucket in kWh, under `name`.

    Taken from `counter` where the readings carry it; otherwise the mean power `power` times the time
    covered, counted only in the direction `sign` (+1, -1), and then the answer says so.
    """

    name: str
    counter: str | None
    power: str
    sign: Literal[1, -1] = 1


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """A kind of reading; there is one of each, so that it is equal to itself only and quick as a key."""

    kind: str
    fields: tuple[Field, ...]
    energies: tuple[Energy, ...] = ()
    segment: str | None = None
    """A text field that names the meter behind the counters: from one meter to another no energy is counted."""
    marker: str | None = None
    """A field whose presence says a sample without `kind` is of this kind; one kind has none and takes the rest."""

    @property
    def samples_table(self) -> str:
        """Name of the table of raw samples; key `(device_id, ts)`."""
        return f"{self.kind}_samples"

"""The register map of Sungrow SH hybrids as pure data; the facts themselves stand in `registers.csv`."""

import csv
from dataclasses import dataclass
from pathlib import Path

INPUT = 4
"""Modbus function that reads the input registers (measurements)."""
HOLDING = 3
"""Modbus function that reads the holding registers (settings)."""


@dataclass(frozen=True, slots=True)
class Register:
    """One value of the inverter and where it stands.

    32-bit values keep their low word at the lower address; text keeps two characters in a word, high byte
    first, padded with NUL (vendor protocol V1.1.15). A 16-bit type that spans several words is a list.
    """

    name: str
    function: int
    address: int
    """The documented number; one less goes on the wire."""
    count: int
    type: str
    """u16, s16, u32, s32 or string."""
    scale: float
    decimals: int
    unit: str
    minimum: float | None
    maximum: float | None
    not_available: tuple[int, ...]
    """Raw values that mean "the device does not have it"."""
    models: str
    source: str

    @property
    def wire(self) -> int:
        """Address of the first word as it goes on the wire."""
        return self.address - 1

    @property
    def wires(self) -> range:
        """Wire addresses of all of its words."""
        return range(self.wire, self.wire + self.count)

    @property
    def is_list(self) -> bool:
        """Whether it is a list of 16-bit values."""
        return self.type in ("u16", "s16") and self.count > 1

    def is_plausible(self, value: float) -> bool:
        """Whether a scaled value lies within the bounds, both included."""
        at_least = self.minimum is None or value >= self.minimum
        at_most = self.maximum is None or value <= self.maximum
        return at_least and at_most


def _register(row: dict[str, str]) -> Register:
    scale = row["scale"]
    return Register(
        name=row["name"],
        function=int(row["function"]),
        address=int(row["address"]),
        count=int(row["count"]),
        type=row["type"],
        scale=float(scale),
        decimals=len(scale.partition(".")[2]),
        unit=row["unit"],
        minimum=float(row["minimum"]) if row["minimum"] else None,
        maximum=float(row["maximum"]) if row["maximum"] else None,
        not_available=tuple(int(word, 16) for word in row["not_available"].split()),
        models=row["models"],
        source=row["source"],
    )


def _load() -> tuple[Register, ...]:
    text = Path(__file__).with_name("registers.csv").read_text(encoding="utf-8")
    return tuple(_register(row) for row in csv.DictReader(text.splitlines()))


REGISTERS = _load()
BY_NAME = {register.name: register for register in REGISTERS}

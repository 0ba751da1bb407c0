"""The capacity tariff of the owner's grid operator, as `CAPACITY_TARIFFS` names it: one rate a year."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_VAT = {"excl": False, "incl": True}
_EXAMPLE = "must be year:rate:excl or year:rate:incl, and may end in the rate's source, as in"


@dataclass(frozen=True, slots=True)
class CapacityTariff:
    """What a kW of the mean month peak costs in a year."""

    year: int
    eur_per_kw_year: float
    vat_included: bool
    source: str | None


type CapacityTariffs = Mapping[int, CapacityTariff]
"""Year -> tariff."""


def parse_tariffs(text: Any) -> CapacityTariffs:
    """Parse `year:rate:excl|incl[:source],...`.

    Raises:
        ValueError: one line for every mistake.
    """
    tariffs: dict[int, CapacityTariff] = {}
    mistakes = []
    for position, entry in enumerate(re.split(r"[,\n]", str(text)), start=1):
        if not entry.strip():
            continue
        tariff = _tariff(entry)
        if isinstance(tariff, str):
            mistakes.append(f"entry {position} ({entry.strip()}) {tariff}")
        elif tariff.year in tariffs:
            mistakes.append(f"entry {position} names the year {tariff.year} again; leave one of them out")
        else:
            tariffs[tariff.year] = tariff
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return tariffs


def _tariff(entry: str) -> CapacityTariff | str:
    """Read one entry, or say what is wrong with it."""
    parts = [part.strip() for part in entry.split(":", maxsplit=3)]
    if len(parts) < 3:
        return f"{_EXAMPLE} 2026:49.4036563:excl:Fluvius Antwerpen"
    year, rate, vat = parts[:3]
    if not re.fullmatch(r"20\d\d", year, re.ASCII):
        return "must begin with a year such as 2026"
    if not re.fullmatch(r"\d{1,4}(\.\d{1,10})?", rate, re.ASCII) or float(rate) <= 0:
        return "must have euros per kW and year after the year, with a point, such as 49.4036563"
    if vat not in _VAT:
        return "must say after the rate whether it has VAT in it: incl or excl"
    return CapacityTariff(int(year), float(rate), _VAT[vat], (parts[3] or None) if parts[3:] else None)

"""What buckets add up to, and what is told of them: column by column, as a month of quarters has 60,000 values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sungaze_vps.db.models import maxima, means, sums, weights
from sungaze_vps.measurement import Energy, Measurement

type Totals = Sequence[Any]
"""The columns of quarters and days, added up, in the order of `names`."""
type Source = Literal["counter", "power"]
type _Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Series:
    """What was measured, bucket by bucket."""

    points: Sequence[tuple[int, dict[str, Any]]]
    """The number of the bucket and its values; buckets without readings are left out."""
    energy_source: Mapping[str, Source | None]
    """Where each energy comes from: the meter's counter, power times time, or nothing was there to tell."""


@cache
def names(measurement: Measurement) -> list[str]:
    """Name the columns of totals, first those that are added, last those of which the largest counts."""
    return ["sample_count", *weights(measurement), *sums(measurement), *maxima(measurement)]


def add(measurement: Measurement, one: Totals, other: Totals) -> Totals:
    """Add the totals of two parts of a bucket; a column that is null on both sides stays null."""
    largest = len(one) - len(maxima(measurement))
    both = [
        second if first is None else first if second is None else first + second
        for first, second in zip(one[:largest], other[:largest], strict=True)
    ]
    for first, second in zip(one[largest:], other[largest:], strict=True):
        both.append(second if first is None else first if second is None else max(first, second))
    return both


def describe(measurement: Measurement, totals: Mapping[int, Totals]) -> Series:
    """Tell what the buckets of these numbers held."""
    numbers = sorted(totals)
    listed = zip(*(totals[number] for number in numbers), strict=True) if numbers else [()] * len(names(measurement))
    columns: _Columns = dict(zip(names(measurement), listed, strict=True))
    sources = {energy.name: _source(energy, columns) for energy in measurement.energies}
    told = _means(measurement, columns) | {"sample_count": columns["sample_count"]}
    for energy in measurement.energies:
        millionths = columns[f"rise_{energy.counter}" if sources[energy.name] == "counter" else f"work_{energy.name}"]
        told[energy.name] = [None if value is None else value / 1_000_000 for value in millionths]
    rows = zip(*told.values(), strict=True)
    return Series(
        [(number, dict(zip(told, row, strict=True))) for number, row in zip(numbers, rows, strict=True)], sources
    )


def _means(measurement: Measurement, columns: _Columns) -> dict[str, Sequence[Any]]:
    told: dict[str, Sequence[Any]] = {}
    largest = maxima(measurement)
    for name in means(measurement):
        pairs = zip(columns[f"sum_{name}"], columns[f"weight_{name}"], strict=True)
        # Divided as whole numbers and rounded once: the last digit is that of the exact mean.
        told[f"avg_{name}"] = [round(added / weight) / 1000 if weight else None for added, weight in pairs]
        if f"max_{name}" in largest:
            told[f"max_{name}"] = [None if value is None else round(value, 3) for value in columns[f"max_{name}"]]
    return told


def _source(energy: Energy, columns: _Columns) -> Source | None:
    """Choose one source for the whole answer: a mixture would count twice what a counter gained in a gap."""
    if energy.counter and any(rise is not None for rise in columns[f"rise_{energy.counter}"]):
        return "counter"
    return "power" if any(work is not None for work in columns[f"work_{energy.name}"]) else None

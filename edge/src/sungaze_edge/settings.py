"""A setting as data: its variable, how its text becomes a value, its default, and the line that explains it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sungaze_edge.errors import SettingsError

REQUIRED = object()
"""Marks a setting without a default."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable.

    `parse` turns its text into the value and raises ValueError with the end of the sentence
    "VARIABLE must be ..." when it cannot.
    """

    variable: str
    help: str
    parse: Callable[[str], Any] = str
    default: Any = REQUIRED
    secret: bool = False


def read_settings(settings: Iterable[Setting], environ: Mapping[str, str]) -> dict[str, Any]:
    """Give every setting's value by variable name.

    An empty variable counts as not set, as Compose files write it.

    Raises:
        SettingsError: naming every missing and every wrong variable at once; no secret is repeated.
    """
    values: dict[str, Any] = {}
    mistakes: list[str] = []
    for setting in settings:
        text = environ.get(setting.variable, "").strip()
        if not text:
            if setting.default is REQUIRED:
                mistakes.append(f"{setting.variable} is not set: {setting.help}")
            else:
                values[setting.variable] = setting.default
            continue
        try:
            values[setting.variable] = setting.parse(text)
        except ValueError as problem:
            shown = "" if setting.secret else f", not {text!r}"
            mistakes.append(f"{setting.variable} must be {problem}{shown}")
    if mistakes:
        raise SettingsError(mistakes)
    return values


def number(minimum: float, maximum: float, unit: str = "") -> Callable[[str], float]:
    """Parse a number within bounds, both included."""
    return _bounded(float, "a number", minimum, maximum, unit)


def whole(minimum: int, maximum: int, unit: str = "") -> Callable[[str], int]:
    """Parse a whole number within bounds, both included."""
    return _bounded(int, "a whole number", minimum, maximum, unit)


def _bounded[N: (int, float)](
    kind: Callable[[str], N], name: str, minimum: N, maximum: N, unit: str
) -> Callable[[str], N]:
    def parse(text: str) -> N:
        wanted = f"{name} from {minimum:g} to {maximum:g} {unit}".rstrip()
        try:
            value = kind(text)
        except ValueError:
            raise ValueError(wanted) from None
        if not minimum <= value <= maximum:  # refuses NaN too
            raise ValueError(wanted)
        return value

    return parse

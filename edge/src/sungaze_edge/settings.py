"""A setting as data: its variable, how its text becomes a value, its default, and the line that explains it."""

import ipaddress
import math
import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sungaze_edge.errors import SettingsError

REQUIRED = object()
"""Marks a setting without a default."""

# A name, IPv4, or IPv6; a name with an empty or endless part makes the lookup itself raise.
_HOST = re.compile(r"([\w-]{1,63}\.)*[\w-]{1,63}\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*", re.ASCII)
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
_DEVICE_ID = re.compile(r"[^\s,]{1,128}")


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


def host(port_variable: str) -> Callable[[str], str]:
    """Parse a host name or an IP address."""

    def parse(text: str) -> str:
        if not _HOST.fullmatch(text):
            raise ValueError(
                f"a host name or IP address alone, without http:// and without a port (that is {port_variable})"
            )
        if _ADDRESS.fullmatch(text) and not _is_address(text):
            raise ValueError("an IP address that there can be, or a host name")
        return text

    return parse


def interval(shortest_s: float, reason: str) -> Callable[[str], float]:
    """Parse the seconds between two polls; `reason` says why they may not be fewer."""

    def parse(text: str) -> float:
        wanted = f"{shortest_s:g} second{'' if shortest_s == 1 else 's'} or more, because {reason}"
        try:
            seconds = float(text)
        except ValueError:
            raise ValueError(wanted) from None
        if not shortest_s <= seconds < math.inf:
            raise ValueError(wanted)
        return seconds

    return parse


def device_id(text: str) -> str:
    """Parse the name of a device's readings."""
    if not (_DEVICE_ID.fullmatch(text) and text.isprintable()):
        raise ValueError("a name of at most 128 printable characters, without spaces and commas")
    return text


def certificates(text: str) -> Path:
    """Parse the path of a file of certificates that can be trusted."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(text)
    except (OSError, ValueError):  # SSLError is an OSError
        raise ValueError("a readable file of certificates in PEM form") from None
    return Path(text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


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

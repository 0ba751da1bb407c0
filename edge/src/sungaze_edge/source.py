"""The contract between the host and a source of readings.

A source is a folder in `sources/`. Its package offers one name, `SOURCE_TYPE`; the folder listing is the
registry. A source knows its device and nothing else: the host owns time, retries, storage and delivery.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sungaze_edge.settings import Setting

type Value = float | int | str | None
"""One measured value in the unit its name carries; None is "the device does not have it"."""

type Now = Callable[[], datetime | None]
"""Gives the host's time (UTC), or None while that is not known to be right."""


class Source(Protocol):
    """A device that can be read."""

    device_id: str
    kind: str
    poll_interval_s: float

    @property
    def about(self) -> str:
        """What reading it told of the device, for `sungaze-edge check`: model, firmware, the way it is read."""
        ...

    async def read(self) -> Mapping[str, Value]:
        """Read the device once: one snapshot, values under the contract's names.

        Never retries by itself. Leaves no connection behind that a failed read may have desynchronised.

        Raises:
            SourceUnavailableError: the device did not answer as it should; trying again may help.
            SourceUnusableError: it answered, and nothing usable was in it.
        """
        ...

    async def close(self) -> None:
        """Close the connection cleanly; the next `read` may open it again."""
        ...


class Teller(Protocol):
    """How a command talks with the person at the terminal."""

    def say(self, text: str) -> None:
        """Tell one line."""
        ...

    def count_down(self, seconds: int) -> None:
        """Show how many seconds are left, where the person watches a terminal."""
        ...


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a person who pairs a device may want."""

    name: str | None
    """The name under which the device is to know this edge; None leaves that to the source."""
    again: bool
    """Whether a pairing that exists already may be replaced."""


@dataclass(frozen=True, slots=True)
class SourceType:
    """What the host must know of a kind of source before one exists."""

    kind: str
    settings: tuple[Setting, ...]
    host_variable: str
    """A source of this type runs when this variable is set."""
    open: Callable[[Mapping[str, Any], Now], Source]
    """Make the source from its parsed settings and a way to ask for the time; connects to nothing yet."""
    recognises: Callable[[Any], bool]
    """Whether a parsed JSON document is a capture or a response body of this kind of device."""
    decode: Callable[[Any], dict[str, Any]]
    """What `sungaze-edge decode` prints for such a document; raises CaptureError on nonsense."""
    dump: Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]
    """Read everything a live device offers, as a capture that `decode` understands."""
    device_id_variable: str | None = None
    """The setting that names the device's readings; where it is empty or None, the host does."""
    pair: Callable[[Mapping[str, Any], Pairing, Teller], Awaitable[None]] | None = None
    """Introduce this edge to the device, where it wants that; raises SourceError."""

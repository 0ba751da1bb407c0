"""The contract between the host and a source of readings.

A source is a folder in `sources/`. Its package offers one name, `SOURCE_TYPE`; the folder listing is the
registry. A source knows its device and nothing else: the host owns time, retries, storage and delivery.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sungaze_edge.settings import Setting

type Value = float | int | str | None
"""One measured value in the unit its name carries; None is "the device does not have it"."""


class Source(Protocol):
    """A device that can be read."""

    device_id: str
    kind: str
    poll_interval_s: float

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


@dataclass(frozen=True, slots=True)
class SourceType:
    """What the host must know of a kind of source before one exists."""

    kind: str
    settings: tuple[Setting, ...]
    host_variable: str
    """A source of this type runs when this variable is set."""
    open: Callable[[Mapping[str, Any]], Source]
    """Make the source from its parsed settings; connects to nothing yet."""
    recognises: Callable[[Any], bool]
    """Whether a parsed JSON document is a capture or a response body of this kind of device."""
    decode: Callable[[Any], dict[str, Any]]
    """What `sungaze-edge decode` prints for such a document; raises CaptureError on nonsense."""
    dump: Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]
    """Read everything a live device offers, as a capture that `decode` understands."""

"""The envelope that every source yields and the server stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

type Value = float | int | str | None
"""One measured value in the unit its name carries; None is "the device does not have it"."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One poll of one device: one snapshot, one time, one identity `(device_id, ts)`."""

    device_id: str
    kind: str
    ts: datetime
    values: Mapping[str, Value]

    def to_wire(self) -> dict[str, Value]:
        """Give the flat JSON object of `POST /v1/ingest`."""
        return {"device_id": self.device_id, "kind": self.kind, "ts": render_ts(self.ts), **self.values}


def render_ts(ts: datetime) -> str:
    """Write a time as the contract wants it: UTC, milliseconds, `Z`.

    Raises:
        ValueError: the time has no zone; it could be anyone's noon.
    """
    if ts.tzinfo is None:
        msg = f"{ts} has no time zone"
        raise ValueError(msg)
    return ts.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""A reading in the spool: what a poll brought, and its text on disk and on the wire."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sungaze_edge.clock import Instant
from sungaze_edge.source import Value


@dataclass(frozen=True, slots=True)
class Reading:
    """What a poll brought: the values and when it began."""

    device_id: str
    kind: str
    values: Mapping[str, Value]
    taken: Instant


class Waiting(NamedTuple):
    """A reading on its way: its number in the spool, its device, and its JSON object for the wire."""

    id: int
    device_id: str
    sample: str


class Backlog(NamedTuple):
    """How many readings wait, and how many are in quarantine."""

    waiting: int
    quarantined: int


class Refused(NamedTuple):
    """A reading in quarantine."""

    id: int
    sample: str
    reason: str
    refused: datetime


def payload(values: Mapping[str, Value]) -> str:
    """Write the values as a JSON object; what is not a number is what the device does not have."""
    try:
        return _compact(values)
    except ValueError:
        return _compact({name: None if _is_not_finite(value) else value for name, value in values.items()})


def wire_text(device_id: str, kind: str, ts_ms: int, payload: str) -> str:
    """Give the JSON object of `POST /v1/ingest` without parsing the payload: a month's backlog passes through here."""
    head = f'{{"device_id":{json.dumps(device_id)},"kind":{json.dumps(kind)},"ts":"{render_ts(moment(ts_ms))}"'
    return f"{head}}}" if payload == "{}" else f"{head},{payload[1:]}"


def moment(milliseconds: int) -> datetime:
    """Give a UTC time from milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def render_ts(ts: datetime) -> str:
    """Write a time (with a zone) as the contract wants it: UTC, milliseconds, `Z`."""
    return ts.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _compact(values: Mapping[str, Value]) -> str:
    return json.dumps(dict(values), separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _is_not_finite(value: Value) -> bool:
    return isinstance(value, float) and not math.isfinite(value)

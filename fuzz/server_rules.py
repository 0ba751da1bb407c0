"""What the server accepts of one sample: its own parser, asked as `POST /v1/ingest` asks it."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sungaze_edge.reading import payload, wire_text
from sungaze_edge.source import Value
from sungaze_vps.measurements import measurements
from sungaze_vps.services.validation import SampleParser

NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)
PARSER = SampleParser(measurements().values(), 1000, timedelta(days=1))


def require_accepted(kind: str, values: Mapping[str, Value]) -> None:
    """Assert that a reading of the edge is finite, and stored by the server just as it is."""
    for name, value in values.items():
        assert not isinstance(value, float) or math.isfinite(value), f"{name} is {value}"
    sample = wire_text("home", kind, int(NOW.timestamp() * 1000), payload(values))
    measurement = measurements()[kind]
    (row,) = PARSER.parse(f'{{"samples":[{sample}]}}'.encode(), NOW).rows[measurement]
    sent = json.loads(sample)
    for field, stored in zip(measurement.fields, row[3:], strict=True):
        assert same(sent.get(field.name), stored), f"{field.name}: sent {sent.get(field.name)!r}, stored {stored!r}"


def same(sent: Any, stored: Any) -> bool:
    """Whether a value came through unchanged; times are compared as moments."""
    if isinstance(stored, datetime):
        return datetime.fromisoformat(sent) == stored
    return bool(sent == stored) and (sent is None) == (stored is None)

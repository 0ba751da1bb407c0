"""What is sent and stored: samples of the specification's ten fields, and such as an edge sends today."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sungaze_edge.reading import payload, wire_text
from sungaze_edge.sources.sungrow import SOURCE_TYPE
from sungaze_edge.sources.sungrow.normalizer import FIELDS
from sungaze_vps.db.models import to_millis
from sungaze_vps.measurements import measurements

SUNGROW = measurements()["sungrow"]
CAPTURE = next(
    (Path(__file__).parent.parent / "edge/src/sungaze_edge/sources/sungrow/cases").glob("winets_*/capture.json")
)
PLACEHOLDER = "the-name-of-a-device"
INTERVAL = timedelta(seconds=5)
SPECIFIED = (
    "pv_power_w",
    "pv_daily_kwh",
    "battery_power_w",
    "battery_soc_pct",
    "battery_temp_c",
    "load_power_w",
    "export_power_w",
)

type Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """One batch, as the API gets it and as a table gets it."""

    body: bytes
    rows: list[Row]

    def rows_of(self, device_id: str) -> list[Row]:
        return [(device_id, *row[1:]) for row in self.rows]


def recorded() -> dict[str, Any]:
    """Give the values of a recorded reading, as the edge sends them."""
    decoded = SOURCE_TYPE.decode(json.loads(CAPTURE.read_text()))
    return {name: decoded[name] for name in FIELDS}


def windows(fields: Sequence[str], size: int, number: int) -> list[Window]:
    """Make `number` consecutive batches of `size` samples that end now."""
    newest = datetime.now(UTC).replace(microsecond=0)
    first = newest - INTERVAL * size * number
    return [_window(fields, size, first + INTERVAL * size * index, random.Random(index)) for index in range(number)]


def _window(fields: Sequence[str], size: int, first: datetime, chance: random.Random) -> Window:
    base = {name: value for name, value in recorded().items() if name in fields}
    texts, rows = [], []
    for step in range(size):
        ts = first + INTERVAL * step
        values = {name: _varied(value, chance) for name, value in base.items()}
        texts.append(wire_text(PLACEHOLDER, "sungrow", to_millis(ts), payload({**values, "sample_count": 1})))
        rows.append((PLACEHOLDER, ts, 1, *(values.get(field.name) for field in SUNGROW.fields)))
    return Window(f'{{"samples":[{",".join(texts)}]}}'.encode(), rows)


def _varied(value: Any, chance: random.Random) -> Any:
    if not isinstance(value, int | float):
        return value
    varied = value * (1 + chance.uniform(-0.02, 0.02))
    return round(varied) if isinstance(value, int) else min(round(varied, 2), max(value, 100.0))

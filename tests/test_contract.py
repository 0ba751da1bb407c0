"""Edge and server share no code; here they meet."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sungaze_edge.reading import payload, wire_text
from sungaze_edge.sources import source_types
from sungaze_edge.sources.sungrow.normalizer import FIELDS
from sungaze_vps.measurements import measurements
from sungaze_vps.services.validation import SampleParser

CASES = sorted((Path(__file__).parent.parent / "edge/src/sungaze_edge/sources/sungrow/cases").glob("*/capture.json"))
NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SUNGROW = measurements()["sungrow"]


def test_the_edge_sends_the_fields_that_the_server_stores():
    assert set(FIELDS) == {field.name for field in SUNGROW.fields}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_the_server_accepts_what_the_edge_makes_of_every_recorded_inverter(path):
    (sungrow,) = source_types()
    decoded = sungrow.decode(json.loads(path.read_text(encoding="utf-8")))
    sample = wire_text("home", "sungrow", NOW_MS, payload({name: decoded[name] for name in FIELDS}))
    parser = SampleParser(measurements().values(), 1000, timedelta(days=1))
    batch = parser.parse(f'{{"samples":[{sample}]}}'.encode(), NOW)
    ((device_id, ts, _, *values),) = batch.rows[SUNGROW]
    assert (device_id, ts) == ("home", NOW)
    assert values == [decoded[field.name] for field in SUNGROW.fields]

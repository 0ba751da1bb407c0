"""Edge and server share no code; here they meet."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sungaze_edge.reading import payload, wire_text
from sungaze_edge.sources import source_types
from sungaze_edge.sources.homewizard_p1.normalizer import Moments, measure, wire_values
from sungaze_edge.sources.sungrow.normalizer import FIELDS
from sungaze_vps.measurements import measurements
from sungaze_vps.services.validation import SampleParser

SENT = {"sungrow": set(FIELDS), "p1": set(wire_values(measure({}), Moments()))}
SOURCES = Path(__file__).parent.parent / "edge/src/sungaze_edge/sources"
CASES = sorted(SOURCES.glob("*/cases/*/capture.json"))
NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def decoded(path):
    """Give what the edge makes of a recording: one reading, several, or none."""
    document = json.loads(path.read_text(encoding="utf-8"))
    (kind,) = (kind for kind in source_types() if kind.recognises(document))
    answer = kind.decode(document)
    return [one for one in answer.get("answers", [answer]) if SENT[kind.kind] <= one.keys()]


def test_every_kind_that_the_edge_reads_is_compared():
    assert {kind.kind for kind in source_types()} == SENT.keys()


@pytest.mark.parametrize("kind", SENT)
def test_the_edge_sends_the_fields_that_the_server_stores(kind):
    assert SENT[kind] == {field.name for field in measurements()[kind].fields}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_the_server_accepts_what_the_edge_makes_of_every_recording(path):
    parser = SampleParser(measurements().values(), 1000, timedelta(days=1))
    for reading in decoded(path):
        kind = measurements()[reading["kind"]]
        sent = {name: reading[name] for name in SENT[kind.kind]}
        sample = wire_text("home", kind.kind, NOW_MS, payload(sent))
        ((device_id, ts, _, *values),) = parser.parse(f'{{"samples":[{sample}]}}'.encode(), NOW).rows[kind]
        assert (device_id, ts) == ("home", NOW)
        for field, value in zip(kind.fields, values, strict=True):
            expected = reading[field.name]
            assert value == (datetime.fromisoformat(expected) if field.type == "time" and expected else expected)


def test_every_recorded_kind_has_readings():
    assert {reading["kind"] for path in CASES for reading in decoded(path)} == SENT.keys()

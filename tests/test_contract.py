"""Edge and server share no code; here they meet."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sungaze_edge.reading import payload, wire_text
from sungaze_edge.sources import source_types
from sungaze_edge.sources.homewizard_p1.fields import (
    DETAILS,
    EXPORT_TARIFFS,
    EXPORT_TOTAL,
    IMPORT_TARIFFS,
    IMPORT_TOTAL,
    MEASUREMENT_KEYS,
    POWER,
    TARIFF,
)
from sungaze_edge.sources.homewizard_p1.normalizer import Moments, measure, wire_values
from sungaze_edge.sources.homewizard_p1.watchdog import MeterWatch
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


def test_the_bounds_of_the_edge_lie_within_those_of_the_server():
    server = {field.name: field for field in measurements()["p1"].fields}
    for field in (*IMPORT_TARIFFS, *EXPORT_TARIFFS, IMPORT_TOTAL, EXPORT_TOTAL, POWER, TARIFF, *DETAILS):
        lowest, highest = field.bounds
        assert server[field.name].minimum <= lowest < highest <= server[field.name].maximum


WORST = [0, -0.0, -1, 1, 5, 1e-320, 1e6, 1e8, 3000, 1e9, 1e308, 2**63, 10**400, -(10**400), float("nan"), float("inf")]
TIMES = ["2024-06-28T14:12:34", "2001-01-01T00:00:00", "2099-12-31T23:59:59-12:00", "9999-12-31T23:59:59", 632525252525]
TEXTS = ["12.3", "", "A" * 128, "A" * 129, "\x00", "\x85", "\ud800", "é" * 128, "0000"]
WRONG = (
    st.sampled_from([*WORST, *TIMES, *TEXTS, None, True, [], {}, [[]], [{}]]) | st.floats() | st.integers() | st.text()
)
ENTRY = st.dictionaries(st.sampled_from(["unique_id", "type", "timestamp", "value", "unit"]), WRONG)
METER = st.fixed_dictionaries(
    {"type": st.sampled_from(["gas_meter", "water_meter"]), "unit": st.just("m3"), "unique_id": st.just("47")},
    optional={"timestamp": st.sampled_from(TIMES), "value": st.sampled_from(WORST)},
)
BODY = st.dictionaries(st.sampled_from(sorted(MEASUREMENT_KEYS | {"tariff", "timestamp"})), WRONG)


@settings(deadline=None)  # a shared machine has slow moments
@given(BODY, st.lists(ENTRY | METER | WRONG, max_size=3))
def test_the_server_accepts_what_the_edge_makes_of_whatever_a_meter_says(body, external):
    measured = MeterWatch().without_broken_sums(measure({**body, "external": external}))
    values = wire_values(measured, MeterWatch().moments(measured, NOW, 0))
    sample = wire_text("home", "p1", NOW_MS, payload(values))
    parser = SampleParser(measurements().values(), 1000, timedelta(days=1))
    ((_, _, _, *stored),) = parser.parse(f'{{"samples":[{sample}]}}'.encode(), NOW).rows[measurements()["p1"]]
    for field, value in zip(measurements()["p1"].fields, stored, strict=True):
        assert (value is None) is (values[field.name] is None)


def test_every_recorded_kind_has_readings():
    assert {reading["kind"] for path in CASES for reading in decoded(path)} == SENT.keys()

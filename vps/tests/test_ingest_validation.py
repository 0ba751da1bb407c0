"""Bodies against the parser itself; `test_api_ingest.py` sends some of them over HTTP."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sungaze_vps.errors import ProblemError
from sungaze_vps.measurement import Field, Measurement
from sungaze_vps.measurements import measurements
from sungaze_vps.services.validation import SampleParser

CONTRACT = Path(__file__).parents[2] / "contract" / "v1"
NOW = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
SAMPLE = {"device_id": "home", "kind": "sungrow", "ts": "2026-06-21T10:00:05.000Z", "pv_power_w": 2500}
GRID = Measurement(
    "grid", (Field("power_w", "grid power (W)"), Field("tariff", "tariff", type="text")), marker="power_w"
)
SUNGROW = measurements()["sungrow"]


def parser_of(*kinds, max_samples=1000):
    return SampleParser(kinds, max_samples, timedelta(days=1))


ONE_KIND = parser_of(SUNGROW)
TWO_KINDS = parser_of(SUNGROW, GRID)


def parse(body, parser=ONE_KIND):
    return parser.parse(body if isinstance(body, bytes) else json.dumps(body).encode(), NOW)


def refusal(body, parser=ONE_KIND):
    with pytest.raises(ProblemError) as raised:
        parse(body, parser)
    return raised.value


def locs(problem):
    return [error["loc"] for error in problem.errors]


def raw(**values):
    """Write a body with one sample whose values are given as JSON text."""
    fields = {name: json.dumps(value) for name, value in SAMPLE.items()} | values
    return ('{"samples":[{' + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}]}").encode()


def one_row(body, parser=ONE_KIND):
    ((row,),) = parse(body, parser).rows.values()
    return row


def test_a_row_holds_device_time_count_and_the_values_in_the_order_of_the_fields():
    row = one_row({"samples": [SAMPLE | {"sample_count": 3, "running_state": "Running"}]})
    assert row[:4] == ("home", datetime(2026, 6, 21, 10, 0, 5, tzinfo=UTC), 3, 2500.0)
    assert row[-1] == "Running"
    assert len(row) == 3 + len(SUNGROW.fields)


def test_what_a_sample_leaves_out_is_null_and_its_count_is_one():
    row = one_row({"samples": [SAMPLE]})
    assert row[2] == 1
    assert set(row[4:]) == {None}


@pytest.mark.parametrize(
    ("ts", "stored"),
    [
        ("2026-06-21T12:00:05.123999+02:00", datetime(2026, 6, 21, 10, 0, 5, 123000, UTC)),
        ("2026-06-21T10:00:05.123456Z", datetime(2026, 6, 21, 10, 0, 5, 123000, UTC)),
        ("2026-06-21T05:30:05-04:30", datetime(2026, 6, 21, 10, 0, 5, tzinfo=UTC)),
        ("2010-01-01T00:00:00Z", datetime(2010, 1, 1, tzinfo=UTC)),
        ("2026-06-22T12:00:00Z", NOW + timedelta(days=1)),
    ],
)
def test_a_time_is_kept_in_utc_and_whole_milliseconds(ts, stored):
    kept = one_row({"samples": [SAMPLE | {"ts": ts}]})[1]
    assert kept == stored
    assert kept.tzinfo is UTC


@pytest.mark.parametrize(
    "ts",
    [
        '"2026-06-21T10:00:05"',
        '"2026-06-21"',
        '"2009-12-31T23:59:59Z"',
        '"2026-06-22T12:00:00.001Z"',
        '"0001-01-01T00:00:00+23:59"',
        '"9999-12-31T23:59:59-23:59"',
        '"2026-02-30T00:00:00Z"',
        '"yesterday"',
        '""',
        "null",
        "1782036005",
        "[]",
    ],
)
def test_a_time_without_zone_or_outside_the_possible_is_refused(ts):
    problem = refusal(raw(ts=ts))
    assert (problem.status, locs(problem)) == (422, [["body", "samples", 0, "ts"]])


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("pv_power_w", "1e400"),
        ("pv_power_w", "-1e400"),
        ("pv_power_w", "1" + "0" * 400),
        ("pv_power_w", "true"),
        ("pv_power_w", '"2500"'),
        ("pv_power_w", "-0.1"),
        ("pv_power_w", "1000000.1"),
        ("pv_power_w", "{}"),
        ("battery_soc_pct", "100.1"),
        ("sample_count", "0"),
        ("sample_count", "1.5"),
        ("sample_count", "true"),
        ("sample_count", "null"),
        ("sample_count", "1000001"),
        ("device_id", '""'),
        ("device_id", "5"),
        ("device_id", json.dumps("d" * 129)),
        ("kind", '"windmill"'),
        ("kind", "null"),
        ("kind", "7"),
        ("running_state", "5"),
        ("running_state", json.dumps("x" * 201)),
        ("running_state", '"NUL \\u0000"'),
        ("running_state", '"line\\n"'),
    ],
)
def test_a_wrong_value_is_refused_and_its_field_is_named(field, text):
    problem = refusal(raw(**{field: text}))
    assert (problem.status, locs(problem)) == (422, [["body", "samples", 0, field]])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"samples",
        b'{"samples":[',
        b'{"samples":[{"pv_power_w":NaN}]}',
        b'{"samples":[{"pv_power_w":Infinity}]}',
        b'{"samples":[{"pv_power_w":-Infinity}]}',
        b'{"samples":[]} and more',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"pv_power_w=1",
    ],
)
def test_a_body_that_is_not_json_is_malformed(body):
    assert refusal(body).status == 400


@pytest.mark.parametrize("body", [{}, [], None, 5, "x", {"samples": None}, {"samples": {}}, {"samples": []}])
def test_json_of_another_shape_is_refused(body):
    problem = refusal(body)
    assert (problem.status, locs(problem)) == (422, [["body", "samples"]])


@pytest.mark.parametrize("sample", ["1", "null", "[]", '"x"', "[" * 100 + "]" * 100])
def test_a_sample_that_is_no_object_is_named_as_a_whole(sample):
    problem = refusal(f'{{"samples":[{json.dumps(SAMPLE)},{sample}]}}'.encode())
    assert (problem.status, locs(problem)) == (422, [["body", "samples", 1]])


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_bodies_nested_without_end_are_refused_and_not_fatal(opening):
    for body in (opening * 200_000, '{"samples":' + opening * 200_000, raw(extra=opening * 200_000).decode()):
        assert refusal(body.encode()).status in {400, 422}


def test_every_bad_sample_is_named_with_its_bad_fields_and_the_good_are_not():
    body = {
        "samples": [
            SAMPLE | {"pv_power_w": "2500", "battery_soc_pct": 101},
            SAMPLE,
            {"pv_power_w": 1},
            SAMPLE | {"kind": "windmill"},
        ]
    }
    problem = refusal(body)
    assert problem.detail == "3 of 4 samples were refused; none was stored."
    assert locs(problem) == [
        ["body", "samples", 0, "pv_power_w"],
        ["body", "samples", 0, "battery_soc_pct"],
        ["body", "samples", 2, "device_id"],
        ["body", "samples", 2, "ts"],
        ["body", "samples", 3, "kind"],
    ]


def test_the_answer_to_the_worst_body_stays_small():
    nonsense = {field.name: [] for field in SUNGROW.fields}
    problem = refusal({"samples": [nonsense] * 1000})
    assert {loc[2] for loc in locs(problem)} == set(range(1000))
    assert len(problem.errors) == 5000


def test_more_samples_than_allowed_are_too_many_even_when_they_are_bad():
    assert refusal({"samples": [SAMPLE] * 1001}).status == 413
    assert refusal({"samples": [5] * 1001}).status == 413
    assert len(parse({"samples": [SAMPLE] * 1000}).device_ids) == 1000


def test_a_sample_without_kind_is_of_the_kind_whose_marker_it_carries_and_else_of_the_one_without():
    plain = {"device_id": "home", "ts": SAMPLE["ts"]}
    values = [{"power_w": 5}, {"pv_power_w": 6}, {"power_w": None}, {"pv_power_w": None}]
    batch = parse({"samples": [plain | value for value in values]}, TWO_KINDS)
    assert [row[3] for row in batch.rows[GRID]] == [5.0, None]
    assert [row[3] for row in batch.rows[SUNGROW]] == [6.0, None]


@pytest.mark.parametrize(
    ("parser", "rest"),
    [
        (ONE_KIND, {}),
        (ONE_KIND, {"power_w": 250}),  # of a kind to come, by the contract
        (TWO_KINDS, {"sample_count": 3}),
        (TWO_KINDS, {"kind": "sungrow", "power_w": 250}),
    ],
)
def test_a_sample_without_any_field_of_its_kind_is_refused_rather_than_stored_empty(parser, rest):
    problem = refusal({"samples": [SAMPLE, {"device_id": "home", "ts": SAMPLE["ts"]} | rest]}, parser)
    assert (problem.status, locs(problem)) == (422, [["body", "samples", 1, "kind"]])
    assert problem.errors[0]["msg"] == "the sample carries no value that the kind sungrow knows"


def test_kinds_may_be_mixed_and_the_devices_stay_in_the_order_sent():
    grid = {"device_id": "meter", "kind": "grid", "ts": SAMPLE["ts"], "power_w": -5}
    batch = parse({"samples": [grid, SAMPLE, grid]}, TWO_KINDS)
    assert {measurement.kind: len(rows) for measurement, rows in batch.rows.items()} == {"grid": 2, "sungrow": 1}
    assert batch.device_ids == ["meter", "home", "meter"]


def test_a_named_kind_wins_over_a_marker():
    assert list(parse({"samples": [SAMPLE | {"power_w": 5}]}, TWO_KINDS).rows) == [SUNGROW]


def test_the_contract_is_refused_as_written_where_the_body_alone_decides():
    for case in json.loads((CONTRACT / "ingest_refused.json").read_text()):
        if case["status"] == 422:
            problem = refusal(case["body"])
            assert problem.status == 422, case["name"]
            assert sorted({loc[2] for loc in locs(problem) if len(loc) > 2}) == case["bad"], case["name"]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.lists(st.none()),
)
TIMES = st.one_of(
    VALUES,
    st.integers(int(NOW.timestamp()) - 10**9, int(NOW.timestamp()) + 10**6).map(
        lambda seconds: datetime.fromtimestamp(seconds, timezone(timedelta(hours=2))).isoformat()
    ),
    st.just("2026-06-21T10:00:05.5Z"),
)
SAMPLES = st.fixed_dictionaries(
    {},
    optional={
        "device_id": st.one_of(st.just("home"), VALUES),
        "kind": st.sampled_from(["sungrow", "grid", "windmill", None]),
        "ts": TIMES,
        "sample_count": VALUES,
        "pv_power_w": VALUES,
        "power_w": VALUES,
        "running_state": VALUES,
        "extra": VALUES,
    },
)


def bad_ones(parse_body, samples):
    try:
        return parse_body(json.dumps({"samples": samples}).encode()), set()
    except ProblemError as problem:
        return None, {loc[2] for loc in locs(problem)}


@settings(max_examples=150, deadline=None)
@given(st.lists(SAMPLES, min_size=1, max_size=4), st.sampled_from([ONE_KIND, TWO_KINDS]))
def test_the_quick_way_accepts_what_the_slow_way_accepts_and_each_sample_is_judged_for_itself(samples, parser):
    def slowly(body):
        return parser._parse_apart(body, NOW + timedelta(days=1))

    batch, bad = bad_ones(lambda body: parser.parse(body, NOW), samples)
    assert (batch, bad) == bad_ones(slowly, samples)
    assert bad == {index for index, sample in enumerate(samples) if bad_ones(slowly, [sample])[1]}

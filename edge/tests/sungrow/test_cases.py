"""Every recorded case decodes to what was recorded with it."""

import json
from pathlib import Path

import pytest

import sungaze_edge.sources.sungrow as package
from sungaze_edge.sources.sungrow import SOURCE_TYPE

CASES = sorted((Path(package.__file__).parent / "cases").iterdir())


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


def read(case, name):
    return json.loads((case / name).read_text())


def test_a_case_decodes_to_its_expected_values(case):
    capture = read(case, "capture.json")
    assert SOURCE_TYPE.recognises(capture)
    assert json.loads(json.dumps(SOURCE_TYPE.decode(capture))) == read(case, "expected.json")


def test_a_case_agrees_with_the_numbers_that_others_decoded_from_it(case):
    capture = read(case, "capture.json")
    ours = SOURCE_TYPE.decode(capture)["registers"]
    theirs = capture.get("decoded", {}) | capture.get("computed_by_us", {})
    if not isinstance(theirs.get("running_state_text"), str):
        theirs.pop("running_state_text", None)  # some tools show register 13001 under this name
    known = {name: value for name, value in theirs.items() if name in ours}
    assert {name: ours[name] for name in known} == known
    corrected = {name: both["vendor_doc_decode"] for name, both in capture.get("decoded_disagreements", {}).items()}
    assert {name: ours[name] for name in corrected} == corrected
    for name, wrong in capture.get("tool_shown_wrong", {}).items():
        assert ours[name] == pytest.approx(wrong / 10)


def test_every_case_says_where_it_comes_from(case):
    assert read(case, "capture.json")["source"]

"""Every recorded answer decodes to what was recorded with it."""

import json
from pathlib import Path

import pytest

import sungaze_edge.sources.homewizard_p1 as package
from sungaze_edge.cli import main

CASES = sorted((Path(package.__file__).parent / "cases").iterdir())


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


def test_a_case_decodes_to_its_expected_values(case, capsys):
    capture = next(case.glob("capture.*"))
    assert main(["decode", str(capture)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((case / "expected.json").read_text())

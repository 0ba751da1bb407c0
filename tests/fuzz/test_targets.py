"""Every target of `fuzz/` with inputs that are the same each time; `make fuzz` looks further."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import loop
from fuzz.targets import TARGETS


@pytest.fixture(scope="module", autouse=True)
def quiet():
    """Nobody reads thousands of log lines; what was opened is closed at the end."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    loop.close()


def spoiled(seeds):
    """Give seeds in which bytes were replaced, taken out or put in."""

    def spoil(content, edits):
        content = bytearray(content)
        for place, size, new in edits:
            at = place % (len(content) + 1)
            content[at : at + size] = new
        return bytes(content)

    edit = st.tuples(st.integers(0, 5000), st.integers(0, 8), st.binary(max_size=8))
    return st.builds(spoil, st.sampled_from(seeds), st.lists(edit, max_size=5))


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_invariants_of_every_way_in_hold(target):
    @settings(
        max_examples=target.examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(st.binary(max_size=400), spoiled(tuple(target.seeds))))
    def hold(data):
        target.run(data)

    hold()


def test_every_target_says_what_holds():
    assert all(target.invariant.endswith(".") and target.seeds for target in TARGETS.values())

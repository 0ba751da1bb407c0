"""What every test of every package gets."""

import logging

import pytest


@pytest.fixture(autouse=True)
def logging_stays_where_it_was():
    """Take back what a command that sets up logging left on the root logger; it would write into the next tests."""
    root = logging.getLogger()
    level, before = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    for handler in list(root.handlers):
        if handler not in before and not type(handler).__module__.startswith("_pytest"):
            root.removeHandler(handler)

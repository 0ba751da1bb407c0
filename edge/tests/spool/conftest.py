"""What the spool's tests share."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sungaze_edge.reading import Waiting


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


@pytest.fixture
def numbers() -> Callable[[Sequence[Waiting]], list[int]]:
    """Give the numbers that `fill` put into readings."""

    def of(waiting: Sequence[Waiting]) -> list[int]:
        return [json.loads(row.sample)["n"] for row in waiting]

    return of

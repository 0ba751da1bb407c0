"""What the spool's tests share."""

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sungaze_edge import ring as ring_module
from sungaze_edge.reading import Waiting
from sungaze_edge.slot import SLOT_BYTES
from sungaze_edge.spool import Spool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


@pytest.fixture
def numbers() -> Callable[[Sequence[Waiting]], list[int]]:
    """Give the numbers that `fill` put into readings."""

    def of(waiting: Sequence[Waiting]) -> list[int]:
        return [json.loads(row.sample)["n"] for row in waiting]

    return of


@pytest.fixture
def few_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make rings small, so that they are soon full."""
    monkeypatch.setattr(ring_module, "SLOTS", 8)
    monkeypatch.setattr(ring_module, "_FILE_BYTES", 8 * SLOT_BYTES)


@pytest.fixture
def opened() -> Callable[[Path], Awaitable[Spool]]:
    """Open a spool for a test to end it."""

    async def start(path: Path) -> Spool:
        return await Spool(path).__aenter__()

    return start


@pytest.fixture
def crash() -> Callable[[Any], None]:
    """End a spool as a crash does: nothing is moved, nothing is written."""

    def end(spool: Any) -> None:
        spool._store.abandon()
        spool._ring.close()
        spool._lock.close()
        spool._thread.shutdown()

    return end

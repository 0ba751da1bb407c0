"""The floor: readings stored as a first try would, an object and a commit each, by SQLAlchemy's ORM."""

import time
from collections.abc import Sequence

from samples import SUNGROW, Window
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry

from sungaze_vps.db.models import samples_table
from sungaze_vps.db.session import make_engine


class Sample:
    """One reading, as the ORM keeps it."""


class Floor:
    """A database of its own, one connection, no HTTP in front of it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._table = samples_table(SUNGROW)
        registry().map_imperatively(Sample, self._table)

    async def rate(self, batches: Sequence[Window], seconds: float) -> float:
        """Store readings one by one for a while; rows/s."""
        engine = make_engine(self._url)
        names = [column.name for column in self._table.columns]
        rows = [row for batch in batches for row in batch.rows]
        stored, began = 0, time.perf_counter()
        async with AsyncSession(engine) as session:
            while (spent_s := time.perf_counter() - began) < seconds:
                sample = Sample()
                for name, value in zip(names, ("home", *rows[stored % len(rows)][1:]), strict=True):
                    setattr(sample, name, value)
                session.add(sample)
                await session.commit()
                stored += 1
                session.expunge_all()
        await engine.dispose()
        return stored / spent_s

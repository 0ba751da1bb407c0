"""A batch may hold readings of several kinds; it is stored as one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from sungaze_vps.db.levels import find_levels, rolled
from sungaze_vps.db.models import METADATA, days_table, quarters_table, samples_table
from sungaze_vps.db.timescale import make_aggregates, make_hypertable
from sungaze_vps.services.ingestion import store
from sungaze_vps.services.latest import devices

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


@pytest.fixture
async def other_kind(engine, sungrow):
    """Give a second kind, with tables as a migration would make them, and forget it afterwards."""
    kind = replace(sungrow, kind="trial")
    async with engine.begin() as connection:
        materialised = await find_levels(connection, sungrow)
        tables = (
            [samples_table(kind)] if materialised else [samples_table(kind), quarters_table(kind), days_table(kind)]
        )
        await connection.run_sync(METADATA.create_all, tables)
        if materialised:
            await connection.run_sync(make_hypertable, rolled(kind))
            await connection.run_sync(make_aggregates, rolled(kind))
    yield kind
    for table in tables:
        METADATA.remove(table)


def rows(kind, number, *, sample_count=1):
    return [("home", NOON + timedelta(seconds=n), sample_count, *(None for _ in kind.fields)) for n in range(number)]


@pytest.mark.parametrize("size", [3, 500])
async def test_a_batch_of_two_kinds_goes_in_whole_or_not_at_all(engine, sungrow, other_kind, size):
    kinds = {"sungrow": sungrow, "trial": other_kind}
    for good, bad in ((sungrow, other_kind), (other_kind, sungrow)):
        with pytest.raises((DBAPIError, PostgresError)):
            await store(engine, {good: rows(good, size), bad: rows(bad, 1, sample_count=None)})
        assert await devices(engine, kinds, {"home"}) == []
    batch = {sungrow: rows(sungrow, size), other_kind: rows(other_kind, size - 1)}
    assert await store(engine, batch) == 2 * size - 1
    assert await store(engine, batch) == 0
    assert [device["kind"] for device in await devices(engine, kinds, {"home"})] == ["sungrow", "trial"]

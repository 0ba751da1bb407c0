"""What is read from PostgreSQL is what the judge compares."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import asyncpg
import pytest
import pytest_asyncio

from faults import servers, verdict
from faults.trial import Breakage, Doubt
from sungaze_sim.judge import Row
from sungaze_sim.record import Reading
from sungaze_sim.stack import DEVICE_ID, P1_DEVICE_ID

BEGAN = datetime(2026, 6, 21, 12, tzinfo=UTC)


def moment(number):
    return BEGAN + timedelta(seconds=number)


def reading(number, truth, *, confirmed=True):
    return Reading(
        sequence=number, connection=1, first_request_at=moment(number) + timedelta(milliseconds=2),
        last_reply_at=moment(number) + timedelta(milliseconds=20), house_time=BEGAN, truth=truth, blocks={}, faults=[],
        certain=True, confirmed=confirmed,
    )  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(tmp_path_factory):
    """Run a migrated database."""
    folder = tmp_path_factory.mktemp("database")
    with TemporaryDirectory(prefix="sungaze-pg-", ignore_cleanup_errors=True) as home:
        program = servers.postgresql(folder, Path(home))
        await program.start()
        try:
            servers.migrate(f"postgresql+asyncpg://postgres@127.0.0.1:{program.port}/{servers.DATABASE}", folder)
            yield program
        finally:
            await program.kill()


@pytest.fixture
async def trial(database, tmp_path):
    """Give a trial that is over, with empty records."""
    connection = await servers.connect(database.port)
    await connection.execute("DELETE FROM p1_samples")
    device = lambda: SimpleNamespace(record=SimpleNamespace(readings=[]))  # noqa: E731 - two of the same
    yield SimpleNamespace(
        programs={"postgresql": database}, devices=SimpleNamespace(inverter=device(), meter=device()),
        breakages=[], doubts=[], complaints=[], connection=connection, folder=tmp_path,
    )  # fmt: skip
    await connection.close()


async def store(connection: asyncpg.Connection, number, power_w, meter_ts=None):
    query = "INSERT INTO p1_samples (device_id, ts, sample_count, power_w, meter_ts) VALUES ($1, $2, 1, $3, $4)"
    await connection.execute(query, P1_DEVICE_ID, moment(number), power_w, meter_ts)


async def judged(trial, *readings):
    trial.devices.meter.record.readings = list(readings)
    return await verdict.reach(trial)


async def test_values_and_times_compare_as_they_were_handed_out(trial):
    await store(trial.connection, 1, 417.0, moment(1))
    await store(trial.connection, 2, 418.5)
    found = await judged(
        trial,
        reading(1, {"power_w": 417, "meter_ts": "2026-06-21T12:00:01Z"}),
        reading(2, {"power_w": 418.5, "meter_ts": None}),
    )
    assert found.devices[P1_DEVICE_ID].faultless, found.devices[P1_DEVICE_ID]
    assert not found.faultless, "of the inverter nothing was ever read"


async def test_a_lost_a_doubled_and_a_wrong_one_are_found(trial):
    await store(trial.connection, 1, 1.0)
    await store(trial.connection, 3, 999.0)
    await store(trial.connection, 3.5, 4.0)
    found = await judged(trial, *(reading(number, {"power_w": float(number)}) for number in (1, 2, 3)))
    lost, doubled, wrong = (getattr(found.devices[P1_DEVICE_ID], name) for name in ("lost", "doubled", "wrong"))
    assert [each.sequence for each in lost] == [2]
    assert [each.ts for each in doubled] == [moment(3.5)]
    assert len(wrong) == 1


async def test_what_a_broken_file_took_is_counted_apart_and_only_what_was_in_it(trial):
    await store(trial.connection, 1, 1.0)
    row = Row(moment(2), {"power_w": 2.0})
    key = (P1_DEVICE_ID, round(moment(2).timestamp() * 1000))
    trial.breakages.append(Breakage(moment(9), {key: row, (DEVICE_ID, 1): Row(moment(1), {})}))
    found = await judged(trial, *(reading(number, {"power_w": float(number)}) for number in (1, 2, 3)))
    assert [each.sequence for each in found.devices[P1_DEVICE_ID].lost] == [3]
    assert [each.row for each in found.destroyed[P1_DEVICE_ID]] == [row]
    assert found.at_stake == 2


async def test_a_doubt_excuses_only_whom_nobody_asked_on_after(trial):
    await store(trial.connection, 1, 1.0)
    trial.doubts.append(Doubt(moment(2), moment(4), "paused"))
    found = await judged(
        trial, reading(1, {"power_w": 1.0}), reading(2, {"power_w": 2.0}), reading(3, {"power_w": 3.0}, confirmed=False)
    )
    assert [each.sequence for each in found.devices[P1_DEVICE_ID].lost] == [2]
    assert [each.sequence for each in found.devices[P1_DEVICE_ID].in_hand] == [3]

"""What is counted as stored is what is in the database, whatever fails in between."""

import random

import pytest
import sqlalchemy as sa

from sungaze_vps.metrics import SAMPLES

POISON_W = 666.0
ON_SQLITE = """
    CREATE TRIGGER poison AFTER INSERT ON sungrow_samples WHEN NEW.pv_power_w = 666
    BEGIN SELECT RAISE(ABORT, 'poison'); END
"""
ON_POSTGRESQL = """
    DO $do$ BEGIN
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.pv_power_w = 666 THEN RAISE 'poison'; END IF; RETURN NEW; END
        $$;
        CREATE TRIGGER poison BEFORE INSERT ON sungrow_samples FOR EACH ROW EXECUTE FUNCTION refuse();
    END $do$
"""


def counted():
    return {result: SAMPLES.labels("sungrow", result)._value.get() for result in ("inserted", "duplicate")}


@pytest.mark.parametrize("seed", range(3))
async def test_the_counts_are_those_of_the_database_although_batches_fail(app, client, seed):
    async with app.state.engine.begin() as connection:
        await connection.exec_driver_sql(ON_SQLITE if connection.dialect.name == "sqlite" else ON_POSTGRESQL)
    chance = random.Random(seed)
    before, stored, sent = counted(), set(), 0
    for _ in range(30):
        seconds = [chance.randrange(120) for _ in range(chance.randint(1, 20))]
        fails = chance.random() < 0.4
        samples = [
            {"device_id": "home", "ts": f"2026-06-21T10:{second // 60:02}:{second % 60:02}Z", "pv_power_w": 1.0}
            for second in seconds
        ]
        if fails:
            # A second of its own, so that it is no duplicate, which would be left out before it is refused.
            samples.insert(
                chance.randint(0, len(samples)), samples[0] | {"ts": "2026-06-21T11:00:00Z", "pv_power_w": POISON_W}
            )
        answer = await client.post("/v1/ingest", json={"samples": samples})
        if fails:
            assert answer.status_code == 500
            continue
        assert answer.json() == {"inserted": len(set(seconds) - stored)}
        stored |= set(seconds)
        sent += len(seconds)
    async with app.state.engine.connect() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM sungrow_samples")) == len(stored)
    grown = {result: number - before[result] for result, number in counted().items()}
    assert grown == {"inserted": len(stored), "duplicate": sent - len(stored)}

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from sungaze_vps.db.levels import find_levels
from sungaze_vps.services.ingestion import store
from sungaze_vps.services.raw_rollups import quarters_from_raw

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 22, tzinfo=UTC)

values = st.fixed_dictionaries(
    {
        "pv_power_w": st.none() | st.integers(0, 5000),
        "export_power_w": st.none() | st.integers(-50000, 50000).map(lambda tenths: tenths / 10),
        "battery_soc_pct": st.none() | st.integers(0, 1000).map(lambda tenths: tenths / 10),
        "pv_total_kwh": st.none() | st.sampled_from([100.0, 100.1, 100.3, 0.2, 512.7]),
        "export_total_kwh": st.none() | st.integers(0, 3),
    }
)
readings = st.lists(
    st.tuples(st.integers(-5400, 5400), st.integers(1, 3), values), min_size=1, max_size=30, unique_by=lambda r: r[0]
)


def rows(measurement, device_id, found):
    names = [field.name for field in measurement.fields]
    return [
        (device_id, MIDNIGHT + timedelta(seconds=offset), weight, *(values.get(name) for name in names))
        for offset, weight, values in found
    ]


async def rollups_of(engine, measurement, device_id):
    found = []
    async with engine.connect() as connection:
        days = f"{measurement.kind}_{'daily' if await find_levels(connection, measurement) else '1day'}"
        for table in (f"{measurement.kind}_15min", days):
            query = text(f"SELECT * FROM {table} WHERE device_id = :device_id ORDER BY bucket")
            result = await connection.execute(query, {"device_id": device_id})
            found.append([{**row, "device_id": ""} for row in result.mappings()])
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), found=readings)
async def test_any_order_of_arrival_comes_to_the_same_rollups(engine, sungrow, data, found):
    async with engine.begin() as connection:
        for name in ("samples",) if await find_levels(connection, sungrow) else ("samples", "15min", "1day"):
            await connection.execute(text(f"DELETE FROM sungrow_{name}"))
    ordered = rows(sungrow, "ordered", sorted(found, key=lambda reading: reading[0]))
    await store(engine, {sungrow: ordered})
    mixed = rows(sungrow, "mixed", data.draw(st.permutations(found)))
    size = data.draw(st.integers(1, 7))
    for start in range(0, len(mixed), size):
        await store(engine, {sungrow: mixed[max(0, start - 2) : start + size]})
    assert await rollups_of(engine, sungrow, "mixed") == await rollups_of(engine, sungrow, "ordered")


async def test_the_quarters_are_what_the_raw_readings_say(engine, sungrow):
    found = [(n * 37, 1, {"pv_power_w": n % 50 * 100, "pv_total_kwh": n // 7 / 10}) for n in range(-200, 200)]
    await store(engine, {sungrow: rows(sungrow, "home", found)})
    async with engine.connect() as connection:
        raw = await quarters_from_raw(
            connection, sungrow, "home", MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=1)
        )
    kept, _ = await rollups_of(engine, sungrow, "home")
    names = kept[0].keys() & raw[0].keys() - {
        "device_id",
        "bucket",
    }  # TimescaleDB's have no rise, SQLite's are integers
    assert len(names) > 30
    assert [{name: quarter[name] for name in names} for quarter in raw] == [
        {name: quarter[name] for name in names} for quarter in kept
    ]


async def test_writers_at_the_same_time_leave_nothing_out_of_the_rollups(engine, sungrow):
    batches = [
        [(n * 8 + writer, 1, {"pv_power_w": 100 + n, "pv_total_kwh": 50 + n / 10}) for n in range(40)]
        for writer in range(8)
    ]
    counts = await asyncio.gather(*(store(engine, {sungrow: rows(sungrow, "home", batch)}) for batch in batches))
    assert sum(counts) == 320
    everything = sorted(reading for batch in batches for reading in batch)
    await store(engine, {sungrow: rows(sungrow, "ordered", sorted(everything, key=lambda reading: reading[0]))})
    assert await rollups_of(engine, sungrow, "home") == await rollups_of(engine, sungrow, "ordered")


async def test_writers_of_the_same_devices_in_opposite_orders_do_not_deadlock(engine, sungrow):
    one = rows(sungrow, "a", [(n, 1, {"pv_power_w": 1}) for n in range(150)])
    two = rows(sungrow, "b", [(n, 1, {"pv_power_w": 1}) for n in range(150)])
    counts = await asyncio.gather(*(store(engine, {sungrow: batch}) for batch in [one + two, two + one] * 4))
    assert sum(counts) == 300


@pytest.mark.parametrize(
    ("view", "starts"),
    [
        ("sungrow_hourly", [NOON, NOON + timedelta(hours=1)]),
        ("sungrow_daily", [datetime(2026, 6, 21, tzinfo=UTC)]),
        ("sungrow_monthly", [datetime(2026, 6, 1, tzinfo=UTC)]),
    ],
)
async def test_the_views_of_the_specification_answer_with_its_columns(engine, sungrow, view, starts):
    names = [field.name for field in sungrow.fields]
    found = [(NOON, 1, 1000), (NOON + timedelta(minutes=20), 3, 2000), (NOON + timedelta(minutes=70), 1, None)]
    batch = [
        ("home", ts, weight, *({"pv_power_w": power, "battery_soc_pct": 50.5}.get(name) for name in names))
        for ts, weight, power in found
    ]
    await store(engine, {sungrow: batch})
    async with engine.connect() as connection:
        got = (await connection.execute(text(f"SELECT * FROM {view} ORDER BY bucket"))).mappings().all()
    assert list(got[0])[:9] == [
        *("bucket", "device_id", "avg_pv_power_w", "max_pv_power_w", "avg_battery_power_w"),
        *("avg_battery_soc_pct", "avg_load_power_w", "avg_export_power_w", "sample_count"),
    ]
    on_sqlite = engine.dialect.name == "sqlite"
    assert [row["bucket"] for row in got] == [start.timestamp() * 1000 if on_sqlite else start for start in starts]
    assert (got[0]["avg_pv_power_w"], got[0]["max_pv_power_w"], got[0]["avg_battery_soc_pct"]) == (1750, 2000, 50.5)
    assert got[0]["avg_load_power_w"] is None
    assert sum(row["sample_count"] for row in got) == 5

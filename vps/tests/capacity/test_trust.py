"""Swaps, resets, stale telegrams, the meter's own peak: what may be among readings and must not be counted."""

import pytest
from true_meter import QUARTER_MS, Home, Meter, iso, millis, utc

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EVENING = millis(utc("2026-06-10T18:00:00+02:00"))


def on_edges(meter, number, **values):
    return [meter.sample(EVENING + edge * QUARTER_MS, **values) for edge in range(number + 1)]


def peaks(month):
    return {quarter["bucket"][11:16]: quarter["avg_power_w"] for quarter in month["peaks"]}


@pytest.mark.parametrize(
    "broken",
    [
        (0, "meter-1"),  # a reset
        (1_000, "meter-2"),
        (9_000_000, "meter-2"),  # another meter, further on
        (80_000_000, "meter-1"),  # too far for any connection, though the meter says it is the same
    ],
)
async def test_nothing_is_ever_counted_across_a_break(api, broken):
    home = Home([(EVENING, 2000)])
    meter = Meter(home, [(EVENING + QUARTER_MS + 100_000, *broken)])
    await api.store(on_edges(meter, 4))
    month = await api.month("2026-06")
    assert peaks(month) == {"16:00": 2000, "16:30": 2000, "16:45": 2000}
    gap = next(gap for gap in month["gaps"] if gap["start"] == "2026-06-10T16:15:00Z")
    assert (gap["quarters"], gap["energy_kwh"], gap["each_at_most_w"]) == (1, None, None)


async def test_a_register_that_fell_and_rose_again_within_a_quarter_is_noticed(api):
    meter = Meter(Home([(EVENING, 2000)]))
    samples = on_edges(meter, 3)
    between = meter.sample(EVENING + QUARTER_MS + 300_000, energy_import_kwh=1.0)
    after = meter.sample(EVENING + QUARTER_MS + 600_000)
    await api.store([*samples, between, after])
    assert peaks(await api.month("2026-06")) == {"16:00": 2000, "16:30": 2000}


async def test_a_serial_that_could_not_be_read_once_is_not_another_meter(api):
    meter = Meter(Home([(EVENING, 2000)]))
    nameless = meter.sample(EVENING + QUARTER_MS + 300_000, meter_unique_id=None)
    await api.store([*on_edges(meter, 3), nameless])
    assert peaks(await api.month("2026-06")) == {"16:00": 2000, "16:15": 2000, "16:30": 2000}


async def test_the_clock_of_the_meter_counts_where_the_reading_has_it(api):
    """The host is 40 s late; by its clock every quarter would take from its neighbour."""
    meter = Meter(Home([(EVENING, 1000), (EVENING + QUARTER_MS, 9000), (EVENING + 2 * QUARTER_MS, 1000)]))
    times = range(EVENING - 60_000, EVENING + 3 * QUARTER_MS + 60_000, 10_000)
    await api.store(meter.sample(at, delay_ms=40_000) for at in times)
    month = await api.month("2026-06")
    assert peaks(month) == {"16:00": 1000, "16:15": 9000, "16:30": 1000}
    assert month["clock"] == "meter"
    assert month["monthly_peak_exact"] is False  # of most of the month nothing is known


async def test_a_telegram_that_is_repeated_for_an_hour_is_a_gap(api):
    """The dongle was unplugged from the meter: it answers, and its telegram stays the same."""
    meter = Meter(Home([(EVENING, 2000)]))
    live = [EVENING, EVENING + QUARTER_MS, EVENING + 5 * QUARTER_MS, EVENING + 6 * QUARTER_MS]
    stale = [meter.sample(EVENING + QUARTER_MS, delay_ms=seconds * 1000) for seconds in range(10, 3500, 10)]
    await api.store([*(meter.sample(at) for at in live), *stale])
    month = await api.month("2026-06")
    assert peaks(month) == {"16:00": 2000, "17:15": 2000}


async def test_readings_by_both_clocks_are_told(api):
    meter = Meter(Home([(EVENING, 2000)]))
    await api.store([meter.sample(EVENING), meter.sample(EVENING + QUARTER_MS, meter_clock=False)])
    assert (await api.month("2026-06"))["clock"] == "mixed"


async def test_a_quarter_that_is_known_settles_the_month_only_if_no_other_can_be_higher(api):
    """From the first to the last edge of the month, first with one reading missing."""
    start = millis(utc("2026-06-01T00:00:00+02:00"))
    meter = Meter(Home([(start, 300), (EVENING, 4000), (EVENING + QUARTER_MS, 300)]))
    edges = [start + number * QUARTER_MS for number in range(2881)]
    missing = EVENING + 20 * QUARTER_MS
    await api.store(meter.sample(at) for at in edges if at != missing)
    month = await api.month("2026-06")
    assert month["monthly_peak_exact"]  # both quarters together drew 150 Wh
    assert (month["monthly_peak_w"], month["monthly_peak_upper_w"]) == (4000, 4004)
    assert month["coverage"] == {"expected": 2880, "elapsed": 2880, "covered": 2878, "exact": 2878, "missing": 2}
    (gap,) = month["gaps"]
    assert (gap["quarters"], gap["energy_kwh"], gap["each_at_most_w"]) == (2, 0.15, 604)
    await api.store([meter.sample(missing)])
    month = await api.month("2026-06")
    assert month["gaps"] == []
    assert month["coverage"]["missing"] == 0


async def test_a_gap_over_the_end_of_a_month_is_bounded_in_both_whatever_other_meters_do(api):
    """Two days without readings, in which 1 kWh was drawn; the neighbour's meter goes on."""
    midnight = millis(utc("2026-07-01T00:00:00+02:00"))
    before, after = midnight - 96 * QUARTER_MS, midnight + 96 * QUARTER_MS
    meter = Meter(Home([(before, 1000), (before + 3_600_000, 0)]))
    await api.store(meter.sample(at) for at in (before - QUARTER_MS, before, after, after + QUARTER_MS))
    neighbour = [midnight + number * QUARTER_MS for number in (-5, -1, 0, 1, 5)]
    await api.store(meter.sample(at) | {"device_id": "home1"} for at in neighbour)
    june, july = [await api.month(name) for name in ("2026-06", "2026-07")]
    for gap in (june["gaps"][-1], july["gaps"][0]):
        assert (gap["quarters"], gap["highest_at_least_w"], gap["each_at_most_w"]) == (96, 0, 4004)


async def test_the_meters_own_peak_stands_beside_ours(api):
    meter = Meter(Home([(EVENING, 3501)]))
    own = {"monthly_power_peak_w": 3503, "monthly_power_peak_ts": iso(EVENING + QUARTER_MS)}
    await api.store([*on_edges(meter, 1), meter.sample(EVENING + 2 * QUARTER_MS, **own)])
    month = await api.month("2026-06")
    assert month["meter"] == {
        "monthly_peak_w": 3503,
        "monthly_peak_ts": "2026-06-10T16:15:00.000Z",
        "difference_w": month["monthly_peak_w"] - 3503,
    }
    assert abs(month["meter"]["difference_w"]) <= 7


async def test_of_two_meters_in_a_month_the_higher_peak_counts(api):
    meter = Meter(Home([(EVENING, 0)]), [(EVENING + 4 * QUARTER_MS, 0, "meter-2")])
    told = [(QUARTER_MS, 6000), (8 * QUARTER_MS, 2000)]
    peaks = {at: {"monthly_power_peak_w": watts, "monthly_power_peak_ts": iso(EVENING + at)} for at, watts in told}
    await api.store(meter.sample(EVENING + at + 1000, **own) for at, own in peaks.items())
    assert (await api.month("2026-06"))["meter"]["monthly_peak_w"] == 6000


async def test_the_peak_of_last_month_is_not_taken_for_this_months_right_after_midnight(api):
    midnight = millis(utc("2026-07-01T00:00:00+02:00"))
    meter = Meter(Home([(midnight - 4 * QUARTER_MS, 1000)]))
    last = {"monthly_power_peak_w": 6200, "monthly_power_peak_ts": iso(midnight)}  # the end of June's last quarter
    await api.store([meter.sample(midnight + seconds * 1000, **last) for seconds in (-1, 0, 1, 2)])
    june, july = [await api.month(name) for name in ("2026-06", "2026-07")]
    assert june["meter"]["monthly_peak_w"] == 6200
    assert july["meter"] is None
    fresh = {"monthly_power_peak_w": 1000, "monthly_power_peak_ts": iso(midnight + QUARTER_MS)}
    await api.store([meter.sample(midnight + QUARTER_MS + 1000, **fresh)])
    assert (await api.month("2026-07"))["meter"]["monthly_peak_w"] == 1000


async def test_a_month_without_readings_is_empty_and_one_to_come_too(api):
    api.now = utc("2026-06-10T19:00:00+02:00")
    await api.store(on_edges(Meter(Home([(EVENING, 100)])), 2))
    past, future = await api.month("2026-05"), await api.month("2027-01")
    for month in (past, future):
        assert month["peaks"] == []
        assert month["monthly_peak_w"] is month["monthly_peak_ts"] is month["monthly_peak_lower_w"] is None
        assert month["meter"] is month["clock"] is month["running"] is None
    assert past["coverage"] == {"expected": 2976, "elapsed": 2976, "covered": 0, "exact": 0, "missing": 2976}
    assert future["coverage"]["elapsed"] == 0


@pytest.mark.parametrize("path", ["month/2026-13", "month/2026-6", "month/1999-12", "month/2026-06-01", "year/26"])
async def test_what_is_no_month_or_year_is_refused_with_the_reason(api, path):
    await api.store(on_edges(Meter(Home([(EVENING, 100)])), 2))
    response = await api.get(path)
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == ["path", path.split("/")[0]]


async def test_a_device_without_a_p1_meter_has_no_capacity(api):
    inverter = {"device_id": "home", "kind": "sungrow", "ts": iso(EVENING), "pv_power_w": 1}
    await api.store([inverter])
    for path in ("month/2026-06", "year/2026"):
        response = await api.get(path)
        assert (response.status_code, response.json()["title"]) == (404, "There is no data")


async def test_nobody_else_sees_it(api):
    for path in ("month/2026-06", "year/2026"):
        assert (await api.get(path, "neighbour")).status_code == 403
        response = await api.client.get(f"/v1/capacity/{path}", headers={"Authorization": "Bearer nobody"})
        assert response.status_code == 401

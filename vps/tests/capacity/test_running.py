"""The quarter that is not over: live while readings come, and what it leaves to draw."""

import pytest
from true_meter import QUARTER_MS, Home, Meter, iso, millis, moment, utc

EVENING = millis(utc("2026-06-10T18:00:00+02:00"))


async def two_minutes_at_7800_w(api):
    """CAPACITY, example F: 260 Wh in the first two minutes."""
    home = Home([(EVENING - 2 * QUARTER_MS, 1000), (EVENING, 7800), (EVENING + 120_000, 1200)])
    meter = Meter(home)
    api.now = moment(EVENING + 121_000)
    times = range(EVENING - 2 * QUARTER_MS, EVENING + 120_001, 2000)
    await api.store(meter.sample(at, power_w=1200, import_power_w=1200, average_power_15m_w=1040) for at in times)
    return meter


async def test_so_far_forecast_and_what_is_free(api):
    await two_minutes_at_7800_w(api)
    running = (await api.month("2026-06"))["running"]
    assert running == {
        "bucket": "2026-06-10T16:00:00Z",
        "ends": "2026-06-10T16:15:00Z",
        "as_of": "2026-06-10T16:02:00.000Z",
        "energy_kwh": 0.26,
        "source": "readings",
        "exact": True,
        "power_w": 1200,
        "so_far_w": 1040,
        "forecast_w": 2080,  # 1040 + 1200 x 780 / 900
        "target_w": 1000,
        "free_w": 0,  # the month's peak of 1 kW is passed already
        "free_without_cost_w": 1684.615,  # 365 Wh in 13 minutes
        "meter_average_w": 1040,
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_higher_peak_of_the_month_leaves_more(api):
    meter = await two_minutes_at_7800_w(api)
    own = {"monthly_power_peak_w": 6040, "monthly_power_peak_ts": iso(EVENING - 50 * QUARTER_MS)}
    await api.store([meter.sample(EVENING - QUARTER_MS + 1000, **own)])
    running = (await api.month("2026-06"))["running"]
    assert running["target_w"] == 6040
    assert running["free_w"] == running["free_without_cost_w"] == pytest.approx(5000 * 900 / 780, abs=0.001)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_drawing_what_is_free_ends_at_the_peak_and_not_above_it(api):
    """Follow free_w every ten seconds: the quarter ends at the target, to the resolution of the register."""
    start = EVENING - QUARTER_MS
    steps = [(start, 3000)]
    api.now = moment(EVENING)
    await api.store([Meter(Home(steps)).sample(at) for at in range(start, EVENING + 1, 10_000)])
    for at in range(EVENING, EVENING + QUARTER_MS, 10_000):
        running = (await api.month("2026-06"))["running"]
        assert running["target_w"] == 3000
        steps.append((at, running["free_w"]))
        api.now = moment(at + 10_000)
        await api.store([Meter(Home(steps)).sample(at + 10_000)])
    month = await api.month("2026-06")
    assert [quarter["avg_power_w"] for quarter in month["peaks"]][-1] == pytest.approx(3000, abs=8)


async def test_a_reading_is_in_the_answer_as_soon_as_it_is_stored(api):
    meter = await two_minutes_at_7800_w(api)
    for second in range(122, 160, 2):
        at = EVENING + second * 1000
        api.now = moment(at)
        await api.store([meter.sample(at)])
        assert (await api.month("2026-06"))["running"]["as_of"] == iso(at)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_when_readings_stay_away_the_running_quarter_is_not_made_up(api):
    await two_minutes_at_7800_w(api)
    api.now = moment(EVENING + 120_000 + 121_000)
    assert (await api.month("2026-06"))["running"] is None
    assert (await api.month("2026-05"))["running"] is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_quarter_that_ended_a_moment_ago_waits_for_the_reading_that_ends_it(api):
    meter = Meter(Home([(EVENING - QUARTER_MS, 1000)]))
    await api.store(meter.sample(at) for at in range(EVENING - QUARTER_MS, EVENING + QUARTER_MS, 10_000))
    api.now = moment(EVENING + QUARTER_MS + 5_000)
    month = await api.month("2026-06")
    assert month["running"]["bucket"] == "2026-06-10T16:00:00Z"
    assert len(month["peaks"]) == 1
    await api.store([meter.sample(EVENING + QUARTER_MS)])
    month = await api.month("2026-06")
    assert len(month["peaks"]) == 2
    assert month["running"]["bucket"] == "2026-06-10T16:15:00Z"
    assert month["running"]["energy_kwh"] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_without_readings_around_its_start_the_meters_own_figure_counts_and_is_told_as_such(api):
    """The edge was started five minutes into the quarter: the meter has counted since its start."""
    meter = Meter(Home([(EVENING, 1000)]))
    at = EVENING + 300_000
    api.now = moment(at)
    own = {"monthly_power_peak_w": 3000, "monthly_power_peak_ts": iso(EVENING - QUARTER_MS)}
    await api.store([meter.sample(at, power_w=1500, average_power_15m_w=333, **own)])
    month = await api.month("2026-06")
    running = month["running"]
    assert (running["source"], running["exact"]) == ("meter", False)
    assert (running["energy_kwh"], running["so_far_w"], running["meter_average_w"]) == (0.08325, 333, 333)
    assert running["forecast_w"] == 333 + 1500 * 600 / 900
    assert (running["target_w"], running["free_w"]) == (3000, (3000 - 333) * 900 / 600)
    assert month["peaks"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_without_that_figure_nothing_is_made_up_but_the_power(api):
    meter = Meter(Home([(EVENING, 1000)]))
    at = EVENING + 300_000
    api.now = moment(at)
    await api.store([meter.sample(at, power_w=-400)])
    running = (await api.month("2026-06"))["running"]
    unknown = ("energy_kwh", "source", "so_far_w", "forecast_w", "target_w", "free_w", "free_without_cost_w")
    assert {name: running[name] for name in unknown} == dict.fromkeys(unknown)
    assert (running["power_w"], running["meter_average_w"]) == (0, None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_figure_of_a_quarter_that_is_over_is_not_taken_for_the_running_ones(api):
    """The newest reading by the edge's clock repeats a telegram of the quarter before."""
    meter = Meter(Home([(EVENING, 1000)]))
    api.now = moment(EVENING + 20_000)
    stale = meter.sample(EVENING - 5_000, delay_ms=20_000, average_power_15m_w=5000)
    await api.store([meter.sample(EVENING + 10_000), stale])
    running = (await api.month("2026-06"))["running"]
    assert running["bucket"] == "2026-06-10T16:00:00Z"
    assert running["meter_average_w"] is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("now_s", "ahead_s", "bucket"),
    [(-30, 60, "16:00"), (-30, 300, None), (300, 119, "16:00"), (300, 121, None), (300, -119, "16:00")],
)
async def test_a_meter_whose_clock_is_off_by_two_minutes_at_most_has_a_running_quarter(api, now_s, ahead_s, bucket):
    """The quarter is that of the clock that is billed."""
    meter = Meter(Home([(EVENING - QUARTER_MS, 1000)]))
    api.now = moment(EVENING + now_s * 1000)
    newest = EVENING + (now_s + ahead_s) * 1000
    await api.store(meter.sample(at, delay_ms=-ahead_s * 1000) for at in (EVENING - QUARTER_MS, EVENING, newest))
    month = await api.month("2026-06")
    assert (month["running"] and month["running"]["bucket"][11:16]) == bucket
    counted_until = newest if bucket else EVENING + now_s * 1000
    quarters = (counted_until - millis(utc(month["start"]))) // QUARTER_MS
    assert month["coverage"]["elapsed"] == quarters


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("off_s", "exact"), [(0, True), (2, True), (60, False)])
async def test_what_was_drawn_so_far_is_exact_where_readings_lie_close_to_the_start(api, off_s, exact):
    meter = Meter(Home([(EVENING - QUARTER_MS, 3000)]))
    newest = EVENING + 300_000
    api.now = moment(newest)
    await api.store(meter.sample(EVENING + second * 1000) for second in {-off_s, off_s, 300})
    running = (await api.month("2026-06"))["running"]
    assert (running["energy_kwh"], running["exact"]) == (pytest.approx(0.25, abs=0.001), exact)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("stand_wh", [0, 9_000_000])
async def test_a_meter_swapped_within_the_running_quarter_leaves_it_open(api, stand_wh):
    meter = Meter(Home([(EVENING - QUARTER_MS, 3000)]), [(EVENING + 120_000, stand_wh, "meter-2")])
    newest = EVENING + 300_000
    api.now = moment(newest)
    times = range(EVENING - QUARTER_MS, newest + 1, 60_000)
    await api.store(meter.sample(at, power_w=3000 if at == newest else 50) for at in times)
    running = (await api.month("2026-06"))["running"]
    assert running["energy_kwh"] is running["source"] is running["forecast_w"] is running["free_w"] is None
    assert running["power_w"] == 3000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_telegram_from_the_future_is_not_the_running_quarter(api):
    """The meter's clock was once wrong by an hour."""
    await two_minutes_at_7800_w(api)
    before = (await api.month("2026-06"))["running"]
    meter = Meter(Home([(EVENING, 9000)]))
    future = meter.sample(EVENING + 3_600_000, delay_ms=-3_479_000, power_w=1200, average_power_15m_w=1040)
    assert await api.store([future]) == 1
    assert (await api.month("2026-06"))["running"] == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_who_follows_the_running_quarter_need_not_load_the_month(api):
    await two_minutes_at_7800_w(api)
    whole = await api.month("2026-06")
    brief = (await api.get("month/2026-06", "home", quarters="false")).json()
    assert brief == {name: value for name, value in whole.items() if name not in {"peaks", "gaps"}}

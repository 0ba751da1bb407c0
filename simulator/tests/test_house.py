from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from math import degrees
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sungaze_sim.house import House, HouseSpec
from sungaze_sim.household import Household
from sungaze_sim.state import Counters, Running
from sungaze_sim.weather import sun_position

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WITHOUT_BATTERY = HouseSpec(battery_capacity_kwh=0)

starts = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
specs = st.sampled_from([HouseSpec(), WITHOUT_BATTERY, HouseSpec(inverter_rated_w=10_000, pv_peak_w=16_000)])


def walk(house, hours, step):
    moment = house.start
    while moment <= house.start + timedelta(hours=hours):
        yield house.at(moment)
        moment += step


@settings(max_examples=12, deadline=None)
@given(start=starts, seed=st.integers(0, 10**6), spec=specs)
def test_every_watt_is_accounted_for_and_every_limit_kept(start, seed, spec):
    for state in walk(House(start, seed=seed, spec=spec), 6, timedelta(minutes=7, seconds=3)):
        assert state.pv_power_w == state.load_power_w + state.battery_power_w + state.export_power_w
        assert state.inverter_power_w == state.load_power_w + state.export_power_w
        assert min(state.string_power_w) >= 0
        assert state.load_power_w > 0
        assert state.inverter_power_w <= spec.inverter_rated_w
        assert abs(state.battery_power_w) <= spec.battery_max_power_w
        if spec.battery_capacity_kwh:
            assert spec.battery_min_soc_pct <= state.battery_soc_pct <= 100
        else:
            assert (state.battery_power_w, state.battery_soc_pct) == (0, 0)


@settings(max_examples=8, deadline=None)
@given(start=starts, seed=st.integers(0, 10**6), spec=specs)
def test_lifetime_counters_never_fall_and_daily_ones_only_at_the_inverters_midnight(start, seed, spec):
    before = None
    for state in walk(House(start, seed=seed, spec=spec), 26, timedelta(minutes=11)):
        if before:
            assert all(new >= old for new, old in zip(astuple(state.totals), astuple(before.totals), strict=True))
            if state.inverter_clock.date() == before.inverter_clock.date():
                assert all(new >= old for new, old in zip(astuple(state.today), astuple(before.today), strict=True))
            else:
                assert max(astuple(state.today)) < 1.5, "twelve minutes into the day"
        before = state


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_summer_time_does_not_touch_the_inverters_clock(change):
    house = House(change - timedelta(hours=2))
    resets = []
    before = house.at(house.start)
    for state in walk(house, 40, timedelta(minutes=1)):
        if state.today.imported + state.today.output < before.today.imported + before.today.output:
            resets.append(state.at)
        before = state
    assert resets == [change - timedelta(hours=1), change + timedelta(hours=23)]


def test_a_day_is_the_same_however_often_one_looks():
    start = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
    often, seldom = House(start, seed=5), House(start, seed=5)
    for _ in walk(often, 24, timedelta(seconds=97)):
        pass
    evening = start + DAY + timedelta(minutes=5)
    assert often.at(evening) == seldom.at(evening)
    assert House(start, seed=6).at(evening) != seldom.at(evening)


def test_energies_are_the_integral_of_the_powers():
    house = House(datetime(2026, 6, 1, 6, 0, tzinfo=UTC), spec=HouseSpec(pv_peak_w=8000))
    first = house.at(house.start)
    step = timedelta(seconds=5)
    states = list(walk(house, 3, step))
    added = states[-1].totals.since(first.totals)
    hours = step / timedelta(hours=1) / 1000
    assert added.pv == pytest.approx(sum(state.pv_power_w for state in states) * hours, rel=0.01)
    assert added.charged == pytest.approx(sum(max(state.battery_power_w, 0) for state in states) * hours, rel=0.01)
    assert added.pv > 1


def test_counters_can_be_given_and_the_day_stays_what_it_was():
    start = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    plain, given = House(start), House(start, counters=Counters(100, 200, 300, 40, 30, 90))
    assert given.at(start).totals == Counters(100, 200, 300, 40, 30, 90)
    assert astuple(given.at(start).today) == pytest.approx(astuple(plain.at(start).today))


def test_the_battery_gives_back_less_than_it_took():
    spec = HouseSpec()
    house = House(datetime(2026, 4, 1, tzinfo=UTC), spec=spec)
    first, last = house.at(house.start), house.at(house.start + 5 * DAY)
    moved = last.totals.since(first.totals)
    stored_kwh = (last.battery_soc_pct - first.battery_soc_pct) / 100 * spec.battery_capacity_kwh
    gain = spec.battery_one_way_efficiency
    assert stored_kwh == pytest.approx(moved.charged * gain - moved.discharged / gain, abs=0.1)
    assert moved.charged > 5


@pytest.mark.parametrize("battery_kwh", [0, 9.6])
def test_a_roof_too_large_for_the_inverter_is_throttled_to_its_rating(battery_kwh):
    spec = HouseSpec(pv_peak_w=12_000, battery_capacity_kwh=battery_kwh)
    states = list(walk(House(datetime(2026, 6, 20, 9, 0, tzinfo=UTC), spec=spec), 30, timedelta(minutes=2)))
    assert max(state.inverter_power_w for state in states) == spec.inverter_rated_w
    throttled = [state for state in states if state.inverter_power_w == spec.inverter_rated_w]
    assert all(min(state.string_power_w) > 0 for state in throttled)
    assert all(state.pv_power_w == state.inverter_power_w + state.battery_power_w for state in states)


def test_without_a_battery_the_inverter_sleeps_at_night_and_wakes_with_the_sun():
    house = House(datetime(2026, 6, 20, 23, 0, tzinfo=UTC), spec=WITHOUT_BATTERY)
    seen = [(state.running, state.pv_power_w) for state in walk(house, 14, timedelta(minutes=1))]
    assert seen[0] == (Running.STANDBY, 0)
    assert Running.STARTING in [running for running, _ in seen]
    assert seen[-1][0] is Running.RUNNING
    assert all(power_w == 0 for running, power_w in seen if running is not Running.RUNNING)


def test_with_a_battery_the_inverter_runs_all_night():
    house = House(datetime(2026, 12, 20, 17, 0, tzinfo=UTC))
    assert {state.running for state in walk(house, 12, timedelta(minutes=5))} == {Running.RUNNING}


@pytest.mark.parametrize(("month", "least_kwh", "most_kwh"), [(6, 90, 300), (12, 8, 60)])
def test_a_week_yields_what_the_season_gives(month, least_kwh, most_kwh):
    house = House(datetime(2026, month, 8, tzinfo=UTC), spec=WITHOUT_BATTERY)
    before = house.at(house.start).totals
    assert least_kwh < house.at(house.start + 7 * DAY).totals.since(before).pv < most_kwh


def test_the_sun_stands_where_an_almanac_says():
    # Brussels: culmination at the June solstice 62.6 degrees, at the December one 15.7, due south.
    for moment, height in (
        (datetime(2026, 6, 21, 11, 44, tzinfo=UTC), 62.6),
        (datetime(2026, 12, 21, 11, 41, tzinfo=UTC), 15.7),
    ):
        elevation, azimuth = sun_position(moment.timestamp())
        assert degrees(elevation) == pytest.approx(height, abs=0.3)
        assert degrees(azimuth) % 360 == pytest.approx(180, abs=1.5)


def test_a_family_with_a_zone_lives_by_its_clock_and_the_inverter_by_its_own():
    zoned = HouseSpec(family_zone=ZoneInfo("Europe/Brussels"))
    for day, ahead in ((datetime(2026, 3, 28, tzinfo=UTC), timedelta(0)), (datetime(2026, 3, 29, 2, tzinfo=UTC), HOUR)):
        family, inverter = House(day, spec=zoned), House(day)
        for state in walk(family, 20, timedelta(minutes=17)):
            assert state.load_power_w == inverter.at(state.at + ahead).load_power_w
            assert state.inverter_clock == (state.at + HOUR).replace(tzinfo=None)


def test_a_car_is_charged_on_some_evenings_before_midnight():
    at_home, away = Household(1, car=True), Household(1)
    charged: dict[int, set[float]] = {}
    for quarter in range(21 * 96):
        extra_w = at_home.load_power_w(900 * quarter) - away.load_power_w(900 * quarter)
        if extra_w > 1:
            assert quarter % 96 >= 18 * 4
            charged.setdefault(quarter // 96, set()).add(round(extra_w))
    assert 3 <= len(charged) <= 14
    assert all(powers_w in ({3680}, {5520}) for powers_w in charged.values())


def test_while_the_power_is_cut_nothing_flows_and_nothing_is_counted():
    cut = datetime(2026, 6, 1, 8, tzinfo=UTC), datetime(2026, 6, 1, 20, tzinfo=UTC)
    spec = HouseSpec(power_cuts=((cut[0].timestamp(), cut[1].timestamp()),))
    before, within, after, later = (
        House(cut[0] - HOUR, spec=spec).at(moment) for moment in (cut[0], cut[0] + 5 * HOUR, cut[1], cut[1] + HOUR)
    )
    assert (within.load_power_w, within.pv_power_w, within.battery_power_w, within.export_power_w) == (0, 0, 0, 0)
    assert before.totals == after.totals
    assert before.battery_soc_pct == after.battery_soc_pct
    assert later.totals != after.totals


def test_a_house_lived_in_coarse_steps_is_much_the_same():
    fine, coarse = House(datetime(2026, 5, 1, tzinfo=UTC)), House(datetime(2026, 5, 1, tzinfo=UTC), step_s=300)
    before = House(fine.start).at(fine.start).totals
    exact, rough = (house.at(fine.start + 7 * DAY).totals.since(before) for house in (fine, coarse))
    assert rough.pv == pytest.approx(exact.pv, rel=0.02)
    assert rough.charged == pytest.approx(exact.charged, rel=0.1)


def test_the_past_cannot_be_asked_for():
    house = House(datetime(2026, 6, 1, tzinfo=UTC))
    house.at(house.start + DAY)
    with pytest.raises(ValueError, match="already lives at a later time"):
        house.at(house.start)

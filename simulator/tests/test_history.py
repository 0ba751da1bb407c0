"""A past must be one that a house can have had, fit together in itself, and lead on to the present."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from sungaze_sim.history import LONGEST_DAYS, History
from sungaze_sim.p1.telegram import BRUSSELS

NOW = datetime(2026, 4, 12, 16, 3, 20, tzinfo=UTC)
DAYS = 42
LATELY = datetime(2026, 4, 10, 16, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
INVERTER_COUNTERS = (
    *("pv_total_kwh", "import_total_kwh", "export_total_kwh"),
    *("battery_charge_total_kwh", "battery_discharge_total_kwh"),
)
METER_COUNTERS = ("energy_import_kwh", "energy_export_kwh", "energy_import_t1_kwh", "energy_export_t2_kwh", "gas_m3")


class StillClock:
    """A clock that a test sets."""

    def __init__(self, now=NOW):
        self.at = now

    def now(self):
        return self.at

    def monotonic(self):
        return (self.at - NOW).total_seconds()


def time_of(sample):
    return datetime.fromisoformat(sample["ts"])


def span(begins, **lasts):
    begins = datetime.fromisoformat(begins)
    return begins, begins + timedelta(**lasts)


POWER_CUT = span("2026-03-03T07:20:00Z", hours=22)
METER_AWAY = span("2026-03-24T19:40:00Z", minutes=35)
EDGE_AWAY = span("2026-04-06T12:10:00Z", minutes=65)


@pytest.fixture(scope="module")
def past():
    """Give a history that was lived, with all its samples by device."""
    history = History(DAYS, "home", "p1", clock=StillClock())
    told = {"home": [], "p1": []}
    for sample in history.samples():
        told[sample["device_id"]].append(sample)
    return history, told


@pytest.fixture(scope="module")
def inverter(past):
    return past[1]["home"]


@pytest.fixture(scope="module")
def meter(past):
    return past[1]["p1"]


def test_it_begins_at_a_local_midnight_and_ends_now(past, inverter, meter):
    history, _ = past
    assert history.start.astimezone(BRUSSELS) == datetime(2026, 3, 1, tzinfo=BRUSSELS)
    for samples in (inverter, meter):
        times = [time_of(sample) for sample in samples]
        assert times == sorted(set(times))
        assert times[0] == history.start + timedelta(minutes=5)
        assert NOW - timedelta(minutes=1) < times[-1] <= NOW
    assert len(inverter) + len(meter) == pytest.approx(history.count, rel=0.03)


def test_readings_are_five_minutes_apart_and_lately_one(inverter):
    for earlier, later in pairwise(map(time_of, inverter)):
        away = next((hole for hole in (POWER_CUT, EDGE_AWAY) if hole[0] <= earlier < hole[1]), None)
        if away is None:
            assert later - earlier == timedelta(minutes=1 if earlier >= LATELY else 5)


def test_what_is_missing_is_what_went_wrong(inverter, meter):
    for samples, holes in ((inverter, {POWER_CUT, EDGE_AWAY}), (meter, {POWER_CUT, EDGE_AWAY, METER_AWAY})):
        found = {
            (earlier, later)
            for earlier, later in pairwise(map(time_of, samples))
            if later - earlier > timedelta(minutes=5)
        }
        assert found == holes


def test_every_quarter_of_an_hour_ends_with_a_reading_of_the_meter(past, meter):
    times = {time_of(sample) for sample in meter}
    boundary = past[0].start + QUARTER
    while boundary <= NOW:
        away = any(begins < boundary < ends for begins, ends in (POWER_CUT, METER_AWAY, EDGE_AWAY))
        assert (boundary in times) is not away
        boundary += QUARTER


def test_every_watt_is_accounted_for(inverter):
    for sample in inverter:
        assert sample["pv_power_w"] == sample["load_power_w"] + sample["battery_power_w"] + sample["export_power_w"]
        assert sample["load_power_w"] >= 0
        assert 5 <= sample["battery_soc_pct"] <= 100


def test_counters_never_fall(inverter, meter):
    for samples, names in ((inverter, INVERTER_COUNTERS), (meter, METER_COUNTERS)):
        for earlier, later in pairwise(samples):
            assert all(later[name] >= earlier[name] for name in names)


def test_powers_times_time_are_what_the_counters_counted(inverter):
    day = [sample for sample in inverter if time_of(sample).date() == date(2026, 3, 20)]
    counted = day[-1]["pv_total_kwh"] - day[0]["pv_total_kwh"]
    assert counted > 5
    assert sum(sample["pv_power_w"] for sample in day[1:]) / 12_000 == pytest.approx(counted, abs=0.11)


def test_the_two_devices_tell_of_the_same_house(inverter, meter):
    seen = {sample["ts"]: sample for sample in inverter}
    for sample in meter:
        if other := seen.get(sample["ts"]):
            assert sample["power_w"] == -other["export_power_w"]
    for theirs, ours in (("import_total_kwh", "energy_import_kwh"), ("export_total_kwh", "energy_export_kwh")):
        rise = inverter[-1][theirs] - inverter[0][theirs]
        assert meter[-1][ours] - meter[0][ours] == pytest.approx(rise, abs=0.2)


def test_nothing_was_used_while_the_power_was_cut(inverter):
    before = max((sample for sample in inverter if time_of(sample) <= POWER_CUT[0]), key=time_of)
    after = min((sample for sample in inverter if time_of(sample) >= POWER_CUT[1]), key=time_of)
    assert all(after[name] - before[name] < 0.11 for name in INVERTER_COUNTERS)


def test_the_meter_names_a_peak_that_its_counter_confirms(meter):
    in_march = {time_of(s): s for s in meter if s["ts"] < "2026-03-31T22"}
    told = max(in_march.items())[1]
    ended = datetime.fromisoformat(told["monthly_power_peak_ts"])
    risen = in_march[ended]["energy_import_kwh"] - in_march[ended - QUARTER]["energy_import_kwh"]
    assert 4000 * risen == pytest.approx(told["monthly_power_peak_w"], abs=5)
    assert told["monthly_power_peak_w"] > 3500, "a car was charged while dinner was on"


def test_the_house_lives_on_from_where_its_past_ended(past, inverter, meter):
    history, _ = past
    clock = history.world.watcher._clock
    clock.at = NOW + timedelta(minutes=2)
    try:
        now, telegram = history.world.snapshot(), history.meter.telegram()
        assert now.house_time == telegram.at == clock.at
        for name in INVERTER_COUNTERS:
            assert 0 <= now.truth[name] - inverter[-1][name] <= 0.31
        assert abs(now.truth["battery_soc_pct"] - inverter[-1]["battery_soc_pct"]) < 2
        assert 0 <= sum(telegram.import_wh) / 1000 - meter[-1]["energy_import_kwh"] < 0.3
        assert telegram.peak.power_w == meter[-1]["monthly_power_peak_w"]
        clock.at += timedelta(seconds=1.5)
        assert history.world.snapshot().house_time == clock.at, "each looks when it likes"
    finally:
        clock.at = NOW


def test_a_year_is_one_that_a_house_in_belgium_has():
    watcher = History(366, "home", "p1", clock=StillClock()).world.watcher
    stood = [watcher.look(datetime(2025 + (month > 12), (month - 1) % 12 + 1, 1, tzinfo=UTC)) for month in range(5, 17)]
    stood.append(watcher.look(NOW))
    months = [later.totals.since(earlier.totals) for earlier, later in pairwise(stood)]
    pv_kwh = {earlier.at.month: month.pv for earlier, month in zip(stood, months, strict=False)}
    year = stood[-1].totals.since(stood[0].totals)
    load_kwh = year.pv + year.imported - year.exported - year.charged + year.discharged
    assert 5200 < year.pv < 6700, "900 to 1000 kWh for each of 6.5 kW, and these are eleven months and a half"
    assert pv_kwh[6] > 3.5 * pv_kwh[12]
    assert 3000 < load_kwh < 5000
    assert 0.55 < 1 - year.imported / load_kwh < 0.9
    assert all(month.imported > 5 for month in months)


@pytest.mark.parametrize("days", [0, -1, LONGEST_DAYS + 1])
def test_a_history_of_no_length_or_of_ages_is_refused(days):
    with pytest.raises(ValueError, match="from 1 to 1500 days"):
        History(days, "home", "p1")

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sungaze_sim.house import House, HouseSpec
from sungaze_sim.p1.bodies import data_v1, measurement_v2, published
from sungaze_sim.p1.dsmr import crc16, dsmr_text
from sungaze_sim.p1.grid_meter import GridMeter, _shown
from sungaze_sim.profile import Profile
from sungaze_sim.watcher import Watcher
from sungaze_sim.world import HouseWorld

NOON = datetime(2026, 5, 14, 11, 0, tzinfo=UTC)
WITHOUT_BATTERY = HouseSpec(battery_capacity_kwh=0)
REAL_BELGIAN_FIELDS = """
    wifi_ssid wifi_strength smr_version meter_model unique_id active_tariff total_power_import_kwh
    total_power_import_t1_kwh total_power_import_t2_kwh total_power_export_kwh total_power_export_t1_kwh
    total_power_export_t2_kwh active_power_w active_power_l1_w active_power_l2_w active_power_l3_w
    active_voltage_l1_v active_voltage_l2_v active_voltage_l3_v active_current_a active_current_l1_a
    active_current_l2_a active_current_l3_a active_power_average_w montly_power_peak_w
    montly_power_peak_timestamp total_gas_m3 gas_timestamp gas_unique_id external
"""
"""What a recorded three-phase meter published over v1."""


class HandClock:
    """A clock that is set by hand."""

    def __init__(self, now=NOON):
        self.moment = now

    def now(self):
        return self.moment

    def monotonic(self):
        return self.moment.timestamp()

    def forward(self, seconds):
        self.moment += timedelta(seconds=seconds)


def hung_up(start=NOON, *, speed=1, house=NOON, spec=WITHOUT_BATTERY, **options):
    clock = HandClock(start)
    return clock, GridMeter(Watcher(House(house, spec=spec), speed=speed, clock=clock), **options)


def import_kwh(telegram):
    return sum(telegram.import_wh) / 1000


@pytest.mark.parametrize("speed", [1, 240])
def test_inverter_and_meter_of_one_house_agree_at_every_instant(speed):
    clock = HandClock()
    world = HouseWorld(House(NOON), Profile(), speed=speed, clock=clock)
    meter = GridMeter(world.watcher.beside())
    for _ in range(5000 // (50 + speed)):
        truth, telegram = world.watcher.look(clock.now()), meter.telegram()
        assert world.snapshot().truth["export_power_w"] == -telegram.power_w == truth.export_power_w
        assert import_kwh(telegram) == pytest.approx(truth.totals.imported, abs=0.003)
        assert sum(telegram.export_wh) / 1000 == pytest.approx(truth.totals.exported, abs=0.003)
        clock.forward(7)


@pytest.mark.parametrize("speed", [1, 60])
def test_at_any_speed_energy_is_power_times_the_watchers_time(speed):
    clock, meter = hung_up(speed=speed)
    first = meter.telegram()
    taken_wh = given_wh = 0.0
    for _ in range(1200):
        clock.forward(1)
        telegram = meter.telegram()
        taken_wh += max(telegram.power_w, 0) / 3600
        given_wh += max(-telegram.power_w, 0) / 3600
    assert 1000 * (import_kwh(telegram) - import_kwh(first)) == pytest.approx(taken_wh, rel=0.02, abs=4)
    assert sum(telegram.export_wh) - sum(first.export_wh) == pytest.approx(given_wh, rel=0.02, abs=4)
    assert given_wh > 50


def test_the_same_seed_start_and_speed_make_the_same_house_again():
    clock = HandClock()
    world = HouseWorld(House(NOON, seed=5), Profile(), speed=60, clock=clock)
    meter = GridMeter(Watcher(House(NOON, seed=5), speed=60, clock=clock))
    other = GridMeter(Watcher(House(NOON, seed=6), speed=60, clock=clock))
    for _ in range(20):
        clock.forward(30)
        export_w = world.snapshot().truth["export_power_w"]
        assert meter.telegram().power_w == -export_w
    assert other.telegram().import_wh != meter.telegram().import_wh


def test_counters_rise_to_the_second_and_never_fall():
    clock, meter = hung_up(datetime(2026, 5, 14, 17, 0, tzinfo=UTC), house=datetime(2026, 5, 14, 20, 0, tzinfo=UTC))
    seen = []
    for _ in range(600):
        seen.append(meter.telegram())
        clock.forward(1)
    assert all(one.import_wh[0] <= other.import_wh[0] for one, other in pairwise(seen))
    assert len({telegram.import_wh for telegram in seen}) > 20
    assert max(other.import_wh[0] - one.import_wh[0] for one, other in pairwise(seen)) <= 3


def test_there_is_one_telegram_a_second():
    clock, meter = hung_up(NOON + timedelta(milliseconds=300))
    first = meter.telegram()
    assert first.at == NOON
    clock.forward(0.6)
    assert meter.telegram() is first
    clock.forward(0.1)
    assert meter.telegram().at == NOON + timedelta(seconds=1)


def test_the_running_quarter_is_its_energy_so_far_over_a_quarter_of_an_hour():
    clock, meter = hung_up(house=datetime(2026, 5, 14, 20, 0, tzinfo=UTC))
    began_kwh = import_kwh(meter.telegram())
    for _ in range(89):
        clock.forward(10)
        telegram = meter.telegram()
        assert telegram.average_w == pytest.approx(4000 * (import_kwh(telegram) - began_kwh), abs=9)
    assert telegram.average_w > 200
    clock.forward(10)
    assert meter.telegram().average_w == 0


def test_the_months_peak_is_the_highest_closed_quarter_and_bears_the_time_of_its_end():
    month = datetime(2026, 4, 30, 22, 0, tzinfo=UTC)  # midnight in Brussels
    clock, meter = hung_up(month - timedelta(minutes=15), house=month)
    assert meter.telegram().peak is not None
    clock.forward(900)
    assert meter.telegram().peak is None, "the old month is over and no quarter of the new one has closed"
    assert meter.telegram().past_peaks[-1][0] == month
    quarters, began_kwh = [], import_kwh(meter.telegram())
    for number in range(1, 80):
        clock.forward(900)
        telegram = meter.telegram()
        quarters.append((round(4000 * (import_kwh(telegram) - began_kwh)), month + number * timedelta(minutes=15)))
        began_kwh = import_kwh(telegram)
        highest_w, ended_at = max(quarters, key=lambda quarter: quarter[0])
        assert telegram.peak.power_w == pytest.approx(highest_w, abs=9)
        assert telegram.peak.at == ended_at
    assert highest_w > 1000


def test_quarters_that_nobody_asked_about_count_all_the_same():
    clocks_and_meters = [hung_up(house=datetime(2026, 5, 14, 15, 0, tzinfo=UTC)) for _ in range(2)]
    for _ in range(2 * 360):
        clocks_and_meters[0][0].forward(10)
        clocks_and_meters[0][1].telegram()
    clocks_and_meters[1][0].forward(2 * 3600)
    often, once = (meter.telegram() for _, meter in clocks_and_meters)
    assert often == once


@pytest.mark.parametrize(
    ("local", "belgian", "dutch"),
    [
        ("2026-05-14T06:59:59+02:00", 2, 1),
        ("2026-05-14T07:00:00+02:00", 1, 2),
        ("2026-05-14T21:59:59+02:00", 1, 2),
        ("2026-05-14T22:00:00+02:00", 2, 1),
        ("2026-05-16T12:00:00+02:00", 2, 1),
        ("2026-01-14T07:00:00+01:00", 1, 2),
    ],
)
def test_the_day_is_tariff_1_in_belgium_and_2_in_the_netherlands(local, belgian, dutch):
    moment = datetime.fromisoformat(local).astimezone(UTC)
    assert hung_up(moment)[1].telegram().tariff == belgian
    assert hung_up(moment, dutch=True)[1].telegram().tariff == dutch


def test_energy_is_counted_in_the_tariff_in_which_it_flowed():
    evening = datetime(2026, 5, 14, 19, 45, tzinfo=UTC)  # 21:45 in Brussels
    clock, meter = hung_up(evening, house=evening)
    first = meter.telegram()
    clock.forward(900)
    switched = meter.telegram()
    clock.forward(3600)
    last = meter.telegram()
    assert switched.import_wh[0] > first.import_wh[0]
    assert switched.import_wh[1] == first.import_wh[1]
    assert last.import_wh[0] == switched.import_wh[0]
    assert last.import_wh[1] > switched.import_wh[1]


def test_signed_phases_sum_to_the_power_and_belgian_currents_have_no_sign():
    for dutch in (False, True):
        clock, meter = hung_up(dutch=dutch)
        telegrams = []
        for _ in range(50):
            clock.forward(60)
            telegrams.append(meter.telegram())
        phases = [phase for telegram in telegrams for phase in telegram.phases]
        assert all(sum(phase.power_w for phase in telegram.phases) == telegram.power_w for telegram in telegrams)
        assert min(phase.power_w for phase in phases) < 0 < max(phase.power_w for phase in phases)
        assert (min(phase.current_a for phase in phases) < 0) == dutch
        for phase in phases:
            assert abs(phase.current_a) == pytest.approx(abs(phase.power_w) / phase.voltage_v, abs=0.006)


def test_gas_moves_every_five_minutes():
    clock, meter = hung_up()
    seen = set()
    for _ in range(30):
        clock.forward(60)
        telegram = meter.telegram()
        seen.add((telegram.gas_at, telegram.gas_m3))
    assert len(seen) == 7
    assert all(at.minute % 5 == 0 and at.second == 0 for at, _ in seen)


def test_a_swapped_meter_has_another_number_and_counts_from_near_zero():
    clock, meter = hung_up(house=datetime(2026, 5, 14, 18, 0, tzinfo=UTC))
    before = meter.telegram()
    meter.swap()
    after = meter.telegram()
    assert after.unique_id != before.unique_id
    assert import_kwh(after) < 1 < import_kwh(before)
    assert after.peak is None
    clock.forward(1800)
    assert meter.telegram().peak is not None
    assert import_kwh(meter.telegram()) > import_kwh(after)


def test_bodies_have_the_fields_of_the_real_meters():
    belgian, dutch = hung_up()[1].telegram(), hung_up(dutch=True)[1].telegram()
    assert set(data_v1(belgian)) == set(REAL_BELGIAN_FIELDS.split())
    assert data_v1(belgian)["external"] == []
    assert "voltage_sag_l3_count" in data_v1(dutch)
    assert "montly_power_peak_w" not in data_v1(dutch)
    single = hung_up(phases=1)[1].telegram()
    assert "power_l1_w" in measurement_v2(single)
    assert "power_l2_w" not in measurement_v2(single)
    assert data_v1(single)["active_power_l2_w"] is None
    assert published(single, with_meter_time=True)["power_l2_w"] is None


def test_times_are_local_without_a_zone_and_as_digits_over_v1():
    telegram = hung_up(datetime(2026, 1, 5, 12, 34, 56, 669_000, tzinfo=UTC))[1].telegram()  # it tells whole seconds
    assert measurement_v2(telegram)["timestamp"] == "2026-01-05T13:34:56"
    assert data_v1(telegram)["gas_timestamp"] == 260105133000
    truth = published(telegram, with_meter_time=True)
    assert truth["meter_ts"] == "2026-01-05T12:34:56.000Z"
    assert published(telegram, with_meter_time=False)["meter_ts"] is None


def test_the_telegram_has_a_right_checksum_and_says_in_which_half_of_the_year_it_is():
    assert crc16(b"123456789") == 0xBB3D, "the check value of CRC-16/ARC"
    for season, letter in ((datetime(2026, 7, 1, tzinfo=UTC), "S"), (datetime(2026, 10, 25, 1, tzinfo=UTC), "W")):
        telegram = hung_up(season)[1].telegram()
        text = dsmr_text(telegram)
        body, checksum = text[: text.index("!") + 1], text[text.index("!") + 1 :].strip()
        assert int(checksum, 16) == crc16(body.encode())
        assert re.search(r"^0-0:1\.0\.0\(\d{12}([SW])\)\r$", text, re.MULTILINE)[1] == letter
        assert f"1-0:1.8.1({telegram.import_wh[0] / 1000:010.3f}*kWh)" in text
        assert text.count("*kW)") == 3 + 6 + 2 + 12 - 1
    assert "1-0:1.6.0" not in dsmr_text(hung_up(dutch=True)[1].telegram())


def test_the_repeated_hour_in_october_is_told_apart_by_the_letter_alone():
    summer, winter = (hung_up(datetime(2026, 10, 25, hour, 30, tzinfo=UTC))[1].telegram() for hour in (0, 1))
    assert measurement_v2(summer)["timestamp"] == measurement_v2(winter)["timestamp"] == "2026-10-25T02:30:00"
    assert "(261025023000S)" in dsmr_text(summer)
    assert "(261025023000W)" in dsmr_text(winter)


def test_a_counter_shows_a_watt_hour_when_it_is_complete():
    assert _shown([0.0019, 0.002]) == (1, 2)

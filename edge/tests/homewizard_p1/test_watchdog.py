"""What shows from one reading to the next: silence, another meter, a wrong clock, the night that clocks go back."""

from datetime import UTC, datetime, timedelta

import pytest

from sungaze_edge.errors import SourceUnusableError
from sungaze_edge.sources.homewizard_p1.normalizer import Moments, measure
from sungaze_edge.sources.homewizard_p1.watchdog import MeterWatch

NOON = datetime(2026, 6, 21, 10, tzinfo=UTC)


@pytest.fixture
def watch():
    return MeterWatch()


def body(seconds=0, **changes):
    local = datetime(2026, 6, 21, 12, tzinfo=UTC) + timedelta(seconds=seconds)
    return {"timestamp": f"{local:%Y-%m-%dT%H:%M:%S}", "protocol_version": 50, "power_w": 500, **changes}


def see(watch, now_s, document):
    watch.check_silence(document, measure(document), now_s)


@pytest.mark.parametrize(("protocol", "patience_s"), [(50, 30), (50.0, 30), (None, 30), (42, 60), (22.0, 60)])
def test_a_telegram_that_repeats_is_taken_until_patience_ends_and_again_when_it_moves(watch, protocol, patience_s):
    see(watch, 0, body(protocol_version=protocol))
    see(watch, patience_s - 0.1, body(protocol_version=protocol, power_w=501))
    for now_s in (patience_s, 10 * patience_s):
        with pytest.raises(
            SourceUnusableError, match=r"nothing new since 2026-06-21 12:00:00 .* check the cable .*Fluvius"
        ):
            see(watch, now_s, body(protocol_version=protocol))
    see(watch, 10 * patience_s + 1, body(1, protocol_version=protocol))
    see(watch, 10 * patience_s + 30, body(1, protocol_version=protocol))


def test_without_a_time_only_a_reading_in_which_nothing_moves_is_stale(watch):
    house = {"active_power_w": 500.0, "active_voltage_l1_v": 231.5, "total_power_import_kwh": 1.5, "wifi_strength": 70}
    see(watch, 0, house)
    see(watch, 299, house)
    see(watch, 299, {**house, "active_power_w": 501})
    see(watch, 598, {**house, "active_power_w": 501})
    with pytest.raises(SourceUnusableError, match="nothing new for 5 minutes"):
        see(watch, 599, {**house, "active_power_w": 501, "wifi_strength": 71})


@pytest.mark.parametrize(("power_w", "patience_s"), [(500, 300), (-500, 300), (10, 3600), (20.0, 1800)])
def test_without_time_and_voltages_a_power_must_move_a_counter(watch, power_w, patience_s):
    house = {"power_w": power_w, "energy_import_kwh": 1.5}
    see(watch, 0, house)
    see(watch, patience_s - 1, house)
    with pytest.raises(SourceUnusableError, match=f"nothing new for {patience_s / 60:.0f} minutes"):
        see(watch, patience_s, house)


def test_an_empty_house_on_an_old_meter_is_not_taken_for_silence(watch):
    for now_s in (0, 301, 90_000):
        see(watch, now_s, {"active_power_w": 0.0, "total_power_import_kwh": 1.5})


def local(text):
    return measure({"timestamp": f"2026-10-25T{text}", "power_w": 1})


@pytest.mark.parametrize("host_known", [True, False])
def test_the_night_that_clocks_go_back_stays_in_order(watch, host_known):
    began = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    found = []
    for second in range(0, 4 * 3600, 10):
        moment = began + timedelta(seconds=second)
        offset = timedelta(hours=2 if moment < datetime(2026, 10, 25, 1, tzinfo=UTC) else 1)
        measured = local(f"{moment + offset:%H:%M:%S}") if (moment + offset).day == 25 else None
        host = moment + timedelta(seconds=3) if host_known else None
        found.append((moment, watch.moments(measured, host, 1000.0 + second).meter))
    assert all(moment == meant for moment, meant in found)


def test_in_that_night_a_meter_that_nobody_can_date_has_no_time_and_is_read_nevertheless(watch):
    assert watch.moments(local("02:30:00"), None, 0).meter is None
    assert watch.moments(local("03:00:00"), None, 1800).meter == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_a_month_peak_keeps_the_half_of_the_doubled_hour_it_was_seen_in(watch):
    def peak(now, seen):
        measured = measure({"timestamp": now, "power_w": 1, "monthly_power_peak_timestamp": "2026-10-25T02:30:00"})
        return watch.moments(measured, seen, 0).peak

    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert peak("2026-10-25T02:30:05", first + timedelta(seconds=5)) == first
    assert peak("2026-10-25T02:40:00", first + timedelta(minutes=70)) == first
    assert peak("2026-10-28T12:00:00", NOON) == first
    assert MeterWatch().moments(
        measure({"power_w": 1, "monthly_power_peak_timestamp": "2026-10-25T02:30:00"}), first + timedelta(days=3), 0
    ).peak == first + timedelta(hours=1), "a guess, for whoever was not there"


def test_another_meter_is_told_once(watch, caplog):
    caplog.set_level("WARNING")
    for unique_id in ("4731", None, "4731", "4732", "4732"):
        watch.note_changes(measure({"unique_id": unique_id, "power_w": 1}), Moments(), None)
    assert [record.message for record in caplog.records] == [
        "The electricity meter is another one now; its counters begin anew from here."
    ]


def test_an_old_telegram_is_not_taken_for_a_wrong_clock(watch, caplog):
    caplog.set_level("WARNING")
    for now_s in (0, 2, 4):
        see(watch, now_s, body())
        watch.note_changes(measure(body()), Moments(meter=NOON - timedelta(hours=3)), NOON)
    assert caplog.records == []


def test_a_wrong_clock_of_the_meter_is_told_when_it_begins_and_when_it_ends(watch, caplog):
    caplog.set_level("INFO")
    for second, off_s in enumerate((0, 59, 61, 50, 3600, 44, 59)):
        document = body(second)
        see(watch, second, document)
        watch.note_changes(measure(document), Moments(meter=NOON + timedelta(seconds=off_s)), NOON)
    watch.note_changes(measure(body()), Moments(meter=NOON + timedelta(days=1)), None)
    began, ended = (record.message for record in caplog.records)
    assert began.startswith("The electricity meter's clock is +61 s off (2026-06-21T10:01:01Z).")
    assert ended == "The electricity meter's clock is right again."


def total(watch, **body):
    measured = measure({"power_w": 1, **body})
    found = watch.without_broken_sums(measured).numbers["energy_import_kwh"]
    watch.note_changes(measured, Moments(), None)
    return found


def test_a_sum_that_lacks_a_tariff_for_a_while_is_null_and_no_reset_of_the_counter(watch):
    day, night = {"energy_import_t1_kwh": 1000.5}, {"energy_import_t2_kwh": 2000.25}
    assert total(watch, **day, **night) == 3000.75
    assert total(watch, **day, energy_import_t2_kwh=None) is None
    assert total(watch, **day, energy_import_t2_kwh="2000.25") is None
    assert total(watch, **day, energy_import_kwh=3000.75) == 3000.75, "the meter's own total is good without its parts"
    assert total(watch, **day, **night) == 3000.75


def test_a_tariff_that_counted_nothing_is_not_missed(watch):
    assert total(watch, energy_import_t1_kwh=5, energy_import_t2_kwh=0) == 5
    assert total(watch, energy_import_t1_kwh=5) == 5


def test_another_meter_may_have_fewer_tariffs(watch):
    assert total(watch, unique_id="4731", energy_import_t1_kwh=5, energy_import_t2_kwh=6) == 11
    assert total(watch, unique_id=None, energy_import_t1_kwh=5) is None
    assert total(watch, unique_id="4732", energy_import_t1_kwh=1) == 1

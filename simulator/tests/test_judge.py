"""The judge must be able to find fault: every kind of it is planted here."""

from datetime import UTC, datetime, timedelta

from sungaze_sim.judge import Row, judge, summaries
from sungaze_sim.record import Reading

START = datetime(2026, 1, 1, tzinfo=UTC)


def reading(second: float, power_w: float = 100, **changes) -> Reading:
    at = START + timedelta(seconds=second)
    given = {
        "sequence": int(second),
        "connection": 1,
        "first_request_at": at,
        "last_reply_at": at + timedelta(milliseconds=80),
        "house_time": START,
        "truth": {"pv_power_w": power_w, "battery_power_w": None},
        "blocks": {},
        "faults": [],
        "certain": True,
        "confirmed": True,
    }
    return Reading(**given | changes)


def row(second: float, power_w: float | None = 100, battery_w: float | None = None) -> Row:
    at = START + timedelta(seconds=second - 0.003)
    return Row(at, {"pv_power_w": power_w, "battery_power_w": battery_w})


def test_a_complete_store_is_faultless():
    verdict = judge([reading(1), reading(6, 200)], [row(1), row(6, 200)])
    assert verdict.faultless
    assert verdict.summary() == {
        "polled": 2, "stored": 2, "lost": 0, "duplicates": 0, "wrong_values": 0, "in_hand_at_kill": 0
    }  # fmt: skip


def test_nothing_polled_is_no_success():
    assert not judge([], []).faultless


def test_a_missing_reading_is_lost_wherever_it_stood():
    readings = [reading(1), reading(6, 200), reading(11, 300)]
    rows = [row(1), row(6, 200), row(11, 300)]
    for gone in range(3):
        verdict = judge(readings, rows[:gone] + rows[gone + 1 :])
        assert verdict.lost == [readings[gone]]
        assert not verdict.doubled
        assert not verdict.wrong


def test_a_reading_stored_under_two_times_is_doubled():
    verdict = judge([reading(1), reading(6, 200)], [row(1), row(1.5), row(6, 200)])
    assert len(verdict.doubled) == 1
    assert not verdict.faultless


def test_a_changed_value_is_wrong_and_so_is_an_invented_zero():
    assert judge([reading(1)], [row(1, 101)]).wrong
    assert judge([reading(1)], [row(1, 100, 0)]).wrong


def test_a_recording_may_not_know_every_value():
    assert judge([reading(1, house_time=None)], [row(1, 100, 700)]).faultless


def test_soon_after_a_falsified_reading_a_value_may_be_missing_but_not_wrong():
    readings = [reading(1, faults=["spikes"]), *(reading(second) for second in (6, 11, 16, 21, 26))]
    told = [row(1, 999_999), row(6, None), row(11), row(16, None), row(21, None), row(26)]
    assert judge(readings, told).faultless
    assert len(judge(readings, [*told[:2], row(11, 999_999), *told[3:]]).wrong) == 1
    assert len(judge(readings, [*told[:5], row(26, None)]).wrong) == 1


def test_only_the_last_reading_before_a_kill_may_be_in_hand():
    kill = [START + timedelta(seconds=6.2)]
    readings = [reading(1), reading(6, 200, confirmed=False)]
    verdict = judge(readings, [row(1)], kill)
    assert verdict.in_hand == [readings[1]]
    assert verdict.faultless
    assert judge(readings, [row(1)]).lost == [readings[1]]
    assert judge([reading(1), reading(6, 200)], [row(1)], kill).lost  # the edge had asked on


def test_an_uncertain_reading_may_be_there_or_not():
    uncertain = [reading(1), reading(6, 200, certain=False)]
    assert judge(uncertain, [row(1)]).summary()["polled"] == 1
    assert judge(uncertain, [row(1), row(6, 200)]).summary()["polled"] == 2


def test_texts_and_times_are_compared_too():
    truth = {"meter_unique_id": "3153", "meter_ts": "2026-01-01T00:00:01.000Z", "water_ts": None}
    stored = {"meter_unique_id": "3153", "meter_ts": 1767225601000, "water_ts": None}
    given = reading(1, truth=truth)
    assert judge([given], [Row(START + timedelta(seconds=1), stored)]).faultless
    for name, wrong in (("meter_unique_id", "3154"), ("meter_ts", 1767225602000), ("meter_ts", None), ("water_ts", 1)):
        verdict = judge([given], [Row(START + timedelta(seconds=1), stored | {name: wrong})])
        assert len(verdict.wrong) == 1, name


def test_the_counts_of_several_devices_are_told_together_and_apart():
    told = summaries({"home": judge([reading(1)], [row(1)]), "p1": judge([reading(1), reading(6)], [row(1)])})
    assert (told["polled"], told["stored"], told["lost"]) == (3, 2, 1)
    assert told["devices"]["p1"]["lost"] == 1
    assert told["devices"]["home"]["lost"] == 0

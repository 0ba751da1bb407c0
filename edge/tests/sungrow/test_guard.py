import pytest

from sungaze_edge.sources.sungrow.guard import CONFIRMATION_S, CONFIRMATIONS, STALE_AFTER, GuardState, check

POLL_S = 5.0


class Polls:
    """Passes readings through the guard, one poll after the other."""

    def __init__(self):
        self.state = GuardState()
        self.now_s = 1000.0

    def __call__(self, total=None, *, words=None, state="Running", field="pv_total_kwh"):
        self.now_s += POLL_S
        values = {field: total, "pv_power_w": 100, "running_state": state}
        self.state, passed = check(self.state, values, words or {}, now_s=self.now_s, rated_w=5000)
        assert passed.keys() == values.keys()
        return passed[field]


@pytest.fixture
def poll():
    return Polls()


def known(poll):
    """Let the counter be known at 500 kWh."""
    for _ in range(CONFIRMATIONS):
        poll(500.0)


def test_a_counter_that_counts_passes(poll):
    assert [poll(total) for total in (500.0, 500.0, 500.1, 500.2)] == [500.0, 500.0, 500.1, 500.2]


def test_a_drop_is_left_out_until_the_counter_is_back(poll):
    poll(500.0)
    assert [poll(total) for total in (0.0, 3.0, 500.0, 500.1)] == [None, None, 500.0, 500.1]
    assert not poll.state.held_back


@pytest.mark.parametrize("garbage", [1677721.6, 0.0])
@pytest.mark.parametrize("length", [1, 3])
def test_garbage_at_a_start_costs_the_true_counter_no_more_readings_than_it_lasted(poll, garbage, length):
    for _ in range(length):
        poll(garbage)
    assert [poll(total) for total in (*[500.0] * length, 500.0, 500.1)] == [*[None] * length, 500.0, 500.1]
    assert [poll(total) for total in (garbage, garbage, 500.1)] == [None, None, 500.1]


def test_a_dropout_after_the_first_reading_is_not_believed_however_long(poll):
    poll(500.0)
    assert [poll(0.0) for _ in range(5)] == [None] * 5
    assert poll(500.0) == 500.0


def test_a_leap_beyond_the_rated_power_is_left_out(poll):
    poll(500.0)
    assert [poll(total) for total in (501.0, 500.1)] == [None, 500.1]


def test_a_counter_that_stood_still_may_catch_up(poll):
    poll(500.0)
    for _ in range(720):
        poll(500.0)
    assert poll(509.0) == 509.0


@pytest.mark.parametrize("level", [2.0, 9000.0])
def test_a_swapped_meter_is_believed_once_its_level_has_settled(poll, level):
    known(poll)
    settling = int(CONFIRMATION_S / POLL_S)
    shown = [poll(level + n // 60 / 10) for n in range(settling + 2)]
    assert shown[:settling] == [None] * settling
    assert None not in shown[settling:]
    assert not poll.state.held_back


def test_a_few_readings_far_apart_are_enough_time_but_not_enough_readings(poll):
    known(poll)
    poll(2.0)
    poll.now_s += CONFIRMATION_S
    assert poll(2.0) is None


def test_garbage_that_lasts_for_minutes_is_not_believed(poll):
    known(poll)
    assert {poll(1677721.5) for _ in range(10 * CONFIRMATIONS)} == {None}
    assert poll(500.1) == 500.1


def test_a_dropout_to_zero_is_never_a_swapped_meter(poll):
    poll(500.0)
    assert {poll(0.0) for _ in range(1000)} == {None}
    assert poll(500.1) == 500.1


def test_levels_that_jump_about_are_never_believed(poll):
    poll(500.0)
    assert {poll(total) for total in (7.0, 90.0) * 200} == {None}


def test_a_missing_counter_changes_nothing(poll):
    poll(500.0)
    assert poll(None) is None
    assert poll(499.0) is None


def test_a_house_may_draw_more_than_the_inverter_is_rated(poll):
    poll(500.0, field="import_total_kwh")
    assert poll(500.3, field="import_total_kwh") == 500.3


def test_values_that_do_not_move_are_noticed_and_still_pass(poll):
    words = {1: 1}
    for _ in range(STALE_AFTER):
        assert poll(500.0, words=words) == 500.0
    assert not poll.state.is_stale
    assert poll(500.0, words=words) == 500.0
    assert poll.state.is_stale
    poll(500.0, words={1: 2})
    assert not poll.state.is_stale


def test_an_inverter_at_rest_may_stand_still(poll):
    for _ in range(3 * STALE_AFTER):
        poll(500.0, words={1: 1}, state="Standby")
    assert not poll.state.is_stale

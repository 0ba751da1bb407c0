"""The clock tells the time, and whether it is known to be right."""

from datetime import UTC, datetime, timedelta

from sungaze_edge.clock import Clock, kernel_synced, uptime_s

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


def test_a_time_is_utc_and_in_milliseconds(hands):
    hands.wall_s += 0.123456
    assert hands.clock().instant().wall == NOON + timedelta(milliseconds=123)


def test_a_clock_that_the_kernel_holds_for_synchronised_is_right(hands):
    assert hands.clock().synced()


def test_a_clock_older_than_the_program_is_wrong_whatever_the_kernel_says(hands):
    hands.wall_s = 0
    assert not hands.clock().synced()


def test_without_a_witness_the_time_is_only_a_guess(hands):
    hands.kernel = False
    instant = hands.clock().instant()
    assert not instant.synced
    assert instant.wall == NOON


def test_the_mark_of_timesyncd_counts_only_where_the_kernel_may_not_be_asked(hands):
    hands.timesyncd = True
    hands.kernel = False
    assert not hands.clock().synced()
    hands.kernel = None
    assert hands.clock().synced()


def test_a_server_confirms_a_wall_clock_that_agrees(hands):
    hands.kernel = False
    hands.wall_s += 0.75
    clock = hands.clock()
    clock.hear(NOON, 0.1)
    assert clock.instant().synced
    assert clock.instant().wall == NOON + timedelta(seconds=0.75), "the finer of two clocks that agree"


def test_an_answer_that_a_busy_server_stamped_late_does_not_move_the_clock(hands, caplog):
    hands.kernel = False
    clock = hands.clock()
    for stamped_s_ago in (0, 2, 5):
        clock.hear(NOON - timedelta(seconds=stamped_s_ago), 0.1)
    assert clock.instant().wall == NOON
    assert caplog.records == []


def test_a_server_replaces_a_wall_clock_that_is_far_off(hands, caplog):
    hands.kernel = False
    hands.wall_s -= 3600
    clock = hands.clock()
    clock.hear(NOON, 0.2)
    clock.hear(NOON, 0.2)
    assert abs(clock.instant().wall - NOON) < timedelta(seconds=1)
    assert len(caplog.records) == 1


def test_a_server_is_not_asked_where_the_kernel_knows(hands):
    clock = hands.clock()
    clock.hear(NOON + timedelta(days=1), 0.1)
    assert clock.instant().wall == NOON


def test_an_answer_without_a_date_lets_a_plausible_wall_clock_do(hands):
    hands.kernel = False
    clock = hands.clock()
    clock.hear(None, 0.1)
    assert clock.synced()
    hands.wall_s = 0
    clock = hands.clock()
    clock.hear(None, 0.1)
    assert not clock.synced()


def test_a_server_whose_own_clock_is_older_than_the_program_is_not_believed(hands):
    hands.kernel = False
    clock = hands.clock()
    clock.hear(datetime(1970, 1, 1, tzinfo=UTC), 0.1)
    assert clock.instant().wall == NOON


def test_once_known_the_time_survives_a_step_of_the_wall_clock(hands):
    clock = hands.clock()
    clock.instant()
    hands.pass_s(60)
    hands.kernel = False  # as the kernel does when someone sets the clock
    hands.wall_s -= 86_400
    instant = clock.instant()
    assert instant.synced
    assert instant.wall == NOON + timedelta(seconds=60)


def test_a_synchronisation_by_the_kernel_wins_over_what_the_server_told(hands):
    hands.kernel = False
    hands.wall_s -= 3600
    clock = hands.clock()
    clock.hear(NOON, 0)
    hands.wall_s += 3600.3
    hands.kernel = True
    assert clock.instant().wall == NOON + timedelta(seconds=0.3)


def test_the_real_machine_can_be_asked():
    assert kernel_synced() in (True, False, None)
    assert uptime_s() > 0
    first, second = Clock().instant(), Clock().instant()
    assert first.boot_id == second.boot_id
    assert second.monotonic_s >= first.monotonic_s

"""One loop for any source: the schedule, the backoff, what is logged and how it ends."""

import asyncio
from itertools import pairwise

import pytest

from sungaze_edge.errors import SourceUnavailableError, SourceUnusableError, SpoolError
from sungaze_edge.poller import Poller


class Device:
    """A source that does what its script says: seconds a read takes, or an error to raise."""

    device_id, kind = "home", "toy"

    def __init__(self, *script, interval_s=5.0):
        self.poll_interval_s = interval_s
        self.script = list(script)
        self.starts, self.ends, self.closed = [], [], 0
        self.reading = False

    async def read(self):
        now = asyncio.get_running_loop().time
        assert not self.reading, "two reads at once"
        self.reading = True
        self.starts.append(now())
        try:
            step = self.script.pop(0) if self.script else 0.5
            if isinstance(step, Exception):
                raise step
            await asyncio.sleep(step)
            return {"power_w": len(self.starts)}
        finally:
            self.reading = False
            self.ends.append(now())

    async def close(self):
        self.closed += 1


@pytest.fixture
def watch(in_jumping_time, clock):
    """Poll a device for so many seconds; give what was stored."""

    def run(device, seconds, store=None, **options):
        stored = []

        async def keep(reading):
            stored.append(reading)

        async def scene():
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(seconds, stop.set)
            await poller.run(stop)

        poller = Poller(device, store or keep, clock, **{"backoff_s": (5, 60), "read_timeout_s": 60, **options})
        in_jumping_time(scene())
        return poller, stored

    return run


def unavailable(count):
    return [SourceUnavailableError("no answer")] * count


def test_hc004_polls_follow_an_absolute_schedule(watch):
    device = Device(0.3, 2.0, 0.1, 4.9)
    _, stored = watch(device, 52)
    assert device.starts == pytest.approx([5.0 * n for n in range(11)])
    assert len(stored) == 11


def test_hc004_a_missed_tick_is_skipped_and_never_made_up_for(watch):
    device = Device(12.0, 0.5)
    watch(device, 31)
    assert device.starts == pytest.approx([0, 15, 20, 25, 30])


def test_hc004_reads_never_overlap_and_never_follow_each_other_early(watch):
    device = Device(*[4.99, 5.01, 9.7, 0.1, 5.0] * 20)
    watch(device, 500)
    gaps = [after - before for before, after in pairwise(device.starts)]
    assert min(gaps) >= 5 - 1e-6


def test_hc004_a_poll_that_began_late_is_not_followed_at_once_by_the_next(watch):
    device = Device()

    async def stall_once(_):
        loop = asyncio.get_running_loop()
        if len(device.starts) == 1:  # the machine stands still from 4.9 s to 9 s
            loop.call_at(4.9, setattr, loop, "now_s", 9.0)

    watch(device, 31, stall_once)
    assert device.starts == pytest.approx([0, 9, 15, 20, 25, 30])


def test_hc004_a_device_that_fails_is_asked_less_and_less_often(watch):
    device = Device(*unavailable(100))
    watch(device, 600)
    gaps = [after - before for before, after in pairwise(device.starts)]
    assert all(gap >= 5 - 1e-6 for gap in gaps)
    assert gaps[5] >= 30
    assert max(gaps) <= 65


def test_after_a_success_the_backoff_begins_anew(watch):
    device = Device(*unavailable(6), 0.5, SourceUnavailableError("again"))
    watch(device, 600)
    recovered = device.starts[6]
    assert device.starts[7] == pytest.approx(recovered + 5)
    assert device.starts[8] <= recovered + 15


def test_a_failed_read_closes_the_connection(watch):
    device = Device(SourceUnavailableError("no answer"), 0.1)
    watch(device, 11)
    assert device.closed == 2, "after the failure and at the end"


def test_trouble_and_recovery_are_one_line_each(watch, caplog):
    caplog.set_level("INFO")
    watch(Device(*unavailable(5)), 400)
    *trouble, first = caplog.records
    assert [record.levelname for record in trouble] == ["WARNING", "INFO"]
    assert first.getMessage() == "The first reading of home is stored."
    assert "home cannot be read: no answer" in caplog.text
    assert "after 5 failed reads" in caplog.text


def test_a_reason_that_wants_a_person_is_told_even_when_the_device_was_failing_already(watch, caplog):
    revoked, silent = SourceUnusableError("the token is revoked"), SourceUnusableError("the meter is silent")
    watch(Device(*unavailable(2), revoked, revoked, silent), 200)
    told = [record.message.split(": ")[1].split(".")[0] for record in caplog.records if "cannot be" in record.message]
    assert told == ["no answer", "the token is revoked", "the meter is silent"]


def test_nonsense_and_mistakes_of_a_source_do_not_end_the_loop(watch, caplog):
    device = Device(SourceUnusableError("nonsense"), ZeroDivisionError("oops"), ZeroDivisionError("oops"), 0.1)
    poller, stored = watch(device, 100)
    assert stored
    assert poller.status.failures == 3
    assert caplog.text.count("Traceback") == 1, "a mistake is told once for each kind"


def test_a_read_that_hangs_is_cancelled(watch):
    device = Device(10_000.0, 0.1)
    poller, stored = watch(device, 100, read_timeout_s=30)
    assert device.ends[0] == pytest.approx(30)
    assert stored
    assert poller.status.last_error == "the device did not answer in time"


def test_a_reading_carries_the_time_when_its_read_began(in_jumping_time, hands, clock):
    class Slow(Device):
        async def read(self):
            hands.pass_s(3)
            return {}

    async def scene():
        stop, stored = asyncio.Event(), []

        async def keep(reading):
            stored.append(reading)
            stop.set()

        await Poller(Slow(), keep, clock, backoff_s=(5, 60), read_timeout_s=60).run(stop)
        return stored[0]

    before = clock.instant().wall
    assert in_jumping_time(scene()).taken.wall == before


def test_hc001_at_the_end_the_reading_in_hand_is_finished_and_stored(watch):
    device = Device(0.1, 2.0)
    _, stored = watch(device, 6)
    assert len(stored) == 2
    assert device.ends[-1] == pytest.approx(7)
    assert device.closed == 1


def test_a_device_that_hangs_does_not_delay_the_end(watch):
    device = Device(10_000.0)
    watch(device, 3)
    assert device.ends == pytest.approx([7])


def test_hc001_a_reading_that_cannot_be_stored_is_kept_until_it_can(watch, caplog):
    caplog.set_level("INFO")
    stored, device = [], Device()

    async def full_at_first(reading):
        if asyncio.get_running_loop().time() < 100:
            raise SpoolError("The disk is full.")
        stored.append(reading.values["power_w"])

    poller, _ = watch(device, 121, store=full_at_first)
    assert stored[0] == 1, "the very reading that did not fit"
    assert stored == list(range(1, len(stored) + 1)), "none was polled that could not be stored"
    assert poller.status.storage_error is None
    assert [record.levelname for record in caplog.records[:-1]] == ["WARNING", "INFO"]


def test_stopping_while_nothing_can_be_stored_does_not_hang(watch, caplog):
    async def full(_):
        raise SpoolError("The disk is full.")

    watch(Device(), 10, store=full)
    assert "is lost" in caplog.text


def test_a_source_that_cannot_even_be_closed_does_not_end_the_loop(watch):
    class Stubborn(Device):
        async def close(self):
            self.closed += 1
            if self.closed == 1:
                await asyncio.sleep(1000)
            raise RuntimeError("no")

    _, stored = watch(Stubborn(SourceUnavailableError("x")), 30)
    assert stored

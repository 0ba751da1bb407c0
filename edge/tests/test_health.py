"""The health file tells how the daemon is, and the check judges it by age, not by the wall clock."""

import asyncio
import json
from itertools import pairwise

import pytest

from sungaze_edge.errors import SpoolError
from sungaze_edge.health import Health
from sungaze_edge.health_check import illness
from sungaze_edge.poller import Poller
from sungaze_edge.spool import Spool
from sungaze_edge.uploader import Uploader
from sungaze_edge.verdict import Verdict


class Device:
    device_id, kind, poll_interval_s = "home", "toy", 5.0


@pytest.fixture
async def scene(tmp_path, clock, hands, reading):
    """A daemon's parts, well and in use, without its loops."""

    class Scene:
        path = tmp_path / "health.json"

        async def look(self):
            self.path.unlink(missing_ok=True)
            running = asyncio.create_task(self.health.run(asyncio.Event()))
            while not self.path.exists():  # noqa: ASYNC110 - a file gives no event
                await asyncio.sleep(0.001)
            running.cancel()
            await asyncio.wait([running])
            return json.loads(self.path.read_text())

        async def illness(self, *, later_s=0):
            await self.look()
            hands.pass_s(later_s)
            return illness(self.path, clock.instant())

    async with Spool(tmp_path / "spool.db") as spool:
        it = Scene()
        it.spool = spool
        it.poller = Poller(Device(), spool.enqueue, clock, backoff_s=(5, 60), read_timeout_s=60)
        it.uploader = Uploader(
            spool,
            None,
            clock,
            batch_size=30,
            interval_s=10,
            drain_batch_size=1000,
            backoff_s=(1, 300),
            denied_backoff_s=(120, 300),
        )
        it.health = Health(
            it.path, clock, spool, [it.poller], it.uploader, poll_stale_s=60, upload_stale_s=900, interval_s=10
        )
        it.poller.status.last_success = it.uploader.status.last_success = clock.instant()
        yield it


async def test_the_file_tells_what_a_person_wants_to_know(scene, reading):
    await scene.spool.enqueue(reading())
    state = await scene.look()
    assert state["sources"][0]["device_id"] == "home"
    assert state["sources"][0]["last_success"] == "2026-06-21T12:00:00.000Z"
    assert state["spool"]["rows"] == 1
    assert state["spool"]["oldest_ts"] == "2026-06-21T12:00:05.000Z"
    assert state["spool"]["disk_free_bytes"] > 0
    assert state["clock"] == {"synced": True}
    assert state["memory_bytes"] > 2**20
    assert state["version"]


async def test_the_file_is_its_owners_alone(scene):
    await scene.look()
    assert scene.path.stat().st_mode & 0o777 == 0o600


async def test_a_daemon_that_polls_and_delivers_is_well(scene):
    assert await scene.illness(later_s=50) is None


async def test_a_source_that_was_not_read_for_a_minute_is_ill(scene, hands):
    scene.poller.status.last_error = "no answer"
    hands.pass_s(61)
    assert "home was not read for 61 s: no answer" in await scene.illness()


async def test_a_slow_source_has_six_intervals(scene, hands, monkeypatch):
    monkeypatch.setattr(Device, "poll_interval_s", 60.0)
    hands.pass_s(350)
    assert await scene.illness() is None
    hands.pass_s(20)
    assert await scene.illness() is not None


async def test_a_source_that_never_answered_is_given_a_minute_from_the_start(scene, hands):
    scene.poller.status.last_success = None
    assert await scene.illness(later_s=59) is None
    assert await scene.illness() is None
    hands.pass_s(2)
    assert "was not read" in await scene.illness()


async def well_but_waiting(scene, hands, clock, reading, seconds):
    await scene.spool.enqueue(reading())
    await scene.look()
    hands.pass_s(seconds)
    scene.poller.status.last_success = clock.instant()


async def test_readings_that_wait_for_a_quarter_of_an_hour_are_an_illness(scene, hands, clock, reading):
    scene.uploader.status.last_error = "the server cannot be reached"
    await well_but_waiting(scene, hands, clock, reading, 890)
    assert await scene.illness() is None
    await well_but_waiting(scene, hands, clock, reading, 20)
    assert "2 readings wait" in await scene.illness()


async def test_a_long_silence_of_the_device_does_not_make_delivery_ill(scene, hands, clock, reading):
    hands.pass_s(5000)
    await well_but_waiting(scene, hands, clock, reading, 5)
    assert await scene.illness() is None


async def test_a_refused_token_is_an_illness_at_once(scene):
    scene.uploader._put_off(Verdict.DENIED, "the server does not know the token")
    assert "does not know the token" in await scene.illness()


async def test_a_device_that_the_token_is_not_for_is_an_illness_while_others_are_delivered(scene, clock):
    scene.uploader.status.denied_devices = frozenset({"renamed"})
    scene.uploader.status.verdict, scene.uploader.status.last_success = Verdict.STORED, clock.instant()
    assert "Readings of renamed are not delivered" in await scene.illness()


async def test_readings_refused_and_none_stored_for_a_quarter_of_an_hour_are_an_illness(scene, hands, clock):
    scene.uploader._tell_refused(1, "ts: no")
    scene.uploader.status.verdict = Verdict.REFUSED
    hands.pass_s(880)
    scene.uploader._tell_refused(1, "ts: no")
    scene.poller.status.last_success = clock.instant()
    assert await scene.illness() is None
    assert (await scene.look())["upload"]["refused"] == 2
    hands.pass_s(30)
    sentence = await scene.illness()
    assert "refuses readings and has stored none for 910 s" in sentence
    assert "ts: no" in sentence


async def test_a_spool_that_cannot_store_is_an_illness_at_once(scene, monkeypatch):
    scene.poller.status.storage_error = "The disk is full."
    assert "The disk is full." in await scene.illness()
    scene.poller.status.storage_error = None

    async def fails():
        raise SpoolError("The spool is gone.")

    monkeypatch.setattr(scene.spool, "status", fails)
    assert await scene.illness() == "The spool is gone."


async def test_a_file_that_is_old_missing_or_nonsense_is_an_illness(scene, clock, hands):
    assert "the daemon does not run" in await scene.illness(later_s=130)
    scene.path.unlink()
    assert "no health file" in illness(scene.path, clock.instant())
    for text in ("", "{}", "[]", "null", '{"boot_id": 1, "uptime_s": "x"}', "\x00"):
        scene.path.write_text(text)
        assert "makes no sense" in illness(scene.path, clock.instant())


async def test_a_daemon_that_was_stopped_is_ill_at_once(scene, clock):
    stop = asyncio.Event()
    stop.set()
    await scene.health.run(stop)
    assert "The daemon was stopped at 2026-06-21T12:00:00.000Z" in illness(scene.path, clock.instant())


async def test_a_file_from_before_the_last_start_of_the_machine_is_old(scene, hands):
    await scene.look()
    hands.reboot(wall_s=hands.wall_s + 60, boot="boot-2")
    assert "the daemon does not run" in illness(scene.path, hands.clock().instant())


async def test_a_step_of_the_clock_makes_nobody_ill(scene, hands):
    hands.kernel = False
    hands.wall_s += 86_400
    assert await scene.illness() is None


async def test_the_file_is_written_when_something_changes_and_otherwise_rarely(scene, in_jumping_time, hands):
    written = []
    scene.health._write = lambda state: written.append(state["uptime_s"])

    async def run():
        stop = asyncio.Event()
        task = asyncio.create_task(scene.health.run(stop))
        for second in range(95):
            await asyncio.sleep(0)
            scene.health._interval_s = 0.001
            if second == 45:
                scene.poller.status.consecutive_failures = 1
            await asyncio.sleep(0.005)
            hands.pass_s(1)
        stop.set()
        await task

    await run()
    gaps = [round(after - before) for before, after in pairwise(written)]
    assert len(written) <= 6
    assert 30 in gaps
    assert any(gap < 30 for gap in gaps[:-1]), "the failure was told at once"


async def test_a_place_that_cannot_be_written_is_told_once(scene, caplog):
    scene.health._path = scene.path.parent / "missing" / "health.json"
    stop = asyncio.Event()
    stop.set()
    await scene.health.run(stop)
    await scene.health.run(stop)
    assert caplog.text.count("cannot be written") == 1

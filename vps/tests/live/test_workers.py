"""What one worker stores, a stream of another one tells: through Redis, and without it, too."""

import asyncio
import logging

import msgspec
import pytest
from waiting import until

from sungaze_vps.api import stream
from sungaze_vps.cache import redis_line
from sungaze_vps.live import channel

SAMPLE = {"device_id": "home", "kind": "sungrow", "ts": "2026-06-21T10:00:00.000Z", "pv_power_w": 2500}
PAUSE_S = 0.1

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(redis_line, "PAUSE_S", PAUSE_S)
    monkeypatch.setattr(stream, "ALIVE_S", 1000)  # a stream that looks by itself would hide what was not heard


class Pair:
    """Two workers, a stream of the second one, and readings that the first one stores."""

    def __init__(self, first, second, stream):
        self.first, self.second, self.stream = first, second, stream
        self.seconds = 0

    async def store(self):
        self.seconds += 1
        await self.first.ingest(SAMPLE | {"ts": f"2026-06-21T10:00:{self.seconds:02}Z"})

    async def arrives(self):
        assert (await self.stream.sample())["ts"] == f"2026-06-21T10:00:{self.seconds:02}.000Z"

    async def store_and_hear(self):
        await self.store()
        await self.arrives()


@pytest.fixture
def redis_url(redis):
    return redis.url


@pytest.fixture
async def pair(redis, redis_url, start):
    async with (
        start(redis_url=redis_url) as first,
        start(redis_url=redis_url, cache_ttl_s=0) as second,  # has no cache, and hears all the same
        second.stream() as stream,
    ):
        assert await stream.block() == ["retry: 1000"]
        await until_listening(redis, 1)
        yield Pair(first, second, stream)


async def until_listening(redis, number):
    async def are():
        return await asyncio.to_thread(redis.command, "PUBSUB", "NUMSUB", channel._NAME) == [b"sungaze:news", number]

    await until(are)


async def until_told(caplog, words):
    await until(lambda: words in caplog.text)


async def test_a_sample_stored_by_one_worker_is_told_by_another_without_waiting_for_anything(pair, monkeypatch):
    monkeypatch.setattr(redis_line, "PAUSE_S", 1000)  # nobody looks by himself
    for _ in range(3):
        await pair.store_and_hear()


async def test_a_worker_listens_only_while_somebody_listens_to_it(redis, start):
    async with start(redis_url=redis.url) as api:
        await until_listening(redis, 0)
        async with api.stream():
            await until_listening(redis, 1)
        await until_listening(redis, 0)


async def test_only_names_of_devices_travel(pair, redis):
    with redis.connect() as client, client.pubsub() as ears:
        ears.subscribe(channel._NAME)
        assert ears.get_message(timeout=10)["type"] == "subscribe"
        await pair.store_and_hear()
        sender, *device_ids = msgspec.json.decode(ears.get_message(timeout=10)["data"])
    assert device_ids == ["home"]
    assert len(sender) == 16


@pytest.mark.parametrize("words", [b"hello", b"[]", b'{"a": 1}', b"\xff", b'["x", "home", "nobodys"]'])
async def test_what_others_say_in_the_channel_does_no_harm(pair, redis, caplog, words):
    redis.command("PUBLISH", channel._NAME, words)
    await pair.store_and_hear()
    assert not [record for record in caplog.records if record.exc_info]


async def test_without_redis_it_arrives_all_the_same_and_the_log_tells_of_the_outage_and_its_end_once(
    pair, redis, caplog
):
    caplog.set_level(logging.INFO, "sungaze_vps")
    await pair.store_and_hear()
    redis.stop()
    for _ in range(3):
        await pair.store_and_hear()
    told = [record.getMessage() for record in caplog.records if "news from" in record.getMessage()]
    assert len(told) == 1
    assert told[0].startswith("news from other workers is unavailable: ")
    redis.start()
    await until_told(caplog, "news from other workers is back")
    await pair.store_and_hear()
    await until_told(caplog, "Redis is back")
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2  # the cache's and ours


async def test_a_redis_that_hangs_is_given_up_and_found_again(pair, redis, caplog):
    caplog.set_level(logging.INFO, "sungaze_vps")
    redis.hang()
    await pair.store_and_hear()
    await until_told(caplog, "news from other workers is unavailable: no answer")
    redis.go_on()
    await until_told(caplog, "news from other workers is back")
    await pair.store_and_hear()


async def test_what_redis_did_not_take_is_told_when_it_is_back(pair, redis):
    mouth = pair.first.app.state.live._channel
    redis.stop()
    await pair.store_and_hear()
    await until(lambda: mouth._line.fails and mouth._untold)
    redis.start()
    await until(lambda: not (mouth._untold or mouth._line.fails))


@pytest.fixture
def mute(redis):
    """Make a user of Redis as it makes them by default: one that may use no channel."""
    redis.command("ACL", "SETUSER", "mute", "on", ">hush", "~*", "+@all", "resetchannels")
    return f"redis://mute:hush@127.0.0.1:{redis.port}/0"


async def test_a_user_of_redis_that_may_use_no_channel_gets_samples_late_and_one_warning_each_way(mute, start, caplog):
    async with start(redis_url=mute) as first, start(redis_url=mute) as second, second.stream() as stream:
        pair = Pair(first, second, stream)
        for _ in range(3):
            await pair.store_and_hear()
        await until_told(caplog, "telling other workers")
        await until_told(caplog, "news from other workers")
    told = [record.getMessage() for record in caplog.records]
    assert len([line for line in told if line.startswith("telling other workers through Redis is unavailable")]) == 1
    assert len([line for line in told if line.startswith("news from other workers is unavailable")]) == 1
    assert len(told) == 2
    assert "hush" not in caplog.text


async def test_a_worker_that_stops_tells_what_it_stored_last(pair, start, redis):
    async with start(redis_url=redis.url) as third:
        await third.ingest(SAMPLE | {"ts": "2026-06-21T11:00:00Z"})
    assert (await pair.stream.sample())["ts"] == "2026-06-21T11:00:00.000Z"

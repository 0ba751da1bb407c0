import asyncio
import logging
import ssl

import pytest
import trustme
import uvloop

from sungaze_vps.cache.cache import open_cache
from sungaze_vps.cache.memory import MAX_ENTRIES, MemoryCache
from sungaze_vps.cache.redis_client import RedisCache
from sungaze_vps.cache.redis_line import PAUSE_S


class Monotonic:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def monotonic():
    return Monotonic()


@pytest.fixture
async def redis_cache(redis, monotonic):
    cache = RedisCache(redis.url, 5, monotonic)
    yield cache
    await cache.close()


@pytest.fixture(params=["memory", "redis"])
def cache(request):
    if request.param == "memory":
        return MemoryCache(5)
    return request.getfixturevalue("redis_cache")


async def test_what_was_put_is_given_until_it_is_invalidated(cache):
    assert await cache.get("realtime:home") is None
    await cache.put("realtime:home", b"{}", cache.version)
    assert await cache.get("realtime:home") == b"{}"
    await cache.invalidate(["realtime:home", "realtime:cabin"])
    assert await cache.get("realtime:home") is None


async def test_a_slow_reader_cannot_put_back_what_was_invalidated_meanwhile(cache):
    version = cache.version
    await cache.invalidate(["realtime:home"])
    await cache.put("realtime:home", b"older", version)
    assert await cache.get("realtime:home") is None


async def test_the_memory_cache_forgets_after_its_time_to_live(monotonic):
    cache = MemoryCache(5, monotonic)
    await cache.put("a", b"1", cache.version)
    monotonic.now += 4.9
    assert await cache.get("a") == b"1"
    monotonic.now += 0.2
    assert await cache.get("a") is None


async def test_the_memory_cache_is_bounded():
    cache = MemoryCache(5)
    for number in range(MAX_ENTRIES + 10):
        await cache.put(str(number), b"", cache.version)
    assert len(cache._entries) == MAX_ENTRIES
    assert await cache.get("9") is None
    assert await cache.get("10") == b""


async def test_redis_gets_the_time_to_live(redis, redis_cache):
    await redis_cache.put("realtime:home", b"{}", redis_cache.version)
    assert 4000 < redis.command("PTTL", "realtime:home") <= 5000


async def test_it_comes_in_with_a_password_that_is_no_plain_word_and_keeps_to_its_database(redis):
    redis.command("ACL", "SETUSER", "sungaze", "on", ">a/b c", "~*", "+@all")
    cache = RedisCache(f"redis://sungaze:a%2Fb%20c@127.0.0.1:{redis.port}/3", 5)
    await cache.put("a", b"1\r\n2", cache.version)
    assert await cache.get("a") == b"1\r\n2"
    await cache.close()
    assert redis.command("EXISTS", "a") == 0


async def test_a_wrong_password_is_a_miss_that_is_not_told(redis, caplog):
    cache = RedisCache(f"redis://nobody:hush@127.0.0.1:{redis.port}", 5)
    assert await cache.get("a") is None
    assert cache.line.errors == 1
    assert "hush" not in caplog.text


@pytest.mark.parametrize("trusted", [True, False])
async def test_rediss_is_tls_with_a_certificate_that_is_trusted(redis, tmp_path, monkeypatch, trusted):
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    async def forward(reader, writer):
        redis_reader, redis_writer = await asyncio.open_connection("127.0.0.1", redis.port)
        while data := await reader.read(1000):
            redis_writer.write(data)
            writer.write(await redis_reader.read(1000))
        writer.close()
        redis_writer.close()

    server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
    async with server:
        cache = RedisCache(f"rediss://localhost:{server.sockets[0].getsockname()[1]}", 5)
        assert await cache.ping() is trusted
        await cache.close()


async def test_who_stops_waiting_does_not_mix_up_the_replies_of_others(redis_cache):
    for name in "abc":
        await redis_cache.put(name, name.encode(), redis_cache.version)
    asked = [asyncio.create_task(redis_cache.get(name)) for name in "abc"]
    await asyncio.sleep(0)
    asked[1].cancel()
    await asyncio.wait(asked)
    assert asked[1].cancelled()
    assert [await asked[0], await asked[2]] == [b"a", b"c"]


async def test_a_time_to_live_of_zero_caches_nothing():
    cache = open_cache("redis://127.0.0.1:1", 0)
    await cache.put("a", b"1", cache.version)
    assert await cache.get("a") is None


async def test_redis_that_is_gone_is_a_miss_logged_once_and_its_return_once(redis, redis_cache, monotonic, caplog):
    caplog.set_level(logging.INFO, "sungaze_vps")
    await redis_cache.put("a", b"1", redis_cache.version)
    redis.stop()
    for _ in range(5):
        monotonic.now += PAUSE_S
        assert await redis_cache.get("a") is None
        await redis_cache.put("a", b"1", redis_cache.version)
        await redis_cache.invalidate(["a"])
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    redis.start()
    monotonic.now += PAUSE_S
    assert await redis_cache.ping()
    await redis_cache.put("a", b"2", redis_cache.version)
    assert await redis_cache.get("a") == b"2"
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert redis_cache.line.errors == 5


async def test_a_restart_of_redis_costs_nobody_an_error(redis, redis_cache):
    await redis_cache.put("a", b"1", redis_cache.version)
    redis.stop()
    redis.start()
    assert await redis_cache.get("a") is None
    assert await redis_cache.ping()


async def test_redis_that_hangs_delays_one_request_and_not_those_after_it(redis, redis_cache, monotonic):
    await redis_cache.put("a", b"1", redis_cache.version)
    redis.hang()
    assert await redis_cache.get("a") is None
    asked = redis_cache.line.errors
    assert await asyncio.gather(*(redis_cache.get("a") for _ in range(100))) == [None] * 100
    assert redis_cache.line.errors == asked

    monotonic.now += PAUSE_S  # of many that come after the pause, one tries
    assert await asyncio.gather(*(redis_cache.get("a") for _ in range(100))) == [None] * 100
    assert redis_cache.line.errors == asked + 1

    redis.go_on()
    monotonic.now += PAUSE_S
    assert await redis_cache.get("a") == b"1"


async def test_an_answer_that_came_too_late_is_not_taken_for_the_next_one(redis, redis_cache, monotonic):
    await redis_cache.put("a", b"1", redis_cache.version)
    await redis_cache.put("b", b"2", redis_cache.version)
    redis.hang()
    assert await redis_cache.get("a") is None
    redis.go_on()
    monotonic.now += PAUSE_S
    assert await redis_cache.get("b") == b"2"


async def test_a_redis_that_speaks_nonsense_is_a_miss():
    async def babble(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        cache = RedisCache(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", 5)
        assert await cache.get("a") is None
        assert cache.line.errors == 1
        await cache.close()


async def test_many_at_once_wait_for_each_other_instead_of_doing_without(redis_cache):
    await redis_cache.put("a", b"1", redis_cache.version)
    assert await asyncio.gather(*(redis_cache.get("a") for _ in range(60))) == [b"1"] * 60
    assert redis_cache.line.errors == 0


async def test_a_full_redis_is_one_warning_however_long_it_lasts_and_its_end_one_line(
    redis, redis_cache, monotonic, caplog
):
    caplog.set_level(logging.INFO, "sungaze_vps")
    redis.command("CONFIG", "SET", "maxmemory", "1", "maxmemory-policy", "noeviction")
    for number in range(5):
        monotonic.now += PAUSE_S
        assert await redis_cache.get("a") is None
        await redis_cache.put("a", b"1", redis_cache.version)
        await redis_cache.invalidate(["a"])
        assert redis_cache.line.errors == number + 1
    assert not await redis_cache.ping()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    redis.command("CONFIG", "SET", "maxmemory", "0")
    monotonic.now += PAUSE_S
    await redis_cache.put("a", b"2", redis_cache.version)
    assert await redis_cache.get("a") == b"2"
    assert await redis_cache.ping()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_full_redis_is_asked_to_keep_something_once_in_a_while_only(redis, redis_cache):
    redis.command("CONFIG", "SET", "maxmemory", "1", "maxmemory-policy", "noeviction")
    for _ in range(10):
        await redis_cache.put("a", b"1", redis_cache.version)
    assert redis_cache.line.errors == 1


async def test_what_a_replica_could_not_be_made_to_forget_is_not_taken_from_it(redis, redis_cache, monotonic):
    await redis_cache.put("a", b"old", redis_cache.version)
    await redis_cache.put("b", b"good", redis_cache.version)
    redis.command("REPLICAOF", "127.0.0.1", "1")
    await redis_cache.invalidate(["a"])
    assert redis.command("GET", "a") == b"old"
    assert await redis_cache.get("a") is None
    assert await redis_cache.get("b") == b"good"
    redis.command("REPLICAOF", "NO", "ONE")
    monotonic.now += PAUSE_S
    await redis_cache.put("a", b"new", redis_cache.version)
    assert await redis_cache.get("a") == b"new"


async def test_what_a_hanging_redis_was_not_told_to_forget_is_not_taken_from_it_afterwards(
    redis, redis_cache, monotonic
):
    await redis_cache.put("a", b"old", redis_cache.version)
    redis.hang()
    await redis_cache.invalidate(["a"])
    redis.go_on()
    monotonic.now += PAUSE_S
    assert await redis_cache.get("a") is None


def test_a_connection_that_is_lost_just_before_a_command_is_a_miss_under_uvloop(redis):
    async def lose_it_before_the_command():
        cache = RedisCache(redis.url, 5)
        assert await cache.ping()
        [connection] = cache.line.redis.connection_pool._available_connections

        async def lose():
            connection._writer.transport.abort()
            await asyncio.sleep(0.01)

        connection.check_health = lose
        found = await cache.get("a")
        await cache.close()
        return found, cache.line.errors

    assert uvloop.run(lose_it_before_the_command()) == (None, 1)

"""Whose address a request has: told by a configured proxy, never by a stranger."""

from ipaddress import ip_network

import pytest

from sungaze_vps.api.proxy import ClientAddress
from sungaze_vps.config import load_config
from sungaze_vps.errors import ConfigError

SETTINGS = {"database_url": "sqlite:///x.db", "redis_url": "memory://", "device_tokens": "0123456789abcdef:home"}
PROXIES = ("172.28.0.0/24", "fd00:28::/64")


async def client_seen(peer, *lines, trusted=PROXIES):
    """Give the client's address that an application behind the trusted proxies sees."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["client"])

    headers = [(b"host", b"server"), *((b"x-forwarded-for", line.encode()) for line in lines)]
    scope = {"type": "http", "client": (peer, 4711) if peer else None, "headers": headers}
    await ClientAddress(app, [ip_network(network) for network in trusted])(scope, None, None)
    return seen[0][0] if seen[0] else None


async def test_a_configured_proxy_tells_the_clients_address():
    assert await client_seen("172.28.0.7", "203.0.113.9") == "203.0.113.9"
    assert await client_seen("172.28.0.7", "2001:db8::9") == "2001:db8::9"
    assert await client_seen("fd00:28::7", "203.0.113.9") == "203.0.113.9"


async def test_a_proxy_on_a_socket_of_both_families_is_known():
    assert await client_seen("::ffff:172.28.0.7", "::ffff:203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("peer", ["203.0.113.66", "172.28.1.7", "::ffff:172.28.1.7", "2001:db8::66"])
async def test_a_stranger_is_not_believed(peer):
    assert await client_seen(peer, "198.51.100.1") == peer


async def test_without_a_configured_proxy_nobody_is_believed():
    for peer in ("127.0.0.1", "172.28.0.7", "::1"):
        assert await client_seen(peer, "198.51.100.1", trusted=()) == peer


async def test_what_a_client_wrote_before_the_proxys_own_entry_counts_for_nothing():
    assert await client_seen("172.28.0.7", "198.51.100.1, 203.0.113.9") == "203.0.113.9"
    assert await client_seen("172.28.0.7", "198.51.100.1", "203.0.113.9") == "203.0.113.9"
    assert await client_seen("172.28.0.7", "172.28.0.9, 203.0.113.9, 172.28.0.8") == "203.0.113.9"


@pytest.mark.parametrize("line", ["", "unknown", "203.0.113.9:80", "_hidden", "localhost", "\xff\x00", ","])
async def test_an_address_that_is_none_leaves_the_peers(line):
    assert await client_seen("172.28.0.7", line) == "172.28.0.7"
    assert await client_seen("172.28.0.7") == "172.28.0.7"


async def test_a_request_over_a_local_socket_has_no_address():
    assert await client_seen(None, "203.0.113.9") is None


def test_networks_and_single_addresses_are_taken():
    config = load_config(**SETTINGS, trusted_proxies=" 172.28.0.0/24 ,10.0.0.1, fd00::/8,")
    assert config.trusted_proxies == tuple(map(ip_network, ("172.28.0.0/24", "10.0.0.1/32", "fd00::/8")))
    assert "trusted_proxies=172.28.0.0/24 10.0.0.1/32 fd00::/8" in config.summary()
    assert "trusted_proxies=none" in load_config(**SETTINGS).summary()


@pytest.mark.parametrize("wrong", ["caddy", "172.28.0.1/24", "10.0.0.0/33", "10.0.0.1 10.0.0.2", "0.0.0.0/0", "::/0"])
def test_what_is_no_network_or_everyone_is_refused(wrong):
    with pytest.raises(ConfigError, match="TRUSTED_PROXIES must"):
        load_config(**SETTINGS, trusted_proxies=wrong)

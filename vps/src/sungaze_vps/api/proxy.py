"""Whose request it is when a proxy brings it: told by the proxy, believed only of one that is configured."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from sungaze_vps.config import Network

type Address = IPv4Address | IPv6Address

_FORWARDED_FOR = b"x-forwarded-for"
_REMEMBERED = 256  # addresses; every connection comes from one of a few proxies


class ClientAddress:
    """Wraps an application; gives it the client's address in place of the trusted proxy's."""

    def __init__(self, app: ASGIApp, trusted: Iterable[Network]) -> None:
        """Take the application and the networks of the proxies."""
        self._app = app
        self._trusted = tuple(trusted)
        self._is_proxy = lru_cache(_REMEMBERED)(lambda text: self._trusts(_parse(text)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        if scope["type"] == "http" and scope["client"] and self._is_proxy(scope["client"][0]):
            client = self._forwarded_for(scope["headers"])
            if client is not None:
                scope["client"] = (str(client), 0)  # no proxy tells the port
        await self._app(scope, receive, send)

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)

    def _forwarded_for(self, headers: Iterable[tuple[bytes, bytes]]) -> Address | None:
        """Find the last address that no trusted proxy has; whatever stands before it, a stranger may have written."""
        lines = [value for name, value in headers if name == _FORWARDED_FOR]
        client = None
        for entry in reversed(b",".join(lines).decode("latin-1").split(",")):
            address = _parse(entry.strip())
            if address is None:
                break
            client = address
            if not self._trusts(address):
                break
        return client


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:  # a name, a port, nonsense
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address

"""Callers whose token is unknown: told to the log and slowed down by address, without shutting out who is known."""

import ipaddress
import logging
from datetime import UTC, datetime, timedelta

from sungaze_vps.auth.bearer import Principal
from sungaze_vps.auth.limits import MAX_KEYS, Limit
from sungaze_vps.errors import ProblemError

_LOGGER = logging.getLogger(__name__)
_SILENCE = timedelta(minutes=1)
_IPV6_NETWORK_BITS = 64  # what one subscriber has; counting single addresses would count nothing


class Strangers:
    """Judges who comes with a token, once the token was looked up.

    An address may be wrong a number of times. After that nothing but tokens already known to come from it is let in
    until its bucket fills again. So guessing is slow, and a home whose old edge keeps trying keeps its dashboards.
    """

    def __init__(self, limit: Limit) -> None:
        """Take the limit on wrong tokens per address."""
        self._limit = limit
        self._familiar: dict[tuple[str, Principal], None] = {}
        self._told = datetime.min.replace(tzinfo=UTC)

    def admit(self, principal: Principal | None, address: str, now: datetime) -> Principal:
        """Let the holder of a known token pass.

        Raises:
            ProblemError: 401 for an unknown token, 429 when too many came from the address.
        """
        if principal is not None and (address, principal) in self._familiar:
            return principal
        if principal is None:
            self._tell(address, now)
        network = _network(address)
        self._limit.take(network)
        if principal is None:
            raise no_valid_token()
        self._limit.charge(network, -1)
        if len(self._familiar) >= MAX_KEYS:
            del self._familiar[next(iter(self._familiar))]
        self._familiar[address, principal] = None
        return principal

    def _tell(self, address: str, now: datetime) -> None:
        """Tell the log, once a minute however many come, so that an edge with an old token is found."""
        if abs(now - self._told) >= _SILENCE:  # a clock that is set back must not silence us
            self._told = now
            _LOGGER.warning("requests with an unknown token, one of them from %s", address)


def no_valid_token() -> ProblemError:
    """Make the 401, the same whatever was wrong."""
    detail = "Send a known token in the header 'Authorization: Bearer <token>'."
    return ProblemError("no-valid-token", detail, headers={"WWW-Authenticate": "Bearer"})


def _network(address: str) -> str:
    if ":" not in address:
        return address
    try:
        ip = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((ip, _IPV6_NETWORK_BITS), strict=False))

"""Who calls: bearer tokens, kept as hashes and compared in constant time."""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from sungaze_vps.errors import ProblemError

_LOGGER = logging.getLogger(__name__)
_SILENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a token."""

    devices: frozenset[str]
    can_write: bool

    def require_read(self, device_id: str) -> None:
        """Raise a 403 unless the device is the caller's; it says nothing about whether such a device exists."""
        if device_id not in self.devices:
            raise ProblemError("not-allowed", "This token does not belong to the device asked for.")

    def require_write(self) -> None:
        """Raise a 403 for a token that may only read."""
        if not self.can_write:
            raise ProblemError("not-allowed", "This token may read and not write.")


class Tokens:
    """The known tokens; only their SHA-256 digests are kept."""

    def __init__(self, writers: Mapping[str, frozenset[str]], readers: Mapping[str, frozenset[str]]) -> None:
        """Take token -> devices for the tokens that may write and for those that only read."""
        self._principals = [
            (_digest(token.encode()), Principal(devices, can_write=can_write))
            for known, can_write in ((writers, True), (readers, False))
            for token, devices in known.items()
        ]

    def identify(self, token: bytes) -> Principal | None:
        """Find the token's holder; takes equally long whether, and where, it is found."""
        digest = _digest(token)
        found = None
        for known, principal in self._principals:
            if hmac.compare_digest(digest, known):
                found = principal
        return found


class Strangers:
    """Tells the log of unknown tokens, so that an edge with an old one is found; once a minute, however many come."""

    def __init__(self) -> None:
        """Start with nobody seen."""
        self._told = datetime.min.replace(tzinfo=UTC)

    def seen(self, address: str, now: datetime) -> None:
        """Note a request with an unknown token; the token itself is not for the log."""
        if abs(now - self._told) >= _SILENCE:  # a clock that is set back must not silence us
            self._told = now
            _LOGGER.warning("requests with an unknown token, one of them from %s", address)


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


class _Bearer(SecurityBase):
    """Reads the Authorization header and describes itself to OpenAPI."""

    def __init__(self) -> None:
        self.model = HTTPBearer(description="A token of `DEVICE_TOKENS`, or of `READ_TOKENS` for reading only.")
        self.scheme_name = "bearer"

    async def __call__(self, request: Request) -> Principal:
        tokens: Tokens = request.app.state.tokens
        headers = request.headers.getlist("authorization")
        scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
        principal = tokens.identify(token.strip().encode("latin-1")) if scheme.lower() == "bearer" else None
        if principal is None:
            if token:
                strangers: Strangers = request.app.state.strangers
                strangers.seen(request.client.host if request.client else "a local socket", request.app.state.clock())
            raise ProblemError(
                "no-valid-token",
                "Send a known token in the header 'Authorization: Bearer <token>'.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return principal


type Caller = Annotated[Principal, Security(_Bearer())]
"""Declare a parameter of this type and the route answers 401 to anyone without a valid token."""

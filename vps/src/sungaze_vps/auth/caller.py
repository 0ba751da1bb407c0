"""The two ways to come in, to read and to write: each answers 401, 403 and 429 by itself."""

from typing import Annotated, Literal

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from sungaze_vps.auth.bearer import Principal, Tokens
from sungaze_vps.auth.limits import Limit
from sungaze_vps.auth.strangers import Strangers, no_valid_token

INGEST_COST_SAMPLES = 100
"""What an ingest is charged at least: so many samples cost about as much as the request around them."""


class Bearer(SecurityBase):
    """Reads the Authorization header and describes itself to OpenAPI."""

    def __init__(self, purpose: Literal["read", "write"]) -> None:
        """Take what the caller is going to do."""
        self.model = HTTPBearer(description="A token of `DEVICE_TOKENS`, or of `READ_TOKENS` for reading only.")
        self.scheme_name = "bearer"
        self._purpose = purpose

    async def __call__(self, request: Request) -> Principal:
        """Find out who calls, and count it.

        Raises:
            ProblemError: 401 without a known token, 403 for one that may not write, 429 for one too many.
        """
        caller = _identify(request)
        if self._purpose == "write":
            caller.require_write()
            ingest_limit: Limit = request.app.state.ingest_limit
            ingest_limit.take(caller, INGEST_COST_SAMPLES)
        else:
            read_limit: Limit = request.app.state.read_limit
            read_limit.take(caller)
        return caller


def _identify(request: Request) -> Principal:
    state = request.app.state
    tokens: Tokens = state.tokens
    strangers: Strangers = state.strangers
    headers = request.headers.getlist("authorization")
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    known_scheme = scheme.lower() == "bearer"
    principal = tokens.identify(token.strip().encode("latin-1") if known_scheme else b"")  # the same work for all
    if principal is None and not token:
        raise no_valid_token()  # guesses nothing
    return strangers.admit(principal, request.client.host if request.client else "a local socket", state.clock())


reader, writer = Bearer("read"), Bearer("write")
BEARER_SECURITY = [{reader.scheme_name: list[str]()}]
"""What a `PlainRoute` that calls one of them says of it in its description."""

type Reader = Annotated[Principal, Security(reader)]
"""Declare a parameter of this type to know who reads; which devices is the route's to check."""

"""Around each request: an id that its log lines share, what Prometheus counts of it, a line when the server failed."""

import logging
import re
import secrets
import time
from functools import cache

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sungaze_vps.log import request_id
from sungaze_vps.metrics import REQUEST_DURATION, REQUESTS

_LOGGER = logging.getLogger("sungaze_vps.access")
_ID_HEADER = b"x-request-id"
_GOOD_ID = re.compile(rb"[A-Za-z0-9-]{8,64}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_NO_ROUTE = "none"
_ENDLESS = "/v1/stream"  # lasts as long as its reader stays, which is no latency


class Observed:
    """Wraps an application; outermost, so that it sees what the errors' handlers answer, too."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; an exception passes on to the server, which logs it under the same id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        identity = _identity(scope)
        request_id.set(identity.decode())  # each request is a task of its own and ends with it
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_ID_HEADER, identity)]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            _note(scope, status, time.perf_counter() - began)


def _identity(scope: Scope) -> bytes:
    """Take the id a proxy gave, if it is one that may stand in a log, or make one."""
    for name, value in scope["headers"]:
        if name == _ID_HEADER and _GOOD_ID.fullmatch(value):
            return bytes(value)
    return secrets.token_hex(8).encode()


def _note(scope: Scope, status: int, duration_s: float) -> None:
    route = getattr(scope.get("route"), "path", _NO_ROUTE)
    method = scope["method"] if scope["method"] in _METHODS else "other"
    requests, duration = _counters(route, method, status)
    requests.inc()
    if duration is not None:
        duration.observe(duration_s)
    level = logging.WARNING if status >= 500 else logging.DEBUG
    if _LOGGER.isEnabledFor(level):
        fields = {"method": method, "route": route, "status": status, "duration_ms": round(duration_s * 1000, 1)}
        _LOGGER.log(level, "%s %s %d in %.1f ms", *fields.values(), extra={"fields": fields})


@cache
def _counters(route: str, method: str, status: int) -> tuple[Counter, Histogram | None]:
    duration = None if route == _ENDLESS else REQUEST_DURATION.labels(route, method)
    return REQUESTS.labels(route, method, status), duration

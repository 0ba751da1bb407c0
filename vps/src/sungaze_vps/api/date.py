"""The `Date` of an answer, taken when the answer is given.

uvicorn renews its own once a second, but not while it is suspended or shutting down: answers were seen ten seconds old.
An edge without a clock of its own takes this header for the time.
"""

from datetime import datetime
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sungaze_vps.clock import Clock


class DateHeader:
    """Wraps an application and stamps each of its answers."""

    def __init__(self, app: ASGIApp, now: Clock) -> None:
        """Take the application and the clock."""
        self._app = app
        self._now = now
        self._second = -1
        self._stamp = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and stamp the head of the answer."""

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"date", self._stamp_of(self._now()))]
            await send(message)

        await self._app(scope, receive, stamped)

    def _stamp_of(self, now: datetime) -> bytes:
        """Write a time as the header wants it; the last one is kept, since writing takes longer than asking."""
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._stamp = second, format_datetime(now, usegmt=True).encode()
        return self._stamp

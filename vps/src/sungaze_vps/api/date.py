"""The `Date` of an answer, taken when the answer is given.

uvicorn renews its own once a second, but not while it is suspended or shutting down: answers were seen ten seconds old.
An edge without a clock of its own takes this header for the time.
"""

from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sungaze_vps.clock import Clock


class DateHeader:
    """Wraps an application and stamps each of its answers."""

    def __init__(self, app: ASGIApp, now: Clock) -> None:
        """Take the application and the clock."""
        self._app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and stamp the head of the answer."""

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                stamp = format_datetime(self._now(), usegmt=True).encode()
                message["headers"] = [*message["headers"], (b"date", stamp)]
            await send(message)

        await self._app(scope, receive, stamped)

"""`GET /v1/stream`: the newest sample of each device as soon as it is stored, as server-sent events."""

import asyncio
import random
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from sungaze_vps.api.plain_route import PlainRoute
from sungaze_vps.api.problems import problem_responses
from sungaze_vps.auth.bearer import Principal
from sungaze_vps.auth.caller import BEARER_SECURITY, reader
from sungaze_vps.live.channel import PACE_S
from sungaze_vps.live.hub import Subscription
from sungaze_vps.live.live import Live

router = APIRouter(prefix="/v1", tags=["readings"], route_class=PlainRoute)

ALIVE_S = 15.0
LASTS_S = (90.0, 105.0)
"""Less than a proxy lets an answer take (Caddy as shipped: 120 s); at random, so that not all come again at once."""
_BEGIN = b"retry: 1000\n\n"
_ALIVE = b": alive\n\n"

_PARAMETER: dict[str, Any] = {
    "name": "device_id",
    "in": "query",
    "required": False,
    "description": "one of the token's devices; all of them when it is left out",
    "schema": {"type": "string"},
}
_SAMPLE: dict[str, Any] = {
    "type": "string",
    "contentMediaType": "application/json",
    "contentSchema": {"$ref": "#/components/schemas/Sample"},
}
_EVENTS: dict[str, Any] = {
    "text/event-stream": {
        "itemSchema": {  # as OpenAPI 3.2 has it for events
            "type": "object",
            "properties": {"event": {"const": "sample"}, "data": _SAMPLE, "retry": {"type": "integer", "minimum": 0}},
        },
    }
}


class EventStream(Response):
    """An answer that goes on until its time is over, the server stops or the reader leaves."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, caller: Principal, device_ids: Collection[str]) -> None:
        """Take what to tell to whom."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._live = live
        self._caller = caller
        self._device_ids = device_ids

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Serve.

        Raises:
            ProblemError, DATABASE_ERRORS: before the answer begins; they become problems.
        """
        with self._live.hub.subscribe(self._caller, self._device_ids) as subscription:
            await self._live.refresh(self._device_ids)  # not before it listens, so that nothing is missed
            leaving = asyncio.create_task(_end_when_left(subscription, receive))
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                with suppress(TimeoutError):
                    async with asyncio.timeout(random.uniform(*LASTS_S)):
                        await self._tell(subscription, send)
            finally:
                leaving.cancel()
        # Out of the block, since this waits for a reader that stopped reading.
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, subscription: Subscription, send: Send) -> None:
        await send({"type": "http.response.body", "body": _BEGIN, "more_body": True})
        while True:
            samples = await subscription.news(ALIVE_S)
            if subscription.ended:
                return
            if not samples:
                self._live.look_at(self._device_ids)  # whatever may have kept an announcement from coming here
            body = b"".join(b"event: sample\ndata: %b\n\n" % sample for sample in samples) or _ALIVE
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await asyncio.sleep(PACE_S)


async def _end_when_left(subscription: Subscription, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.end()


@router.get(
    "/stream",
    summary="Live samples",
    response_class=Response,
    responses={
        200: {"description": "Server-sent events, for about 100 seconds; then come again at once", "content": _EVENTS},
        **problem_responses(401, 403, 429, 503),
    },
    openapi_extra={"parameters": [_PARAMETER], "security": BEARER_SECURITY},
)
async def stream(request: Request) -> Response:
    """Tell the newest sample of each device, then each newer one as it is stored.

    Never an older one than was told. Of many that come at once only the newest is told, at most ten a second of a
    device. A comment comes every 15 seconds when there is nothing else.
    """
    caller = await reader(request)
    device_id = request.query_params.get("device_id")
    if device_id is not None:
        caller.require_read(device_id)
    return EventStream(request.app.state.live, caller, sorted(caller.devices) if device_id is None else [device_id])

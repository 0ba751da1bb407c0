"""`GET /v1/realtime`: the latest sample of a device, read through the cache."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from sungaze_vps.api.deps import DEVICE_ID_PARAMETER, choose_device
from sungaze_vps.api.plain_route import PlainRoute
from sungaze_vps.api.problems import problem_responses
from sungaze_vps.auth.caller import BEARER_SECURITY, reader
from sungaze_vps.cache.cache import Cache
from sungaze_vps.errors import ProblemError
from sungaze_vps.services.latest import latest

router = APIRouter(prefix="/v1", tags=["readings"], route_class=PlainRoute)

_SAMPLE: dict[str, Any] = {"application/json": {"schema": {"$ref": "#/components/schemas/Sample"}}}


def cache_key(device_id: str) -> str:
    """Name the cache entry that holds the answer for a device."""
    return f"realtime:{device_id}"


@router.get(
    "/realtime",
    summary="Latest sample of a device",
    response_class=Response,
    responses={
        200: {"description": "The sample, as it is sent to ingest", "content": _SAMPLE},
        **problem_responses(401, 403, 404, 422, 429, 503),
    },
    openapi_extra={"parameters": [DEVICE_ID_PARAMETER], "security": BEARER_SECURITY},
)
async def realtime(request: Request) -> Response:
    """Give the newest sample, whatever its kind."""
    device_id = choose_device(await reader(request), request.query_params.get("device_id"))
    state = request.app.state
    cache: Cache = state.cache
    version = cache.version
    body = await cache.get(cache_key(device_id))
    if body is None:
        sample = await latest(state.engine, state.measurements, device_id)
        if sample is None:
            raise ProblemError("no-data", "Nothing has arrived from this device yet.")
        body = msgspec.json.encode(sample)
        await cache.put(cache_key(device_id), body, version)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

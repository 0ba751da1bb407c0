"""`GET /v1/devices`: what the caller's token is for, and what has arrived from it."""

from typing import Any

from fastapi import APIRouter, Request

from sungaze_vps.api.deps import Engine
from sungaze_vps.api.problems import problem_responses
from sungaze_vps.auth.caller import Reader
from sungaze_vps.services import latest
from sungaze_vps.services.edge_reports import last_words

router = APIRouter(prefix="/v1", tags=["readings"])

_TIME = {"type": ["string", "null"], "format": "date-time"}
_EDGE: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "what the edge said of itself when it last delivered readings of the device; null if it never did",
    "required": ["reported_at", "waiting", "quarantined", "version"],
    "properties": {
        "reported_at": {"type": "string", "format": "date-time"},
        "waiting": {"type": "integer", "minimum": 0, "description": "readings that waited in its spool after that"},
        "quarantined": {"type": ["integer", "null"], "description": "readings that a server refused and it keeps"},
        "version": {"type": ["string", "null"], "description": "of its program"},
    },
}
_DEVICES: dict[str, Any] = {
    "type": "object",
    "required": ["tz", "devices"],
    "properties": {
        "tz": {"type": "string", "description": "the server's own zone, taken where a query names none"},
        "devices": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["device_id", "kind", "first_seen", "last_seen", "edge"],
                "properties": {
                    "device_id": {"type": "string"},
                    "kind": {"type": ["string", "null"]},
                    "first_seen": _TIME,
                    "last_seen": _TIME,
                    "edge": _EDGE,
                },
            },
        },
    },
}


@router.get(
    "/devices",
    summary="The caller's devices",
    responses={
        200: {"description": "One entry per device and kind", "content": {"application/json": {"schema": _DEVICES}}},
        **problem_responses(401, 429, 503),
    },
)
async def devices(request: Request, caller: Reader, engine: Engine) -> dict[str, Any]:
    """List the token's devices; one that nothing has arrived from yet has nulls."""
    found = await latest.devices(engine, request.app.state.measurements, sorted(caller.devices))
    silent = caller.devices - {device["device_id"] for device in found}
    nothing = {"kind": None, "first_seen": None, "last_seen": None}
    found += [{"device_id": device_id, **nothing} for device_id in silent]
    told = await last_words(engine, caller.devices)
    listed = [{**device, "edge": told.get(device["device_id"])} for device in found]
    return {
        "tz": request.app.state.config.timezone,
        "devices": sorted(listed, key=lambda device: str(device["device_id"])),
    }

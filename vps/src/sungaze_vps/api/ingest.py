"""`POST /v1/ingest`: readings in; the answer is given when they are committed, and not before."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from sungaze_vps.api.body import BodyLimits, read_json_body
from sungaze_vps.api.plain_route import PlainRoute
from sungaze_vps.api.problems import problem_responses
from sungaze_vps.api.realtime import cache_key
from sungaze_vps.auth.bearer import Principal
from sungaze_vps.auth.caller import BEARER_SECURITY, INGEST_COST_SAMPLES, writer
from sungaze_vps.auth.limits import Limit
from sungaze_vps.cache.cache import Cache
from sungaze_vps.errors import ProblemError
from sungaze_vps.live.live import Live
from sungaze_vps.metrics import SAMPLES, SAMPLES_REFUSED
from sungaze_vps.services.edge_reports import EdgeReports
from sungaze_vps.services.ingestion import store
from sungaze_vps.services.validation import Batch, SampleParser

router = APIRouter(prefix="/v1", tags=["ingest"], route_class=PlainRoute)

_LEAST_SAMPLE_BYTES = 80

_BODY: dict[str, Any] = {
    "required": True,
    "description": "May be sent with `Content-Encoding: gzip`.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/IngestBody"}}},
}
_STORED: dict[str, Any] = {
    "type": "object",
    "required": ["inserted"],
    "properties": {
        "inserted": {
            "type": "integer",
            "minimum": 0,
            "description": "samples that were new; the rest were here already",
        }
    },
}


@router.post(
    "/ingest",
    summary="Store readings",
    responses={
        200: {"description": "Committed", "content": {"application/json": {"schema": _STORED}}},
        **problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
    },
    response_class=Response,
    openapi_extra={"requestBody": _BODY, "security": BEARER_SECURITY},
)
async def ingest(request: Request) -> Response:
    """Store a batch of samples, all of them or none.

    Sending a sample again is harmless: what is stored under its device and time stays as it is.
    """
    caller = await writer(request)
    limits: BodyLimits = request.app.state.body_limits
    batch = _parse(request, caller, await read_json_body(request, limits))  # no name keeps the body while this waits
    async with request.app.state.write_turns:
        # Committed when it returns. It must stay in here: what a dependency does after `yield` comes after the answer.
        inserted = await store(request.app.state.engine, batch.rows)
    _count(batch, inserted)
    request.app.state.database_outage.passed()
    device_ids = set(batch.device_ids)
    edge_reports: EdgeReports = request.app.state.edge_reports
    edge_reports.note(device_ids, request.headers, request.app.state.clock())
    if inserted:
        live: Live = request.app.state.live
        live.announce(device_ids)
    cache: Cache = request.app.state.cache
    await cache.invalidate(map(cache_key, device_ids))
    return Response(b'{"inserted":%d}' % inserted, media_type="application/json")


def _parse(request: Request, caller: Principal, body: bytes) -> Batch:
    """Make samples of a body, charge them to the caller, and see that they are the caller's to send."""
    parser: SampleParser = request.app.state.parser
    limit: Limit = request.app.state.ingest_limit
    samples = len(body) // _LEAST_SAMPLE_BYTES  # a refused body is charged by its size
    try:
        batch = parser.parse(body, request.app.state.clock())
        samples = len(batch.device_ids)
        _require_own_devices(caller, batch.device_ids)
    except ProblemError as error:
        SAMPLES_REFUSED.inc(len({fault["loc"][2] for fault in error.errors if len(fault["loc"]) > 2}))
        raise
    finally:
        limit.charge(caller, max(0, samples - INGEST_COST_SAMPLES))
    return batch


def _count(batch: Batch, inserted: int) -> None:
    kinds = [measurement.kind for measurement in batch.rows]
    kind = kinds[0] if len(kinds) == 1 else "mixed"
    SAMPLES.labels(kind, "inserted").inc(inserted)
    SAMPLES.labels(kind, "duplicate").inc(len(batch.device_ids) - inserted)


def _require_own_devices(caller: Principal, device_ids: Sequence[str]) -> None:
    if caller.devices.issuperset(device_ids):
        return
    msg = "is not a device of this token"
    errors = [
        {"loc": ["body", "samples", index, "device_id"], "msg": msg}
        for index, device_id in enumerate(device_ids)
        if device_id not in caller.devices
    ]
    detail = f"{len(errors)} of {len(device_ids)} samples are of a device that is not this token's; none was stored."
    raise ProblemError("not-allowed", detail, errors=errors)

"""`GET /v1/series`: what was measured, in buckets of local time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from sungaze_vps.api.deps import Device, Engine
from sungaze_vps.api.problems import problem_responses
from sungaze_vps.db.models import MILLISECOND
from sungaze_vps.db.session import reading
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.aggregation import series
from sungaze_vps.services.latest import choose_measurement, find_span
from sungaze_vps.services.local_time import FRAME_BUCKETS, BucketName, Frame, period
from sungaze_vps.services.totals import Series
from sungaze_vps.services.windows import Window, make_window, parse_kind, parse_moment, parse_zone

router = APIRouter(prefix="/v1", tags=["readings"])

_TIME = {"type": "string", "format": "date-time"}
_SERIES: dict[str, Any] = {
    "type": "object",
    "required": ["device_id", "kind", "frame", "tz", "bucket", "start", "end", "energy_source", "series"],
    "properties": {
        "device_id": {"type": "string"},
        "kind": {"type": "string"},
        "frame": {"type": "string"},
        "tz": {"type": "string", "description": "the zone whose local time the buckets follow"},
        "bucket": {"type": "string"},
        "start": {**_TIME, "description": "when the first bucket of the window begins"},
        "end": {**_TIME, "description": "when the last one ends"},
        "energy_source": {
            "type": "object",
            "description": "per energy: from the meter's counter, from power times time, or null without either",
            "additionalProperties": {"enum": ["counter", "power", None]},
        },
        "series": {
            "type": "array",
            "description": "the buckets with readings, in order of time: means and maxima to a thousandth of their "
            "unit, energies in kWh to a millionth; null where no reading had the value",
            "items": {
                "type": "object",
                "required": ["bucket", "bucket_local", "sample_count"],
                "properties": {
                    "bucket": {**_TIME, "description": "when it begins, in UTC"},
                    "bucket_local": {**_TIME, "description": "the same in the zone asked for"},
                    "sample_count": {"type": "integer", "minimum": 1},
                },
                "additionalProperties": {"type": ["number", "null"]},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The query: which stretch of time, in which buckets of which zone."""

    frame: Frame
    bucket: BucketName
    zone: ZoneInfo
    start: datetime | None
    end: datetime | None
    kind: str | None
    measurements: Mapping[str, Measurement]
    now: datetime


async def _asked(  # FastAPI would send a class, or a plain function, to a thread, which takes as long as a small query
    request: Request,
    *,
    frame: Annotated[
        Frame, Query(description="hours of today, days of this month, months of this year, months of everything")
    ] = "day",
    tz: Annotated[str | None, Query(description="IANA zone; the server's TIMEZONE when left out")] = None,
    bucket: Annotated[BucketName | None, Query(description="another length than the frame's own")] = None,
    start: Annotated[
        str | None, Query(description="instead of the frame's: a local date or a time with offset")
    ] = None,
    end: Annotated[str | None, Query(description="instead of the frame's, excluded; written like start")] = None,
    kind: Annotated[str | None, Query(description="kind of readings; that of the newest when left out")] = None,
) -> Asked:
    """Check what can be checked without the database."""
    state = request.app.state
    zone = parse_zone(tz or state.config.timezone)
    since = parse_moment("start", start, zone) if start else None
    until = parse_moment("end", end, zone) if end else None
    kind = parse_kind(kind, state.measurements)
    return Asked(frame, bucket or FRAME_BUCKETS[frame], zone, since, until, kind, state.measurements, state.clock())


@router.get(
    "/series",
    summary="Means, maxima and energy per bucket of local time",
    response_class=Response,
    responses={
        200: {"description": "The buckets that hold readings", "content": {"application/json": {"schema": _SERIES}}},
        **problem_responses(401, 403, 422, 429, 503),
    },
)
async def read_series(device_id: Device, asked: Annotated[Asked, Depends(_asked)], engine: Engine) -> Response:
    """Sum up a device's readings. Days follow the zone, those of 23 and 25 hours included."""
    measurement = await choose_measurement(engine, asked.measurements, device_id, asked.kind)
    window = await _window(asked, engine, measurement, device_id)
    found = await series(engine, measurement, device_id, window.edges)
    answer = _render(found, window)
    return Response(
        msgspec.json.encode({"device_id": device_id, "kind": measurement.kind, "frame": asked.frame, **answer}),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


async def _window(asked: Asked, engine: AsyncEngine, measurement: Measurement, device_id: str) -> Window:
    start, end = period(asked.frame, asked.zone, asked.now)
    if asked.frame == "all" and not (asked.start and asked.end):
        async with reading(engine) as connection:
            span = await find_span(connection, measurement, device_id)
        if span is not None:
            start, end = span[0], span[1] + MILLISECOND
    return make_window(asked.zone, asked.bucket, asked.start or start, asked.end or end)


def _render(found: Series, window: Window) -> dict[str, Any]:
    edges = window.edges
    points = [
        {"bucket": _utc(edges[number]), "bucket_local": edges[number].astimezone(window.zone).isoformat(), **values}
        for number, values in found.points
    ]
    return {
        "tz": window.zone.key,
        "bucket": window.bucket,
        "start": _utc(edges[0]),
        "end": _utc(edges[-1]),
        "energy_source": found.energy_source,
        "series": points,
    }


def _utc(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")

"""`GET /v1/gaps`: when nothing was read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from sungaze_vps.api.deps import Device, Engine
from sungaze_vps.api.problems import problem_responses
from sungaze_vps.services.gaps import MAX_GAPS, Gap, GapQuestion, TooManyGapsError, missing
from sungaze_vps.services.latest import choose_measurement, render_ts
from sungaze_vps.services.windows import parse_kind, parse_moment, parse_zone, refusal

router = APIRouter(prefix="/v1", tags=["readings"])

_USUAL = timedelta(days=30)
_LONGEST = timedelta(days=366)
_SECOND = timedelta(seconds=1)
_TIME = {"type": "string", "format": "date-time"}
_GAP: dict[str, Any] = {
    "type": "object",
    "required": ["start", "end", "seconds"],
    "properties": {
        "start": {**_TIME, "description": "the last reading before"},
        "end": {"type": ["string", "null"], "format": "date-time", "description": "the first one after; null: none"},
        "seconds": {"type": "number", "description": "between the two; until now when there is none after"},
    },
}
_GAPS: dict[str, Any] = {
    "type": "object",
    "required": ["device_id", "kind", "tz", "start", "end", "min_s", "gaps", "missing_s"],
    "properties": {
        "device_id": {"type": "string"},
        "kind": {"type": "string"},
        "tz": {"type": "string", "description": "the zone of the dates asked for"},
        "start": _TIME,
        "end": _TIME,
        "min_s": {"type": "integer"},
        "gaps": {"type": "array", "description": "oldest first; each is told whole", "items": _GAP},
        "missing_s": {"type": "number", "description": "what of them lies between start and end"},
    },
}


@router.get(
    "/gaps",
    summary="When nothing was read",
    responses={
        200: {"description": "The gaps", "content": {"application/json": {"schema": _GAPS}}},
        **problem_responses(401, 403, 422, 429, 503),
    },
)
async def read_gaps(
    request: Request,
    device_id: Device,
    engine: Engine,
    *,
    start: Annotated[str | None, Query(description="a local date or a time with offset; 30 days ago")] = None,
    end: Annotated[str | None, Query(description="excluded, written like start; now when left out")] = None,
    tz: Annotated[str | None, Query(description="IANA zone; the server's TIMEZONE when left out")] = None,
    kind: Annotated[str | None, Query(description="kind of readings; that of the newest when left out")] = None,
    min_s: Annotated[int, Query(ge=60, le=86_400, description="the shortest gap to tell, in seconds")] = 600,
) -> dict[str, Any]:
    """List the stretches between two successive readings that have a part in the time asked for."""
    state = request.app.state
    zone = parse_zone(tz or state.config.timezone)
    now = state.clock()
    since, until = _window(
        parse_moment("start", start, zone) if start else None, parse_moment("end", end, zone) if end else None, now
    )
    measurement = await choose_measurement(engine, state.measurements, device_id, parse_kind(kind, state.measurements))
    question = GapQuestion(measurement, device_id, since, until, timedelta(seconds=min_s), now)
    try:
        gaps = await question.answer(engine)
    except TooManyGapsError:
        raise refusal("min_s", f"would give more than {MAX_GAPS} gaps; ask for longer ones or less time") from None
    return {
        "device_id": device_id,
        "kind": measurement.kind,
        "tz": zone.key,
        "start": render_ts(since),
        "end": render_ts(until),
        "min_s": min_s,
        "gaps": _render(gaps, now),
        "missing_s": _seconds(missing(gaps, since, min(until, now))),
    }


def _window(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    until = end or now
    since = start or until - _USUAL
    if until <= since:
        raise refusal("end", "must be after start")
    if until - since > _LONGEST:
        raise refusal("start", f"must be at most {_LONGEST.days} days before end")
    return since, until


def _render(gaps: Sequence[Gap], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "start": render_ts(gap.start),
            "end": None if gap.end is None else render_ts(gap.end),
            "seconds": _seconds((gap.end or now) - gap.start),
        }
        for gap in gaps
    ]


def _seconds(length: timedelta) -> float:
    return round(length / _SECOND, 3)

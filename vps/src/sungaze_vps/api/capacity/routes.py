"""`GET /v1/capacity/...`: the month peaks of the Belgian capacity tariff, and the quarter of an hour that runs now."""

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from sungaze_vps.api.capacity.answers import render_month, render_quarters, render_running, render_year
from sungaze_vps.api.capacity.schemas import MONTH, YEAR
from sungaze_vps.api.deps import Device, Engine
from sungaze_vps.api.problems import problem_responses
from sungaze_vps.db.session import reading
from sungaze_vps.errors import ProblemError
from sungaze_vps.services.capacity.month import Moment, find_moment, parse_month, read_month
from sungaze_vps.services.capacity.running import find_running
from sungaze_vps.services.capacity.year import read_year

router = APIRouter(prefix="/v1/capacity", tags=["capacity"])


@router.get(
    "/month/{month}",
    summary="The quarters of a month, its peak, and the running quarter",
    response_class=Response,
    responses={
        200: {"description": "What is known of the month", "content": {"application/json": {"schema": MONTH}}},
        **problem_responses(401, 403, 404, 422, 429, 503),
    },
)
async def read_capacity_month(
    month: str,
    device_id: Device,
    engine: Engine,
    request: Request,
    *,
    quarters: Annotated[bool, Query(description="false: leave `peaks` and `gaps` out, which are long")] = True,
) -> Response:
    """Work a month of Europe/Brussels out, `YYYY-MM`; of one that has not begun there is nothing but its length."""
    period = parse_month(month)
    if period is None:
        raise _refusal("month", "must be a month such as 2026-11, in the years 2000 to 2199")
    async with reading(engine) as connection:
        moment = await _moment(connection, device_id, request.app.state.clock())
        found = await read_month(connection, device_id, period, moment)
        running = await find_running(connection, request.app.state.measurements["p1"], device_id, found, moment)
    each = render_quarters(found) if quarters else {}
    whole = {"month": month, "device_id": device_id, **render_month(found)}
    return _answer({**whole, **each, "running": render_running(running)})


@router.get(
    "/year/{year}",
    summary="The month peaks of a year, their mean over twelve months, and its cost",
    response_class=Response,
    responses={
        200: {"description": "The months that have begun", "content": {"application/json": {"schema": YEAR}}},
        **problem_responses(401, 403, 404, 422, 429, 503),
    },
)
async def read_capacity_year(year: str, device_id: Device, engine: Engine, request: Request) -> Response:
    """Work the months of a year out. The mean is that of the twelve months up to the last one that is over."""
    if not re.fullmatch(r"2[01]\d\d", year, re.ASCII):
        raise _refusal("year", "must be a year such as 2026, from 2000 to 2199")
    async with reading(engine) as connection:
        moment = await _moment(connection, device_id, request.app.state.clock())
        found = await read_year(connection, device_id, int(year), moment)
    tariff = request.app.state.config.capacity_tariffs.get(int(year))
    return _answer({"year": int(year), "device_id": device_id, **render_year(found, tariff)})


async def _moment(connection: AsyncConnection, device_id: str, now: datetime) -> Moment:
    moment = await find_moment(connection, device_id, now)
    if moment is None:
        raise ProblemError("no-data", "No reading of a P1 meter with an import counter has arrived from this device.")
    return moment


def _refusal(parameter: str, message: str) -> ProblemError:
    errors: list[dict[str, Any]] = [{"loc": ["path", parameter], "msg": message}]
    return ProblemError("invalid-request", f"{parameter} {message}.", errors=errors)


def _answer(body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"})

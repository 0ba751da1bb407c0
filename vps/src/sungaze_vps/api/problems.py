"""Turns every error into `application/problem+json` (RFC 9457), and describes that to OpenAPI."""

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from sungaze_vps.db.faults import DATABASE_ERRORS, is_passing, reason
from sungaze_vps.errors import ProblemError
from sungaze_vps.log import Outage
from sungaze_vps.metrics import DATABASE_FAILURES, POOL_TIMEOUTS

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
_DETAILS = {
    HTTPStatus.NOT_FOUND: "Nothing is served under this path.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This path does not know that method; the header 'Allow' names those it knows.",
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "the faults one by one",
            "items": {
                "type": "object",
                "required": ["loc", "msg"],
                "properties": {
                    "loc": {
                        "type": "array",
                        "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                        "examples": [["body", "samples", 3, "ts"]],
                    },
                    "msg": {"type": "string"},
                },
            },
        },
    },
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that a route may answer with, for its `responses=`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def install_problem_handlers(app: FastAPI, database_outage: Outage) -> None:
    """Make every error of the app a problem answer; what the database cannot take now is noted as its outage."""

    def on_database_error(error: Exception) -> Response:
        if not is_passing(error):
            raise error
        DATABASE_FAILURES.inc()
        if isinstance(error, PoolTimeoutError):
            POOL_TIMEOUTS.inc()
        database_outage.failed(reason(error))
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return _problem(ProblemError("unavailable", "The database cannot take this now; try again.", headers=headers))

    _handle(app, ProblemError, _problem)
    _handle(app, HTTPException, _http_exception)
    _handle(app, RequestValidationError, _invalid_request)
    _handle(app, ClientDisconnect, lambda _: Response(status_code=HTTPStatus.BAD_REQUEST))  # nobody reads it
    for foreign in DATABASE_ERRORS:
        _handle(app, foreign, on_database_error)
    _handle(app, Exception, _bug)


def _handle[E: Exception](app: FastAPI, kind: type[E], answer: Callable[[E], Response]) -> None:
    async def handler(_request: Request, error: Exception) -> Response:
        if not isinstance(error, kind):  # pragma: no cover (Starlette never does that, its types allow it)
            raise error
        return answer(error)

    app.add_exception_handler(kind, handler)


def _problem(error: ProblemError) -> Response:
    return _answer(error.status, error.type, error.title, error.detail, errors=error.errors, headers=error.headers)


def _http_exception(error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    detail = _DETAILS.get(status, status.description or status.phrase)
    return _answer(status, "about:blank", status.phrase, detail, headers=error.headers)


def _invalid_request(error: RequestValidationError) -> Response:
    errors = [{"loc": list(fault["loc"]), "msg": fault["msg"]} for fault in error.errors()]
    return _problem(ProblemError("invalid-request", "What is wrong stands in 'errors'.", errors=errors))


def _bug(_error: Exception) -> Response:  # the server that runs the app logs it, with its traceback
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(status, "about:blank", status.phrase, "The server made a mistake; its log says which.")


def _answer(
    status: int,
    kind: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {"type": kind, "title": title, "status": int(status), "detail": detail}
    if errors:
        body["errors"] = errors
    return Response(json.dumps(body), status, headers, MEDIA_TYPE)

"""`GET /health` for whoever runs the server, and `GET /` for anyone; neither says anything about a home."""

import asyncio

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from sungaze_vps.api import dashboard
from sungaze_vps.api.deps import Engine
from sungaze_vps.api.problems import RETRY_AFTER_S, problem_responses
from sungaze_vps.cache.cache import Cache
from sungaze_vps.db.migrate import is_current
from sungaze_vps.errors import ProblemError

router = APIRouter(tags=["health"])

_TIMEOUT_S = 3


@router.get(
    "/",
    summary="Whether the server is there",
    response_model=dict[str, str],
    responses={307: {"description": "to a browser (`Accept` names `text/html`), where the server has the page"}},
)
async def alive(request: Request, response: Response) -> Response | dict[str, str]:
    """Answer; nothing else is looked at. A person is led on to the page, if there is one."""
    if request.app.state.page:
        response.headers["Vary"] = "Accept"
        if dashboard.names(request.headers.get("accept"), "text/html"):
            return RedirectResponse(dashboard.PAGE, headers={"Vary": "Accept"})
    return {"name": "sungaze", "status": "ok"}


@router.get("/health", summary="Whether the server can do its work", responses=problem_responses(503))
async def health(request: Request, engine: Engine) -> dict[str, str]:
    """Answer 503 unless the database can be reached and has the schema of this version.

    The cache is told for information: the server does its work without it.
    """
    async with asyncio.timeout(_TIMEOUT_S):
        current = await is_current(engine)
    if not current:
        detail = "The database has another schema than this version needs; run 'sungaze-vps migrate'."
        raise ProblemError("unavailable", detail, headers={"Retry-After": str(RETRY_AFTER_S)})
    request.app.state.database_outage.passed()
    cache: Cache = request.app.state.cache
    return {"status": "ok", "database": "ok", "cache": "ok" if await cache.ping() else "unavailable"}

"""What routes share: which device a caller asks for, and what the server holds open."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from sungaze_vps.auth.bearer import Principal
from sungaze_vps.auth.caller import Reader
from sungaze_vps.errors import ProblemError

_DEVICE_ID = "one of the token's devices; may be left out when it has just one"
DEVICE_ID_PARAMETER: dict[str, Any] = {
    "name": "device_id",
    "in": "query",
    "required": False,
    "description": _DEVICE_ID,
    "schema": {"type": "string"},
}
"""The same for the description of a `PlainRoute`."""


def choose_device(caller: Principal, device_id: str | None) -> str:
    """Give the device asked for.

    Raises:
        ProblemError: 403 when it is not the caller's, 422 when none is named and the caller has several.
    """
    if device_id is not None:
        caller.require_read(device_id)
        return device_id
    if len(caller.devices) > 1:
        errors = [{"loc": ["query", "device_id"], "msg": "must name one of the token's devices"}]
        raise ProblemError("invalid-request", "This token has several devices; say which one.", errors=errors)
    return next(iter(caller.devices))


async def _device(caller: Reader, device_id: Annotated[str | None, Query(description=_DEVICE_ID)] = None) -> str:
    return choose_device(caller, device_id)


type Device = Annotated[str, Depends(_device)]
"""The device asked for; it is the caller's."""


async def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


type Engine = Annotated[AsyncEngine, Depends(_engine)]
"""The database of this process."""

"""What routes share: which device a caller asks for, and what the server holds open."""

from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from sungaze_vps.auth.caller import Reader
from sungaze_vps.errors import ProblemError


async def _device(
    caller: Reader,
    device_id: Annotated[
        str | None, Query(description="one of the token's devices; may be left out when it has just one")
    ] = None,
) -> str:
    if device_id is not None:
        caller.require_read(device_id)
        return device_id
    if len(caller.devices) > 1:
        errors = [{"loc": ["query", "device_id"], "msg": "must name one of the token's devices"}]
        raise ProblemError("invalid-request", "This token has several devices; say which one.", errors=errors)
    return next(iter(caller.devices))


type Device = Annotated[str, Depends(_device)]
"""The device asked for; it is the caller's."""


async def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


type Engine = Annotated[AsyncEngine, Depends(_engine)]
"""The database of this process."""

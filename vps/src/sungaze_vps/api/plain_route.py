"""A route without FastAPI's machinery, for what is asked most.

FastAPI works out parameters and dependencies anew for each request, which takes several times as long as an answer from
the cache. A plain route gets the request and gives the response; it describes its parameters itself (`openapi_extra`).
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class PlainRoute(APIRoute):
    """For the `route_class` of a router whose functions take a `Request` and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the function as it was written."""
        return self.endpoint

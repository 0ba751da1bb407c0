"""As much HTTP/1.1 as a dongle speaks."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

_MAX_HEAD = 8 * 1024
_MAX_BODY = 16 * 1024


class HttpError(Exception):
    """What came is no request that a dongle takes."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to go on over this connection."""
        return self.headers.get("connection", "").lower() != "close"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; without a content type it has no body."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Write it as bytes."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        if self.content_type:
            lines.append(f"Content-Type: {self.content_type}")
        if self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(self.body)}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def as_json(document: Any, status: int = HTTPStatus.OK) -> Response:
    """Answer with JSON."""
    return Response(status, json.dumps(document).encode(), "application/json")


def as_text(text: str, status: int = HTTPStatus.OK) -> Response:
    """Answer with plain text."""
    return Response(status, text.encode(), "text/plain")


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read the next request; None when the client has gone.

    Raises:
        HttpError: it is none, or too large.
        ConnectionError: the connection broke.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if len(head) > _MAX_HEAD:
            raise HttpError("the head is too large")
        method, target, headers = _parse(head.decode("latin-1"))
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= _MAX_BODY:
            raise HttpError("the body is too large")
        return Request(method, target.partition("?")[0], headers, await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None
    except (asyncio.LimitOverrunError, ValueError) as error:
        raise HttpError(str(error)) from error


def _parse(head: str) -> tuple[str, str, dict[str, str]]:
    first, *rest = head.removesuffix("\r\n\r\n").split("\r\n")
    method, target, _version = first.split(" ")
    pairs = (line.partition(":") for line in rest)
    return method, target, {name.strip().lower(): value.strip() for name, _, value in pairs}

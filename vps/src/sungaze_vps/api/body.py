"""The body of a request: bounded before it is read, while it is read and while it is inflated.

It is inflated when all of it is there, without a pause: so of many bodies that dawdle each takes the room of what was
sent, and only one the room of what it swells to.
"""

import asyncio
import zlib
from dataclasses import dataclass

from fastapi import Request

from sungaze_vps.errors import ProblemError

_INFLATE_STEP_BYTES = 256 * 1024  # zlib takes twice the room of what it gives at once
_GZIP = 31  # zlib's code for "with a gzip header and trailer, and the largest window"


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How large a body may be and how long it may take."""

    wire_bytes: int
    inflated_bytes: int
    timeout_s: float


async def read_json_body(request: Request, limits: BodyLimits) -> bytes:
    """Read the bytes of a JSON body, inflated if it came as gzip.

    Raises:
        ProblemError: 400 broken compression, 408 too slow, 413 too large, 415 not JSON or a coding other than gzip.
    """
    _require_json(request)
    inflator = _inflator(request)
    _check_announced_length(request, limits)
    received = bytearray()
    try:
        async with asyncio.timeout(limits.timeout_s):
            async for chunk in request.stream():
                received += chunk
                if len(received) > limits.wire_bytes:
                    raise _too_large("body", limits.wire_bytes)
    except TimeoutError as error:
        raise ProblemError("body-too-slow", f"The body was not complete after {limits.timeout_s:g} s.") from error
    return bytes(received) if inflator is None else _inflate(inflator, received, limits)


def _require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ProblemError("unsupported-body", "Send the body with 'Content-Type: application/json'.")


def _inflator(request: Request) -> "zlib._Decompress | None":
    coding = ", ".join(request.headers.getlist("content-encoding")).strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding != "gzip":
        detail = "Send the body as it is or with 'Content-Encoding: gzip'."
        raise ProblemError("unsupported-body", detail, headers={"Accept-Encoding": "gzip"})
    return zlib.decompressobj(wbits=_GZIP)


def _check_announced_length(request: Request, limits: BodyLimits) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limits.wire_bytes):
        raise _too_large("body", limits.wire_bytes)


def _inflate(inflator: "zlib._Decompress", packed: bytes | bytearray, limits: BodyLimits) -> bytes:
    inflated = bytearray()
    try:
        while not inflator.eof:
            step = inflator.decompress(packed, _INFLATE_STEP_BYTES)
            packed = inflator.unconsumed_tail
            inflated += step
            if len(inflated) > limits.inflated_bytes:
                raise _too_large("inflated body", limits.inflated_bytes)
            if not step and not packed:
                raise ProblemError("malformed-body", "The gzip data ends too early.")
    except zlib.error as error:
        raise ProblemError("malformed-body", "The body is not valid gzip data.") from error
    if inflator.unused_data:
        raise ProblemError("malformed-body", "Something follows the gzip data; send one gzip member.")
    return bytes(inflated)


def _too_large(what: str, limit_bytes: int) -> ProblemError:
    return ProblemError("too-large", f"The {what} is larger than {limit_bytes} bytes; send it in parts.")

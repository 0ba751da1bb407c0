"""The server as the edge sees it: verified TLS, requests out, answers in. What they mean, `verdict.py` knows."""

import json
import logging
import ssl
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self

import httpx

from sungaze_edge import __version__
from sungaze_edge.clock import Clock
from sungaze_edge.config import INGEST_PATH
from sungaze_edge.errors import DeliveryError
from sungaze_edge.reading import Backlog

log = logging.getLogger(__name__)

_WORTH_COMPRESSING = 1024
_COMPRESSION = 5
_LONGEST_ANSWER = 2**20
_LONGEST_RETRY_AFTER_S = 3600.0
_TIMEOUT = httpx.Timeout(30, connect=15)
_UNSUPPORTED_MEDIA_TYPE = 415
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_* of OpenSSL


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; `document` is its JSON object, None when the body was none."""

    status: int
    document: dict[str, Any] | None
    retry_after_s: float | None
    location: str | None


class Server:
    """`async with Server(...) as server`: one client that always verifies certificates and follows no redirect."""

    def __init__(self, ingest_url: str, token: str, ca_file: Path | None, clock: Clock) -> None:
        """Prepare; connects to nothing yet."""
        self._url = ingest_url
        self._clock = clock
        self._compresses = True
        self._client = httpx.AsyncClient(
            verify=tls_context(ca_file),
            headers={
                "Authorization": f"Bearer {token}",
                "User-Agent": f"sungaze-edge/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=60),
            trust_env=False,  # no proxy, certificate or password from elsewhere
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def ingest(self, samples: Sequence[str], left: Backlog | None = None) -> Answer:
        """Deliver samples, each the text of a JSON object, and tell what is left when the server has them.

        Raises:
            DeliveryError: there is no answer; the text says why and what may help.
        """
        headers = {"Content-Type": "application/json"}
        if left is not None:
            headers |= {"Sungaze-Waiting": str(left.waiting), "Sungaze-Quarantined": str(left.quarantined)}
        if self._compresses and sum(map(len, samples)) >= _WORTH_COMPRESSING:
            packed = {**headers, "Content-Encoding": "gzip"}
            answer = await self._ask("POST", self._url, _gzipped(samples), packed)
            if answer.status != _UNSUPPORTED_MEDIA_TYPE:
                return answer
            self._compresses = False
            log.info("The server takes no compressed bodies; sending plain ones from now on.")
        return await self._ask("POST", self._url, b"".join(_body(samples)), headers)

    async def devices(self) -> Answer:
        """Ask which devices the token is good for: harmless, and any answer tells the time.

        Raises:
            DeliveryError: there is no answer.
        """
        return await self._ask("GET", self._url.removesuffix(INGEST_PATH) + "/v1/devices", b"", {})

    async def _ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        started = time.monotonic()
        try:
            async with self._client.stream(method, url, content=body, headers=headers) as response:
                self._clock.hear(_date(response.headers.get("Date")), time.monotonic() - started)
                content = await _first_bytes(response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
            raise DeliveryError(_explain(error)) from error
        return Answer(
            response.status_code,
            _document(content),
            self._retry_after_s(response.headers.get("Retry-After")),
            response.headers.get("Location"),
        )

    def _retry_after_s(self, text: str | None) -> float | None:
        if text is None:
            return None
        if text.strip().isascii() and text.strip().isdigit():
            seconds = float(text)
        elif (date := _date(text)) is not None:
            seconds = (date - self._clock.instant().wall).total_seconds()
        else:
            return None
        return min(max(seconds, 0), _LONGEST_RETRY_AFTER_S)


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Trust what the system trusts, and `ca_file` besides; verify always, TLS 1.2 at least."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _body(samples: Sequence[str]) -> Iterator[bytes]:
    yield b'{"samples":['
    for number, sample in enumerate(samples):
        yield (f",{sample}" if number else sample).encode()
    yield b"]}"


def _gzipped(samples: Sequence[str]) -> bytes:
    """Compress sample by sample, so that a big batch never lies in memory twice."""
    gzip = zlib.compressobj(_COMPRESSION, wbits=31)
    return b"".join([*map(gzip.compress, _body(samples)), gzip.flush()])


async def _first_bytes(response: httpx.Response) -> bytes:
    """Give the body; empty for one that is not ours, being long, or swelling, as a bomb does."""
    content = b""
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > _LONGEST_ANSWER:
            return b""
    if response.headers.get("Content-Encoding", "").lower() != "gzip":
        return content
    gzip = zlib.decompressobj(wbits=31)  # we ask for none, but a proxy in between may know better
    with suppress(zlib.error):
        content = gzip.decompress(content, _LONGEST_ANSWER)
    return content if gzip.eof else b""


def _document(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _explain(error: BaseException) -> str:
    """Say in one sentence why there is no answer."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the server's certificate is not accepted: {_about_certificate(cause)}"
        if isinstance(cause, ssl.SSLError):
            return f"no TLS with the server: {cause.reason or cause}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.InvalidURL | UnicodeError):  # a name such as xn--a, ours or of a redirect
        return "the server cannot be reached: there is no such address; check VPS_INGEST_URL, and for a redirect"
    if isinstance(error, httpx.TimeoutException):
        return f"the server did not answer in time ({type(error).__name__})"
    return f"the server cannot be reached: {str(error) or type(error).__name__}"


def _about_certificate(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == _NOT_YET_VALID:
        return "by this machine's clock it is not valid yet; most likely the clock is behind, enable NTP"
    if error.verify_code == _EXPIRED:
        return "by this machine's clock it has expired; renew it, or set the clock right"
    return f"{error.verify_message}; if the server has its own authority, name that in VPS_CA_FILE"

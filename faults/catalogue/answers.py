"""Answers that are not the API's, and certificates that are not Caddy's."""

import asyncio
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import trustme

from faults.catalogue.ways import until_struck
from faults.fault import Deed, Fault, Lane, between
from faults.link import Mode, Trouble
from faults.trial import Trial

_JSON = "application/json"


def response(status: int, body: bytes = b"", *headers: str, media: str = _JSON) -> bytes:
    """Put an HTTP response together."""
    lines = [
        f"HTTP/1.1 {status} So",
        f"Content-Type: {media}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _problem(status: int) -> bytes:
    return json.dumps({"type": "about:blank", "title": "No", "status": status, "detail": "not now"}).encode()


_STORMS = {
    "500": response(500, b"oops", media="text/plain"),
    "502": response(502, b"<html>bad gateway</html>", media="text/html"),
    "503": response(503, _problem(503)),
    "503 with Retry-After": response(503, _problem(503), "Retry-After: 1"),
    "429": response(429, _problem(429), "Retry-After: 1"),
    "401": response(401, _problem(401), "WWW-Authenticate: Bearer"),
    "redirect": response(302, b"", "Location: https://example.org/v1/ingest"),
    "captive portal": response(200, b"<html><form>Room number?</form></html>", media="text/html"),
    "200 without a body": response(200),
    "202 without a body": response(202),
    "200 with half a JSON": response(200, b'{"inserted": 3'),
    "200 with NaN": response(200, b'{"inserted": NaN}'),
    "200 with true": response(200, b'{"inserted": true}'),
    "200 with a list": response(200, b'[{"inserted": 30}]'),
    "200 with 10 MB": response(200, b'{"x": "' + b"x" * 10_000_000 + b'", "inserted": 1}'),
    "200 nested deeply": response(200, b"[" * 100_000 + b"]" * 100_000),
    "200 that is no text": response(200, bytes(range(256)) * 4),
}


def _storm(answer: bytes, mode: Mode = Mode.ANSWER) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        link = trial.links["caddy-api"]
        before = link.struck
        link.begin(Trouble(mode, answer=answer))
        await until_struck(link, before)
        await asyncio.sleep(between(dice, 0.3, 1.5))
        link.end()

    return deed


def _stranger() -> ssl.SSLContext:
    return _context(trustme.CA().issue_cert("localhost"))


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def _impostor(make: Callable[[Trial], ssl.SSLContext]) -> Deed:
    async def deed(trial: Trial, dice: Random) -> None:
        link = trial.links["edge-caddy"]
        before = link.struck
        link.begin(Trouble(Mode.IMPOSTOR, context=make(trial)))
        link.reset_all()
        await until_struck(link, before)
        await asyncio.sleep(between(dice, 0.5, 1.5))
        link.end()
        link.reset_all()
        if link.heard:
            trial.complaints.append(f"the edge told an impostor {len(link.heard)} bytes")

    return deed


def _expired(trial: Trial) -> ssl.SSLContext:
    return _context(trial.second_authority.issue_cert("localhost", not_after=datetime.now(UTC) - timedelta(days=1)))


def _other_name(trial: Trial) -> ssl.SSLContext:
    return _context(trial.second_authority.issue_cert("elsewhere.example.org"))


FAULTS = [
    *(Fault(f"answers: {about}", Lane.WAY, _storm(answer), 1.4, link="caddy-api") for about, answer in _STORMS.items()),
    Fault("answers: stored, then 502", Lane.WAY, _storm(_STORMS["502"], Mode.STORE_AND_ANSWER), 1.4, link="caddy-api"),
    Fault("TLS: another authority", Lane.WAY, _impostor(lambda _: _stranger()), link="edge-caddy"),
    Fault("TLS: expired", Lane.WAY, _impostor(_expired), link="edge-caddy"),
    Fault("TLS: another name", Lane.WAY, _impostor(_other_name), link="edge-caddy"),
]

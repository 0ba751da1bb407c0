"""The uploader with a real spool against whatever answers in the place of the server."""

import asyncio
import ssl
import tempfile
from http import HTTPStatus
from pathlib import Path
from unittest.mock import patch

from fuzz import loop
from fuzz.choices import Choices
from fuzz.documents import SCALARS, value
from fuzz.http_answers import answer
from fuzz.sockets import Peer
from sungaze_edge import server
from sungaze_edge.clock import Clock
from sungaze_edge.reading import Reading
from sungaze_edge.server import Server
from sungaze_edge.spool import Spool
from sungaze_edge.uploader import Uploader

_COUNT = 3
_WORDS = ("body", "samples", "type", "status", "detail", "inserted", "errors", "loc", "msg", "pv_power_w")
_LONGEST_REASON = 10_000
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_PEER = Peer()
_SPOOLS: list[Spool] = []
loop.FORGET.append(_SPOOLS.clear)


def delivery(data: bytes) -> None:
    """Keeps every reading until a 2xx of our server says that it has it; sets aside only what is refused."""
    loop.run(_deliver(Choices(data)))


async def _deliver(choices: Choices) -> None:
    await _PEER.listen()
    stop = asyncio.Event()
    said: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        content, _ = answer(choices, b"", _body(choices))
        said.append(content)
        stop.set()
        writer.write(content)

    _PEER.serve = serve
    clock = Clock(kernel_synced=lambda: True)
    spool = await _shared_spool()
    before = await spool.status()
    for number in range(_COUNT):
        await spool.enqueue(Reading("home", "sungrow", {"n": number}, clock.instant()))
    try:
        reason = await _upload(spool, clock, stop)
    finally:
        left = await spool.peek(10, clock.instant())
        await spool.ack([reading.id for reading in left])
        await _PEER.settle()
    refused = (await spool.status()).quarantined - before.quarantined
    if len(left) + refused < _COUNT:
        assert any(_says_stored(content) for content in said), f"let go on {said!r}"
    if refused:
        assert any(_says_refused(content) for content in said), f"set aside on {said!r}"
        assert reason is not None
        assert len(reason) < _LONGEST_REASON, "a reason that fills the disk"


async def _upload(spool: Spool, clock: Clock, stop: asyncio.Event) -> str | None:
    """Let an uploader run until it was answered; give what it says of its last trouble."""
    with patch.object(server, "tls_context", lambda _: _NO_TLS):  # to make one takes longer than all the rest
        client = Server(f"http://127.0.0.1:{_PEER.port}/v1/ingest", "t" * 16, None, clock)
    async with client, asyncio.timeout(20):
        uploader = Uploader(
            *(spool, client, clock),
            batch_size=30,
            interval_s=0.01,
            drain_batch_size=30,
            backoff_s=(0.01, 0.02),
            denied_backoff_s=(0.01, 0.02),
        )
        await uploader.run(stop)
    assert clock.instant().wall.year < 10_000
    return uploader.status.last_error


async def _shared_spool() -> Spool:
    if not _SPOOLS:
        folder = loop.RESOURCES.enter_context(tempfile.TemporaryDirectory(prefix="sungaze-fuzz-"))
        _SPOOLS.append(await loop.RESOURCES.enter_async_context(Spool(Path(folder) / "spool.db", reserve_bytes=0)))
    return _SPOOLS[0]


def _body(choices: Choices) -> bytes:
    kind = choices.number(0, 5)
    if kind == 0:
        return f'{{"inserted":{choices.pick(SCALARS)}}}'.encode()
    if kind == 1:
        return b'{"inserted":3}'
    if kind == 2:
        return value(choices, _WORDS).encode("utf-8", "replace")
    if kind == 3:
        return choices.take(choices.number(0, 200))
    index = choices.pick(("0", "1", "2", "3", "-1", "true", "1.0", "1e99", '"0"', "null", "9" * 4400))
    errors = ",".join(
        f'{{"loc":["body","samples",{index},{value(choices, _WORDS)}],"msg":{value(choices, _WORDS)}}}'
        for _ in range(choices.number(0, 3))
    )
    status = choices.pick(("400", "413", "422", "403", "500"))
    return f'{{"type":"x","status":{status},"detail":{value(choices, _WORDS)},"errors":[{errors}]}}'.encode()


def _says_stored(content: bytes) -> bool:
    """Judge a raw answer for itself: a 2xx, and in its body a count of what was inserted."""
    return (_status(content) // 100 == 2 and b'"inserted"' in content) or _is_packed(content)


def _says_refused(content: bytes) -> bool:
    refusals = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _status(content) in refusals


def _is_packed(content: bytes) -> bool:
    return b"\x1f\x8b" in content


def _status(content: bytes) -> int:
    """Read the status of an answer."""
    words = content.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

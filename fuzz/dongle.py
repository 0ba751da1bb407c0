"""HTTP as a hostile dongle, or whoever sits at its address, answers it."""

import asyncio
from unittest.mock import patch

from fuzz import loop
from fuzz.choices import Choices
from fuzz.http_answers import answer
from fuzz.sockets import Peer
from sungaze_edge.errors import SourceError
from sungaze_edge.sources.homewizard_p1 import client
from sungaze_edge.sources.homewizard_p1.client import Connection
from sungaze_edge.sources.homewizard_p1.tls import Identity

_SILENCE_S = 0.1
_PEER = Peer()


def dongle_http(data: bytes) -> None:
    """Gives a JSON object of at most 64 KiB, or a named error, within its timeout, whatever comes over HTTP."""
    loop.run(_ask(Choices(data)))


async def _ask(choices: Choices) -> None:
    await _PEER.listen()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        content, is_endless = answer(choices, b'{"power_w":1}')
        writer.write(content)
        while is_endless:
            writer.write(b"0123456789abcdef" * 256)
            await writer.drain()

    _PEER.serve = serve
    with patch.object(client, "REQUEST_TIMEOUT_S", _SILENCE_S):
        connection = Connection(f"http://127.0.0.1:{_PEER.port}", {}, None, Identity(None))
        try:
            async with asyncio.timeout(5):
                document = await connection.get("/api/v1/data")
            assert isinstance(document, dict)
        except SourceError as error:
            assert 0 < len(str(error)) < 2000, "an error that nobody reads"
        finally:
            await connection.close()
            await _PEER.settle()

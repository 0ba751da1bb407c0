"""Switch faults of a running simulator from outside: one JSON object per line in, one per line out.

    {"set": "silence", "seconds": 5}                also "after", "times", "value"
    {"clear": "silence"}                            {"clear": null} clears all
    {"status": true}
    {"press": true}                                 a P1 meter's button; {"revoke": true} its tokens

Each is answered with {"faults": [...], "readings": n, "connections": n} or {"error": "..."}.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sungaze_sim.faults import FaultError, Faults
from sungaze_sim.record import Record

_OPTIONS = ("seconds", "after", "times", "value")


class Controlled(Protocol):
    """A simulated device."""

    @property
    def faults(self) -> Faults:
        """Its faults."""
        ...

    @property
    def record(self) -> Record:
        """What it handed out."""
        ...

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        ...


class ControlPort:
    """The control interface; loopback only, as it has no password."""

    def __init__(self, server: Controlled, deeds: Mapping[str, Callable[[], None]] | None = None) -> None:
        """Prepare to control a server; `deeds` are what it can be told to do beside faults."""
        self._server = server
        self._deeds = deeds or {}
        self._listener: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen on loopback.

        Raises:
            OSError: the port is in use.
        """
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and let go of every client."""
        if self._listener:
            self._listener.close()
        for writer in self._clients:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._obey(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the client has gone, or sent a line without end
        finally:
            self._clients.discard(writer)
            writer.close()

    def _obey(self, line: bytes) -> Mapping[str, Any]:
        try:
            order = json.loads(line)
            if "set" in order:
                self._server.faults.set(order["set"], **{key: order[key] for key in _OPTIONS if key in order})
            elif "clear" in order:
                self._server.faults.clear(order["clear"])
            elif deed := next((deed for name, deed in self._deeds.items() if name in order), None):
                deed()
            elif "status" not in order:
                deeds = "".join(f', {{"{name}": true}}' for name in self._deeds)
                return {"error": f'Say {{"set": name}}, {{"clear": name}}{deeds} or {{"status": true}}.'}
        except (FaultError, TypeError, ValueError) as error:
            return {"error": str(error)}
        return {
            "faults": self._server.faults.active(),
            "readings": self._server.record.count,
            "connections": self._server.connections,
        }

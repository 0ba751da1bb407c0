"""The connection to a WiNet-S: one socket, one request in flight, a pause between requests, and only reads."""

import asyncio
import logging
from dataclasses import dataclass

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException

from sungaze_edge.errors import SourceUnavailableError
from sungaze_edge.sources.sungrow.framer import StrictFramer
from sungaze_edge.sources.sungrow.registers import HOLDING, INPUT
from sungaze_edge.sources.sungrow.states import EXCEPTIONS

REQUEST_TIMEOUT_S = 5.0
"""WiNet-S answers within 0.4 s or not at all, and an answer that is one poll old is of no use to its snapshot."""

_NOT_SUPPORTED = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Modbus exception instead of registers."""

    code: int

    @property
    def is_unsupported(self) -> bool:
        """Whether the device does not have the register; otherwise it is busy."""
        return self.code in _NOT_SUPPORTED

    def __str__(self) -> str:
        """Say it to a person."""
        return f"exception {self.code} ({EXCEPTIONS.get(self.code, 'unknown')})"


class ModbusConnection:
    """Reads registers of one device; any doubt about the byte stream closes the socket."""

    def __init__(self, host: str, port: int, unit: int, pause_s: float) -> None:
        """Connect to nothing yet."""
        # pymodbus reports each failure by itself, with frame dumps; the poller says it once, in words.
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
        self._address = (host, port)
        self._unit = unit
        self._pause_s = pause_s
        self._client: AsyncModbusTcpClient | None = None
        self._free_at_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as anyone can know."""
        return self._client is not None and self._client.connected

    async def open(self) -> None:
        """Connect anew.

        Raises:
            SourceUnavailableError: nobody answers there.
        """
        await self.close()
        host, port = self._address
        client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=REQUEST_TIMEOUT_S,
            retries=0,
            reconnect_delay=0,
            trace_connect=lambda is_connected: None if is_connected else framer.abandon("the connection was closed"),
        )

        def fail(reason: str) -> None:
            if not client.ctx.response_future.done():
                client.ctx.response_future.set_exception(ModbusException(reason))

        framer = StrictFramer(fail)
        client.ctx.framer = framer
        self._client = client
        try:
            is_connected = await client.connect()
        except BaseException:
            await self.close()
            raise
        if not is_connected:
            await self.close()
            raise SourceUnavailableError(
                f"no connection to {host} port {port}: is the WiNet-S on, and Modbus TCP enabled in its web page?"
            )
        self._pause_starts()

    async def read(self, function: int, wire: int, count: int) -> list[int] | Refusal:
        """Read `count` registers from a wire address on; gives exactly `count` words (0..65535), or the refusal.

        Raises:
            SourceUnavailableError: no answer or not the right one; the connection is closed.
        """
        if self._client is None:
            raise SourceUnavailableError("there is no connection to the inverter")
        await asyncio.sleep(max(0.0, self._free_at_s - asyncio.get_running_loop().time()))
        read = {INPUT: self._client.read_input_registers, HOLDING: self._client.read_holding_registers}[function]
        try:
            answer = await read(wire, count=count, device_id=self._unit)
        except ModbusException as error:
            await self.close()
            raise SourceUnavailableError(
                f"{self._address[0]} did not answer the read of {count} registers at {wire + 1}: {_reason(error)}"
            ) from error
        except BaseException:  # a cancelled read leaves an answer on its way
            await self.close()
            raise
        self._pause_starts()
        return Refusal(answer.exception_code) if answer.isError() else list(answer.registers)

    async def close(self) -> None:
        """Close the connection and let the socket say so before another one opens."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
            await asyncio.sleep(0)

    def _pause_starts(self) -> None:
        self._free_at_s = asyncio.get_running_loop().time() + self._pause_s


def _reason(error: ModbusException) -> str:
    if isinstance(error, ConnectionException):
        return "the connection was closed"
    return f"no answer within {REQUEST_TIMEOUT_S:g} s" if "No response received" in error.string else error.string

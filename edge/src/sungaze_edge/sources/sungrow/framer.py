"""Modbus TCP framing that lets through nothing but the answer to the request in flight.

The stock framer takes a malformed exception only when it arrives in one piece, takes answers with transaction 0,
with another function or another number of registers, and leaves a request waiting when the frame is bad or the
device hangs up.
"""

from collections.abc import Callable

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU

_START = 9  # header, unit, function, and the byte count or the exception code
_EXCEPTION_LENGTHS = (2, 3)  # older WiNet-S firmware says 2 and sends 3 bytes


class StrictFramer(FramerSocket):
    """Matches each answer with its request, byte by byte."""

    def __init__(self, fail: Callable[[str], None]) -> None:
        """Call `fail` with the reason when the stream no longer answers the request in flight."""
        super().__init__(DecodePDU(is_server=False))
        self._fail = fail
        self._request: ModbusPDU | None = None

    def buildFrame(self, message: ModbusPDU) -> bytes:  # noqa: N802 - pymodbus names it
        """Build the request and remember what it asks for."""
        self._request = message
        return super().buildFrame(message)

    def handleFrame(  # noqa: N802 - pymodbus names it
        self,
        data: bytes,
        exp_devid: int,  # noqa: ARG002 - the whole request is compared
        exp_tid: int,  # noqa: ARG002
    ) -> tuple[int, ModbusPDU | None]:
        """Take the answer out of everything received since the request was sent.

        Bytes behind a complete answer belong to nothing and are dropped; should more of them follow, the next
        answer does not begin as it must, and that fails the next request.
        """
        request = self._request
        if request is None:
            return len(data), None
        mistake = _mistake(data, request)
        if mistake:
            self.abandon(mistake)
            return len(data), None
        if len(data) < _START or len(data) < _size(data):
            return 0, None
        self._request = None
        answer = self.decoder.decode(data[7 : _size(data)])
        if answer is None:
            self._fail("an answer that cannot be decoded")
            return len(data), None
        answer.dev_id, answer.transaction_id = request.dev_id, request.transaction_id
        return len(data), answer

    def abandon(self, reason: str) -> None:
        """Fail the request in flight, if there is one."""
        if self._request is not None:
            self._request = None
            self._fail(reason)


def _size(data: bytes) -> int:
    return _START if data[7] & 0x80 else _START + data[8]


def _mistake(data: bytes, request: ModbusPDU) -> str | None:
    """Say why `data` cannot begin the answer to `request`; None while it can."""
    head = request.transaction_id.to_bytes(2, "big") + b"\0\0"
    if data[:4] != head[: len(data)]:
        return "bytes that answer another request"
    if len(data) < _START:
        return None
    length, unit, function, count = int.from_bytes(data[4:6], "big"), data[6], data[7], data[8]
    if unit != request.dev_id or function & 0x7F != request.function_code:
        return f"an answer of unit {unit} to function {function & 0x7F}"
    if function & 0x80:
        return None if length in _EXCEPTION_LENGTHS else f"an exception with the length {length}"
    if count != 2 * request.count or length != count + 3:
        return f"an answer with {count} bytes for {request.count} registers"
    return None

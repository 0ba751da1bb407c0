"""A slot of the ring as bytes: one sector of the disk where the reading, compressed, fits; two at most."""

import struct
import zlib
from typing import NamedTuple

SECTOR_BYTES = 512
SLOT_BYTES = 2 * SECTOR_BYTES

type Row = tuple[int, str, str, int, str]
"""A reading as SQLite has it: id, device_id, kind, ts_ms, payload."""

_MAGIC = b"SGr1"
_SEAL = struct.Struct("<4sI")  # magic, CRC-32 of what follows
_HEAD = struct.Struct("<QQqH")  # number, settled, ts_ms, length of the compressed reading (0: none)
_START = _SEAL.size + _HEAD.size


class Slot(NamedTuple):
    """What a slot says: its own number, below which number all is settled, and its reading if it has one."""

    number: int
    settled: int
    row: Row | None


def encoded(slot: Slot) -> bytes | None:
    """Give whole sectors; None for a reading that is too large."""
    ts_ms, body = 0, b""
    if slot.row is not None:
        _, device_id, kind, ts_ms, payload = slot.row
        body = zlib.compress(f"{device_id}\0{kind}\0{payload}".encode(), 1)
    content = _HEAD.pack(slot.number, slot.settled, ts_ms, len(body)) + body
    length = -(-(_SEAL.size + len(content)) // SECTOR_BYTES) * SECTOR_BYTES
    if length > SLOT_BYTES:
        return None
    return (_SEAL.pack(_MAGIC, zlib.crc32(content)) + content).ljust(length, b"\0")


def decoded(raw: bytes) -> Slot | None:
    """Take a slot apart; None for what is none, or is damaged."""
    try:
        magic, checksum = _SEAL.unpack_from(raw)
        number, settled, ts_ms, length = _HEAD.unpack_from(raw, _SEAL.size)
        end = _START + length
        if magic != _MAGIC or end > len(raw) or zlib.crc32(raw[_SEAL.size : end]) != checksum:
            return None
        if not length:
            return Slot(number, settled, None)
        device_id, kind, payload = zlib.decompress(raw[_START:end]).decode().split("\0", 2)
    except (struct.error, zlib.error, ValueError):
        return None
    return Slot(number, settled, (number, device_id, kind, ts_ms, payload))

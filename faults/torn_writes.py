"""What a write leaves behind when the power goes in the middle of it: a part of it, and for the rest anything."""

import json
import random
import struct
from pathlib import Path

from sungaze_edge.ring import SLOTS, ring_path
from sungaze_edge.slot import SLOT_BYTES, decoded

_LOG_HEAD = struct.Struct(">4xIII8s8x")  # SQLite's WAL: format, page size, checkpoint, salts
_FRAME_HEAD = struct.Struct(">8x8s8x")  # salts; a frame of other salts is of an earlier round


def tear_ring(spool: Path, dice: random.Random) -> int | None:
    """Spoil the slot that would be written next, which costs nothing, or the newest; give whose reading that was."""
    path = ring_path(spool)
    content = bytearray(path.read_bytes())
    slots = [decoded(bytes(content[place : place + SLOT_BYTES])) for place in range(0, len(content), SLOT_BYTES)]
    newest = max((slot for slot in slots if slot), key=lambda slot: slot.number, default=None)
    if newest is None:
        return None
    victim = newest.number + dice.randrange(2)
    if victim - newest.settled >= SLOTS:  # a daemon would have made room first
        return None
    end = (victim % SLOTS + 1) * SLOT_BYTES
    length = dice.randrange(1, SLOT_BYTES)
    content[end - length : end] = dice.randbytes(length)
    path.write_bytes(content)
    return int(json.loads(newest.row[4])["n"]) if victim == newest.number and newest.row else None


def tear_log(spool: Path, dice: random.Random) -> None:
    """Begin a frame behind the last one of SQLite's log, and leave it unfinished: nobody was told that it is there."""
    log = spool.with_name(f"{spool.name}-wal")
    content = log.read_bytes() if log.exists() else b""
    if len(content) < _LOG_HEAD.size:
        return
    _, page_bytes, _, salts = _LOG_HEAD.unpack_from(content)
    place, frame_bytes = _LOG_HEAD.size, _FRAME_HEAD.size + page_bytes
    while place + frame_bytes <= len(content) and _FRAME_HEAD.unpack_from(content, place)[0] == salts:
        place += frame_bytes
    frame = (dice.randbytes(8) + salts + dice.randbytes(8 + page_bytes))[: dice.randrange(1, frame_bytes + 1)]
    with log.open("r+b") as file:
        file.seek(place)
        file.write(frame)

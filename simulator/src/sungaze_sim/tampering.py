"""Faults that change what a reply says or how its bytes look: small functions, one per fault."""

from collections.abc import Callable, Mapping
from random import Random

_dice = Random(42)

_SENTINELS = {
    5016: (0xFFFF, 0xFFFF),  # PV power
    13007: (0xFFFF, 0x7FFF),  # load
    13009: (0xFFFF, 0x7FFF),  # export
    13019: (0xFFFF,),  # battery voltage
    13021: (0x7FFF,),  # battery power
    13022: (0xFFFF,),  # SoC
    13024: (0x7FFF,),  # battery temperature
}
_SPIKES = {
    5016: (65000, 0),  # 65 kW from the roof
    13002: (0xFFFF, 0x00FF),  # 1,677,721.5 kWh from one poll to the next
    13021: (30000,),  # 30 kW out of the battery
    13022: (1500,),  # 150 %
}


def _overlay(changes: Mapping[int, tuple[int, ...]]) -> Callable[[int, list[int]], list[int]]:
    flat = {start + index: word for start, words in changes.items() for index, word in enumerate(words)}

    def tamper(start: int, words: list[int]) -> list[int]:
        return [flat.get(start + index, word) for index, word in enumerate(words)]

    return tamper


WORD_FAULTS: Mapping[str, Callable[[int, list[int]], list[int]]] = {
    "sentinels": _overlay(_SENTINELS),
    "spikes": _overlay(_SPIKES),
}
"""By name: wire start and words of an input read -> the words to serve instead."""


def _wrong_transaction(frame: bytes) -> bytes:
    return bytes([frame[0] ^ 0x55, frame[1] ^ 0x55]) + frame[2:]


def _truncated(frame: bytes) -> bytes:
    return frame[:-3]


def _garbage(frame: bytes) -> bytes:
    return _dice.randbytes(len(frame))


FRAME_FAULTS: Mapping[str, Callable[[bytes], bytes]] = {
    "wrong_transaction": _wrong_transaction,
    "truncated": _truncated,
    "garbage": _garbage,
}
"""By name: a frame -> the bytes that no client may take for an answer."""

STRAY_BYTES = bytes([0x00, 0x2A, 0x00])

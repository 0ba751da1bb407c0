"""Words to scaled values: types, word order, not-available marks, and the three scales that differ by path."""

from collections.abc import Mapping
from dataclasses import dataclass

from sungaze_edge.sources.sungrow.registers import BY_NAME, INPUT, REGISTERS, Register
from sungaze_edge.sources.sungrow.states import LAN_ONLY_STATES, WINET_S_STATES

type Words = Mapping[int, int]
"""Register words (0..65535) by wire address."""
type Reading = float | int | str | list[float | int | None] | None
"""A decoded register in its unit; None is "not available"."""

_LOW_FREQUENCY_RAW = 1000  # 0.1 Hz gives about 500 through LAN, 0.01 Hz about 5000 through WiNet-S
_WHOLE_PERCENT_RAW = 100
_WINET_S_METADATA = (0x3130, 0x4141)  # "10AA" where LAN has the protocol number
_LARGE_CAPACITY_RAW = 400
_AMBIGUOUS = ("battery_current_legacy_a", "battery_power_legacy_w")
"""0xFFFF is a true -1 here, unless the voltage beside them is not available either."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a set of words says."""

    values: Mapping[str, Reading]
    """By register name, only where every needed word is there. Bounds are not applied."""
    partial: tuple[str, ...]
    """Registers of which only some words are there: null, never guessed."""


def decode_registers(input_words: Words, holding_words: Words) -> Decoded:
    """Decode every register of the map that the words cover."""
    values: dict[str, Reading] = {}
    partial = []
    scales = _path_scales(input_words)
    for register in REGISTERS:
        words = input_words if register.function == INPUT else holding_words
        found = [words.get(wire) for wire in register.wires]
        if all(word is None for word in found):
            continue
        if _is_complete(register, found):
            scale, decimals = scales.get(register.name, (register.scale, register.decimals))
            values[register.name] = _decode(register, [word or 0 for word in found], scale, decimals)
        else:
            partial.append(register.name)
    for name in _AMBIGUOUS:
        if input_words.get(BY_NAME[name].wire) == input_words.get(BY_NAME["battery_voltage_v"].wire) == 0xFFFF:
            values[name] = None
    return Decoded(values, tuple(partial))


def _is_complete(register: Register, found: list[int | None]) -> bool:
    """A text ends at its first NUL, so the words behind it are not needed."""
    for word in found:
        if word is None:
            return False
        if register.type == "string" and (word & 0xFF == 0 or word >> 8 == 0):
            return True
    return True


def _decode(register: Register, words: list[int], scale: float, decimals: int) -> Reading:
    if register.type == "string":
        return _text(words)
    if register.is_list:
        return [_number(register, word, scale, decimals) for word in words]
    raw = words[0] if register.count == 1 else words[0] | words[1] << 16
    return _number(register, raw, scale, decimals)


def _number(register: Register, raw: int, scale: float, decimals: int) -> float | int | None:
    if raw in register.not_available:
        return None
    bits = 32 if register.type.endswith("32") else 16
    if register.type.startswith("s") and raw >> (bits - 1):
        raw -= 1 << bits
    return round(raw * scale, decimals) if decimals else round(raw * scale)


def _text(words: list[int]) -> str | None:
    raw = b"".join(word.to_bytes(2, "big") for word in words).split(b"\0", 1)[0]
    text = "".join(char for char in raw.decode("ascii", "replace") if char.isprintable()).strip()
    return text or None


def _path_scales(words: Words) -> dict[str, tuple[float, int]]:
    """Scale and decimals of the registers whose scale depends on how they were read."""
    scales = {}
    frequency = words.get(BY_NAME["grid_frequency_coarse_hz"].wire)
    if frequency is not None and frequency >= _LOW_FREQUENCY_RAW:
        scales["grid_frequency_coarse_hz"] = (0.01, 2)
    if words.get(BY_NAME["battery_soh_pct"].wire, _WHOLE_PERCENT_RAW + 1) <= _WHOLE_PERCENT_RAW:
        scales["battery_soh_pct"] = (1.0, 0)  # SH10RS through an RS485 gateway
    if _has_fine_capacity(words):
        scales["battery_capacity_coarse_kwh"] = (0.01, 2)
    return scales


def _has_fine_capacity(words: Words) -> bool:
    """Whether 13039 carries 0.01 kWh (WiNet-S) instead of 0.1 kWh; the surest evidence decides first."""
    capacity = words.get(BY_NAME["battery_capacity_coarse_kwh"].wire, 0)
    frequency = words.get(BY_NAME["grid_frequency_coarse_hz"].wire)
    if frequency:  # changes its scale on the same path
        return frequency >= _LOW_FREQUENCY_RAW
    fine = words.get(BY_NAME["battery_capacity_kwh"].wire, 0)
    if capacity and fine and fine != BY_NAME["battery_capacity_kwh"].not_available[0]:
        return abs(capacity - fine) < abs(10 * capacity - fine)
    metadata = (words.get(4949), words.get(4950))
    if None not in metadata:
        return metadata == _WINET_S_METADATA
    state = words.get(BY_NAME["running_state"].wire)
    if state in WINET_S_STATES or state in LAN_ONLY_STATES:
        return state in WINET_S_STATES
    return capacity >= _LARGE_CAPACITY_RAW

"""Bytes as decisions: a target that needs structure takes it from here, and so both engines can steer it."""

from collections.abc import Sequence


class Choices:
    """Reads decisions from the front of some bytes; behind their end every decision is the first."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data = data
        self._at = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing is left to decide by."""
        return self._at >= len(self._data)

    def number(self, lowest: int, highest: int) -> int:
        """Choose a whole number, both ends included."""
        count = highest - lowest + 1
        size = max(1, ((count - 1).bit_length() + 7) // 8)
        return lowest + int.from_bytes(self.take(size).ljust(size, b"\0"), "big") % count

    def flag(self) -> bool:
        """Choose yes or no; no behind the end."""
        return self.number(0, 255) > 127

    def pick[T](self, options: Sequence[T]) -> T:
        """Choose one of several."""
        return options[self.number(0, len(options) - 1)]

    def take(self, size: int) -> bytes:
        """Take some bytes as they are; fewer at the end."""
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def rest(self) -> bytes:
        """Take all that is left."""
        return self.take(len(self._data))

"""Registers as a device holds them: 16-bit words by wire address (the documented number minus one)."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Image:
    """Words being written, addressed by documented numbers as in the vendor's tables."""

    words: dict[int, int] = field(default_factory=dict)

    def put(self, number: int, *raw: int) -> None:
        """Write one register after the other from `number` on; negative as two's complement."""
        for index, value in enumerate(raw):
            self.words[number - 1 + index] = value & 0xFFFF

    def put32(self, number: int, raw: int) -> None:
        """Write two registers, the low word first."""
        self.put(number, raw, raw >> 16)

    def text(self, number: int, text: str, count: int) -> None:
        """Write ASCII into `count` registers, two characters each, padded with NUL."""
        data = text.encode("ascii").ljust(2 * count, b"\0")
        self.put(number, *(int.from_bytes(data[2 * index : 2 * index + 2], "big") for index in range(count)))

    def fill(self, first: int, last: int, word: int) -> None:
        """Write the same word into the registers `first` to `last`, both included."""
        self.put(first, *[word] * (last - first + 1))

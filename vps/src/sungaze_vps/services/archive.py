"""The file that a backup is, made to be read without this program; docs/backup.md describes it for others.

Gzip, and inside it JSON, one object a line: a header that names the columns, blocks of readings, and an end that counts
them and holds the SHA-256 of all lines before it. Without its end a file is not a backup, however much of it is there.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import RawIOBase
from typing import Any

import msgspec

from sungaze_vps.errors import BackupError
from sungaze_vps.measurement import Measurement

FORMAT = "sungaze-backup"
VERSION = 1
ROWS_PER_BLOCK = 5000
IDENTITY = ("ts", "sample_count")
_GZIP = 31  # what zlib calls deflate in a gzip file
_LEVEL = 3  # a tenth larger than at 6, in half of the time
_ABOUT = (
    "Readings of a home's energy devices. Each line is a JSON object: this header, then blocks of rows whose columns "
    "are named here, then an end with what there is of each device and the SHA-256 of all lines before it. Times are "
    "when the device was read; null means that it does not have the value."
)

type Rows = Sequence[Sequence[Any]]
"""Readings of one device in order of time: `(ts, sample_count, *values)`."""


class Header(msgspec.Struct, kw_only=True, tag_field="line", tag="header"):
    """The first line."""

    format: str = FORMAT
    version: int = VERSION
    about: str = _ABOUT
    made_at: datetime
    schema: str
    """The revision of the database it was made from; for people, nothing depends on it."""
    columns: dict[str, list[str]]
    """Kind -> what the values of a row are: ts, sample_count, then the fields."""


class Block(msgspec.Struct, tag_field="line", tag="block"):
    """Readings of one device, in order of time."""

    kind: str
    device_id: str
    rows: msgspec.Raw


class Span(msgspec.Struct):
    """What there is of one device."""

    readings: int
    first: datetime
    last: datetime


type Contents = dict[str, dict[str, Span]]
"""Kind -> device -> what there is."""


class End(msgspec.Struct, tag_field="line", tag="end"):
    """The last line."""

    contents: Contents
    sha256: str


class ArchiveWriter:
    """Writes a backup from its first byte to its last; only `finish` makes it one."""

    def __init__(self, target: RawIOBase, kinds: Mapping[str, Measurement], *, made_at: datetime, schema: str) -> None:
        """Write the header.

        Args:
            target: unbuffered, so that no error waits in a buffer.
            kinds: those to be written, by name.
            made_at: now.
            schema: the revision of the database.

        Raises:
            BackupError: the target cannot be written; so for every method here.
        """
        self._target = target
        self._deflate = zlib.compressobj(_LEVEL, wbits=_GZIP)
        self._sha256 = hashlib.sha256()
        self.contents: Contents = {kind: {} for kind in kinds}
        names = {kind: columns(measurement) for kind, measurement in kinds.items()}
        self._write_line(Header(made_at=made_at, schema=schema, columns=names))

    def write(self, kind: str, device_id: str, rows: Rows) -> None:
        """Write readings of one device, at least one, none of them earlier than those before."""
        self._write_line(Block(kind, device_id, msgspec.Raw(msgspec.json.encode(rows))))
        count(self.contents, kind, device_id, rows)

    def finish(self) -> None:
        """Write the end; the target is still to be made durable."""
        self._write_line(End(self.contents, self._sha256.hexdigest()))
        self._write(self._deflate.flush())

    def _write_line(self, content: msgspec.Struct) -> None:
        line = msgspec.json.encode(content) + b"\n"
        self._sha256.update(line)
        self._write(self._deflate.compress(line))

    def _write(self, data: bytes) -> None:
        try:
            write_all(self._target, data)
        except OSError as error:
            raise BackupError(f"the backup cannot be written ({error.strerror}); nothing is left of it") from error


def write_all(target: RawIOBase, data: bytes) -> None:
    """Write to an unbuffered file, which may take a part at a time; a disk that is full says so at the next."""
    rest = memoryview(data)
    while rest:
        rest = rest[target.write(rest) or 0 :]


def columns(measurement: Measurement) -> list[str]:
    """Name the values of a row of this kind."""
    return [*IDENTITY, *(field.name for field in measurement.fields)]


def count(contents: Contents, kind: str, device_id: str, rows: Rows) -> None:
    """Add the readings of a block to what there is."""
    span = contents[kind].setdefault(device_id, Span(0, rows[0][0], rows[-1][0]))
    span.readings += len(rows)
    span.last = rows[-1][0]


def total(contents: Contents) -> int:
    """Count all readings."""
    return sum(span.readings for devices in contents.values() for span in devices.values())

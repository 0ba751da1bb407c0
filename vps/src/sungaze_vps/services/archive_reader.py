"""Reads a backup and believes nothing of it that does not add up."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import GenericAlias
from typing import Annotated, Any, BinaryIO

import msgspec

from sungaze_vps.errors import BackupError
from sungaze_vps.measurement import Measurement
from sungaze_vps.services.archive import FORMAT, IDENTITY, VERSION, Block, Contents, End, Header, columns, count

_MAGIC = b"\x1f\x8b"  # how every gzip file begins
_MAX_LINE_BYTES = 64 * 1024**2  # a block has about one million; what has so many is not ours
_MOST_SHOWN, _LONGEST_SHOWN = 10, 60
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_TIME = Annotated[datetime, msgspec.Meta(tz=True)]
_TYPES: Mapping[str, Any] = {"number": float | None, "text": str | None, "time": _TIME | None}

type Batch = tuple[Measurement, list[tuple[Any, ...]]]
"""Readings of one kind, as `services.ingestion.store` takes them."""


class _Stamp(msgspec.Struct):
    """What a header of any version says."""

    format: str
    version: int


class ArchiveReader:
    """Reads a backup once; what it gave is to be believed only when `batches` came to its end without an error."""

    def __init__(self, source: BinaryIO, name: str, kinds: Mapping[str, Measurement]) -> None:
        """Read the header.

        Args:
            source: seekable; it is read from its first byte.
            name: of the file, for messages.
            kinds: those this version knows, by name.

        Raises:
            BackupError: it is no backup, or holds something that this version has no place for.
        """
        self._name = name
        self._lines = _inflate(source, name)
        self._kinds = kinds
        self._sha256 = hashlib.sha256()
        self.header = self._read_header()
        self.contents: Contents = {kind: {} for kind in self.header.columns}
        """What was read so far."""
        self._rows = {kind: _row_decoder(kinds[kind], names) for kind, names in self.header.columns.items()}

    def batches(self) -> Iterator[Batch]:
        """Give all readings, in batches of one kind and device each.

        Raises:
            BackupError: the file is damaged or cut off, which may show only after most of it was given.
        """
        while True:
            before = self._sha256.hexdigest()
            line = self._read_line()
            try:
                content = msgspec.json.decode(line, type=Block | End)
                if isinstance(content, End):
                    break
                rows = self._rows[content.kind].decode(content.rows)
                count(self.contents, content.kind, content.device_id, rows)
            except (*_UNREADABLE, LookupError) as error:
                raise self._damaged() from error
            yield self._kinds[content.kind], self._complete(content, rows)
        # Only reading on to the end of the file makes gzip compare its own checksum.
        if content.sha256 != before or content.contents != self.contents or self._read(1):
            raise self._damaged()

    def _complete(self, block: Block, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Put the device before each row, and null for what the version that wrote the backup did not know."""
        written, wanted = self.header.columns[block.kind], columns(self._kinds[block.kind])
        if written == wanted:
            return [(block.device_id, *row) for row in rows]
        at = [written.index(name) if name in written else None for name in wanted]
        return [(block.device_id, *(None if place is None else row[place] for place in at)) for row in rows]

    def _read_header(self) -> Header:
        line = self._read(_MAX_LINE_BYTES)
        self._sha256.update(line)
        try:
            stamp = msgspec.json.decode(line, type=_Stamp)
        except _UNREADABLE as error:
            raise BackupError(f"{self._name} is not a Sungaze backup") from error
        if stamp.format != FORMAT:
            raise BackupError(f"{self._name} is not a Sungaze backup")
        if stamp.version > VERSION:
            raise self._too_new(f"form {stamp.version}, and this version reads forms up to {VERSION}")
        try:
            header = msgspec.json.decode(line, type=Header)
        except _UNREADABLE as error:
            raise self._damaged() from error
        self._refuse_unknown(header)
        return header

    def _refuse_unknown(self, header: Header) -> None:
        unknown = [f"the kind {_shown(kind)}" for kind in header.columns if kind not in self._kinds]
        for kind in header.columns.keys() & self._kinds.keys():
            names, known = header.columns[kind], columns(self._kinds[kind])
            unknown += [f"{kind}.{_shown(name)}" for name in names if name not in known]
            if tuple(names[: len(IDENTITY)]) != IDENTITY or len(set(names)) < len(names):
                raise self._damaged()
        if unknown:
            raise self._too_new(f"what this version has no place for ({', '.join(sorted(unknown)[:_MOST_SHOWN])})")

    def _read_line(self) -> bytes:
        line = self._read(_MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise self._damaged()
        self._sha256.update(line)
        return line

    def _read(self, limit: int) -> bytes:
        try:
            return self._lines.readline(limit)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise self._damaged() from error
        except OSError as error:
            raise BackupError(f"{self._name} cannot be read ({error.strerror})") from error

    def _damaged(self) -> BackupError:
        return BackupError(f"{self._name} is damaged or cut off, so nothing of it can be trusted; use another copy")

    def _too_new(self, what: str) -> BackupError:
        return BackupError(f"{self._name} has {what}; a newer Sungaze wrote it, so upgrade this one first")


def _shown(name: str) -> str:
    """Bound what a file claims, for a sentence of one line."""
    return name if name.isprintable() and len(name) <= _LONGEST_SHOWN else repr(name[:_LONGEST_SHOWN])


def _inflate(source: BinaryIO, name: str) -> gzip.GzipFile:
    source.seek(0)
    if source.read(len(_MAGIC)) != _MAGIC:
        raise BackupError(f"{name} is not a Sungaze backup")
    source.seek(0)
    return gzip.GzipFile(fileobj=source)


def _row_decoder(measurement: Measurement, names: Sequence[str]) -> msgspec.json.Decoder[Any]:
    types = {field.name: _TYPES[field.type] for field in measurement.fields}
    row = GenericAlias(tuple, (_TIME, int, *(types[name] for name in names[len(IDENTITY) :])))
    return msgspec.json.Decoder(GenericAlias(list, (row,)))

"""The reader of backups: a file is believed to its end, or not at all."""

import gzip
import hashlib
import io
import json

from fuzz.choices import Choices
from fuzz.documents import value
from fuzz.seeds import RAW
from fuzz.server_rules import NOW
from sungaze_vps.errors import BackupError
from sungaze_vps.measurements import measurements
from sungaze_vps.services.archive import ArchiveWriter, total
from sungaze_vps.services.archive_reader import ArchiveReader

_WORDS = ("line", "header", "block", "end", "format", "version", "columns", "kind", "sungrow", "p1", "rows", "contents")


def backup(data: bytes) -> None:
    """Reads a file to its end and its own checksum, or says in one sentence that it is no good."""
    choices = Choices(data)
    content = choices.rest() if not choices.number(0, 3) else _mutated(choices)
    try:
        reader = ArchiveReader(io.BytesIO(content), "home.backup", measurements())
        readings = sum(len(rows) for _, rows in reader.batches())
    except BackupError as error:
        assert "\n" not in str(error), error
        assert len(str(error)) < 100_000, "a sentence nobody reads"
        return
    lines = gzip.decompress(content).splitlines(keepends=True)
    assert json.loads(lines[-1])["sha256"] == hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    assert readings == total(reader.contents)


def good_backup() -> bytes:
    """Write a small backup."""
    file = io.BytesIO()
    kinds = measurements()
    writer = ArchiveWriter(_Raw(file), kinds, made_at=NOW, schema="fuzz")
    for kind, measurement in kinds.items():
        writer.write(kind, "home", [(NOW, 1, *([None] * len(measurement.fields)))])
    writer.finish()
    return file.getvalue()


class _Raw(io.RawIOBase):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__()
        self._file = file

    def write(self, data: object) -> int:
        return self._file.write(data)  # type: ignore[arg-type]  # a buffer, of whatever kind


def _mutated(choices: Choices) -> bytes:
    """Change lines, and make the sum right again so that they are looked at."""
    lines = gzip.decompress(_GOOD).splitlines()
    for _ in range(choices.number(0, 3)):
        at = choices.number(0, len(lines) - 1)
        line = lines[at]
        kind = choices.number(0, 5)
        if kind == 0:
            lines[at] = value(choices, _WORDS).encode("utf-8", "replace")
        elif kind == 1:
            lines.insert(at, lines[choices.number(0, len(lines) - 1)])
        elif kind == 2 and len(lines) > 1:
            del lines[at]
        elif kind == 3:
            place, size = choices.number(0, len(line)), choices.number(0, 8)
            lines[at] = line[:place] + choices.take(size) + line[place + choices.number(0, 8) :]
        else:
            old = choices.pick(
                (b"null", b'"2026-06-21T12:00:00Z"', b'"rows":[', b"1", b'"home"', b'"ts"', b'"sungrow"')
            )
            lines[at] = line.replace(old, value(choices, _WORDS).encode("utf-8", "replace"), choices.number(1, 3))
    if lines and b'"sha256":"' in lines[-1]:
        digest = hashlib.sha256(b"".join(line + b"\n" for line in lines[:-1])).hexdigest().encode()
        head, _, tail = lines[-1].rpartition(b'"sha256":"')
        lines[-1] = head + b'"sha256":"' + digest + tail[64:]
    packed = gzip.compress(b"".join(line + b"\n" for line in lines), 1)
    return packed[: choices.number(0, len(packed))] if choices.number(0, 9) == 1 else packed


_GOOD = good_backup()
SEEDS = (RAW + _GOOD,)

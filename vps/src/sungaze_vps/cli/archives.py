"""`sungaze-vps backup`, `restore` and `check-backup`."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from sungaze_vps import clock
from sungaze_vps.cli.database import require_current, unusable, upgrade_if_new
from sungaze_vps.cli.progress import Progress
from sungaze_vps.config import Config, load_config
from sungaze_vps.db.faults import DATABASE_ERRORS
from sungaze_vps.db.session import make_engine
from sungaze_vps.errors import BackupError
from sungaze_vps.measurements import measurements
from sungaze_vps.services import backup
from sungaze_vps.services.archive import Contents, total, write_all
from sungaze_vps.services.archive_reader import ArchiveReader
from sungaze_vps.services.backup_file import new_file

_STANDARD = Path("-")
_COPY_BYTES = 1024**2


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `backup`, `restore` and `check-backup`."""
    write = commands.add_parser("backup", help="write all readings to a file, while the server runs")
    write.add_argument("file", type=Path, metavar="FILE", help="the file to write, or - for standard output")
    write.add_argument("--force", action="store_true", help="replace the file if it is there already")
    write.set_defaults(run=_back_up)
    put_back = commands.add_parser("restore", help="add the readings of a backup to the database")
    put_back.add_argument("file", type=Path, metavar="FILE", help="a backup, or - for standard input")
    put_back.set_defaults(run=_restore)
    check = commands.add_parser("check-backup", help="read a backup to its end and tell what is in it")
    check.add_argument("file", type=Path, metavar="FILE", help="a backup, or - for standard input")
    check.set_defaults(run=_check)


def _back_up(arguments: argparse.Namespace) -> None:
    config = load_config()
    require_current(config)
    if arguments.file != _STANDARD:
        with new_file(arguments.file, force=arguments.force) as file:
            contents = _write(config, file)
    elif sys.stdout.isatty():
        raise BackupError("a backup is no text for a terminal; send it on, as in: sungaze-vps backup - > home.backup")
    else:
        with FileIO(sys.stdout.fileno(), "wb", closefd=False) as file:
            contents = _write(config, file)
    print(f"backed up {total(contents):,} readings", file=sys.stderr)


def _write(config: Config, file: FileIO) -> Contents:
    async def run() -> Contents:
        engine = make_engine(config.database_url, pool_size=1)
        try:
            return await backup.back_up(engine, measurements(), file, clock.now(), progress)
        finally:
            await engine.dispose()

    progress = Progress("backup")
    try:
        contents = asyncio.run(run())
    except DATABASE_ERRORS as error:
        raise unusable(error) from error
    progress.end()
    return contents


def _restore(arguments: argparse.Namespace) -> None:
    config = load_config()
    with _opened(arguments.file) as file:
        readings = total(_read_through(file, arguments.file).contents)
        upgrade_if_new(config)
        inserted = _store(config, ArchiveReader(file, _name(arguments.file), measurements()), readings)
    there = f"; {readings - inserted:,} were there already" if inserted < readings else ""
    print(f"restored {inserted:,} readings{there}")


def _store(config: Config, reader: ArchiveReader, readings: int) -> int:
    async def run() -> int:
        engine = make_engine(config.database_url, pool_size=1)
        try:
            return await backup.restore(engine, reader.batches(), readings, progress)
        finally:
            await engine.dispose()

    progress = Progress("restore")
    try:
        inserted = asyncio.run(run())
    except DATABASE_ERRORS as error:
        raise BackupError(f"{unusable(error)}; what was restored stays: run the same command again") from error
    progress.end()
    return inserted


def _check(arguments: argparse.Namespace) -> None:
    with _opened(arguments.file) as file:
        reader = _read_through(file, arguments.file)
    print(f"good: {total(reader.contents):,} readings, made at {reader.header.made_at:%Y-%m-%d %H:%M:%SZ}")
    for kind, devices in reader.contents.items():
        for device_id, span in devices.items():
            print(f"  {kind} {device_id}: {span.readings:,} readings, {span.first.date()} to {span.last.date()}")


def _read_through(file: BinaryIO, path: Path) -> ArchiveReader:
    """Believe nothing before all of it was read."""
    size = file.seek(0, 2)
    reader, progress, readings = ArchiveReader(file, _name(path), measurements()), Progress("check"), 0
    for _, rows in reader.batches():
        readings += len(rows)
        progress(readings, file.tell() / size)
    progress.end()
    return reader


def _name(path: Path) -> str:
    return "standard input" if path == _STANDARD else str(path)


def _keep_input(copy: FileIO) -> None:
    try:
        while data := sys.stdin.buffer.read(_COPY_BYTES):
            write_all(copy, data)
    except OSError as error:
        raise BackupError(
            f"standard input does not fit into {tempfile.gettempdir()} ({error.strerror}), where it is kept to be read "
            "twice; name the file instead, or set TMPDIR to a folder with more room"
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Give the file, or a copy of what comes in, because it is read twice."""
    if path == _STANDARD:
        with tempfile.TemporaryFile(buffering=0) as copy:
            _keep_input(copy)
            yield copy
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be read ({error.strerror})") from error
    with file:
        yield file

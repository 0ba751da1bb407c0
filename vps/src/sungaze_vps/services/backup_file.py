"""Where a backup goes: a file that is there whole or not at all, for its owner's eyes only."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from sungaze_vps.errors import BackupError


@contextmanager
def new_file(path: Path, *, force: bool = False) -> Iterator[FileIO]:
    """Give a file to write that takes its name, safe on the disk, only when the block ends without an error.

    Until then it is `<name>.<random>.part` beside it; a block that fails removes it.

    Raises:
        BackupError: the file is there already and `force` is not given, or it cannot be written.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise BackupError(f"{path} is there and is not a file; name the file to write, such as {path / 'home.backup'}")
    if path.exists() and not force:
        raise BackupError(f"{path} is there already; choose another name, or give --force to replace it")
    file, part = _open_part(path)
    try:
        with file:
            yield file
            _keep(file, part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _open_part(path: Path) -> tuple[FileIO, Path]:
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)  # mode 0600
    except OSError as error:
        raise _unwritable(path, error) from error
    return FileIO(descriptor, "wb"), Path(name)


def _keep(file: FileIO, part: Path, path: Path) -> None:
    try:
        os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name is as durable as what it names
        finally:
            os.close(folder)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> BackupError:
    return BackupError(f"{path} cannot be written ({error.strerror}); nothing is left of it")

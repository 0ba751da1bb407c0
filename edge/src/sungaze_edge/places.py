"""The files a daemon needs: may they be written, and does a daemon hold them already?"""

import errno
import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO

from sungaze_edge.errors import SpoolError

RUNNING = "sungaze-edge run is reading the devices; stop it first."


def lock_spool(path: Path) -> IO[str]:
    """Lock a spool for this process, until the file that this gives is closed.

    Raises:
        SpoolError: a daemon has it, or it cannot be written.
    """
    try:
        lock = _lock_path(path).open("w")
    except OSError as error:
        raise _unwritable_spool(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _try_file(path)
    except BlockingIOError:
        lock.close()
        raise SpoolError(f"Another sungaze-edge is running with the spool {path}; stop it first.") from None
    except OSError as error:
        lock.close()
        raise _unwritable_spool(path, error) from error
    return lock


def is_spool_in_use(path: Path) -> bool:
    """Whether a daemon runs with this spool, as far as this user may know."""
    try:
        with _lock_path(path).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def spool_mistake(path: Path) -> str | None:
    """Say why a daemon could not start with this spool, if so; leaves nothing behind."""
    try:
        _try_folder(path)
        _try_file(path)
    except OSError as error:
        return str(_unwritable_spool(path, error))
    return None


def health_mistake(path: Path) -> str | None:
    """Say why a daemon could not write this health file, if so; leaves nothing behind."""
    try:
        _try_folder(path)
        _try_file(path)
    except OSError as error:
        return unwritable_health(path, error)
    return None


def unwritable_health(path: Path, error: OSError) -> str:
    """Say that the health file cannot be written, and why."""
    return f"The health file {path} cannot be written: {error.strerror}."


def private(name: str | Path, flags: int) -> int:
    """Open a file, as `open` wants its opener, so that a new one is its owner's alone.

    Readings tell when nobody is at home.
    """
    return os.open(name, flags, 0o600)


def _unwritable_spool(path: Path, error: OSError) -> SpoolError:
    return SpoolError(
        f"The spool {path} cannot be written ({error.strerror}): "
        "make its folder, give it to the user who runs this, or set SPOOL_PATH to another place."
    )


def _lock_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _try_folder(path: Path) -> None:
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def _try_file(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists():
        with path.open("r+b"):
            pass

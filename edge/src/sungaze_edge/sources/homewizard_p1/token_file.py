"""The file that keeps the dongle's token and serial number: written whole or not at all, for its owner's eyes alone."""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from sungaze_edge.errors import SourceUnusableError
from sungaze_edge.folders import sync_folder

_TOKEN = re.compile(r"[!-~]{1,256}")
_BARE_TOKEN = re.compile(r"[0-9A-Za-z]{16,256}")
_SERIAL = re.compile(r"[0-9a-z]{4,32}", re.ASCII)
_NAME = re.compile(r"[ -~]{1,64}")
_LONGEST = 4096
_OTHERS_MAY_READ = 0o077


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of the dongle; a serial number without a token is remembered, too."""

    serial: str | None = None
    token: str | None = None
    name: str | None = None
    """The name under which the dongle knows this edge."""

    def __repr__(self) -> str:
        """Keep the token out of every log."""
        return f"Stored(serial={self.serial!r}, name={self.name!r})"


def load(path: Path) -> Stored:
    """Read the file; one that is not there holds nothing.

    Raises:
        SourceUnusableError: it cannot be read, or is not what `sungaze-edge pair` writes.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST).strip()
    except FileNotFoundError:
        return Stored()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise SourceUnusableError(
            f"the token file {path} cannot be read ({reason}): give it to the user who runs this"
        ) from error
    if _BARE_TOKEN.fullmatch(text):
        return Stored(token=text)  # the bare token, as secrets are handed out in files
    try:
        return _parse(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise SourceUnusableError(
            f"the token file {path} is not what 'sungaze-edge pair' writes: run 'sungaze-edge pair --again'"
        ) from error


def is_open_to_others(path: Path) -> bool:
    """Whether users besides the owner may read it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & _OTHERS_MAY_READ)


@contextmanager
def rewriting(path: Path) -> Iterator[Callable[[Stored], None]]:
    """Make sure that the file can be written, and give what writes it.

    Raises:
        SourceUnusableError: it cannot be written.
    """
    try:
        descriptor, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made anew, for its owner alone
    except OSError as error:
        raise _unwritable(path, error) from error
    draft = Path(name)

    def save(stored: Stored) -> None:
        try:
            file.write(json.dumps(asdict(stored)) + "\n")
            file.flush()
            os.fsync(file.fileno())
            draft.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            raise _unwritable(path, error) from error

    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield save
    finally:
        draft.unlink(missing_ok=True)


def _parse(document: Any) -> Stored:
    if not isinstance(document, dict):
        raise ValueError("no object")  # noqa: TRY004 - one kind of mistake for the one who calls
    forms = {"serial": _SERIAL, "token": _TOKEN, "name": _NAME}
    stored = Stored(**{name: _text(document.get(name), form) for name, form in forms.items()})
    if stored == Stored():
        raise ValueError("neither token nor serial number")
    return stored


def _text(value: Any, form: re.Pattern[str]) -> str | None:
    if value is not None and not (isinstance(value, str) and form.fullmatch(value)):
        raise ValueError("a value of another form")
    return value


def _unwritable(path: Path, error: OSError) -> SourceUnusableError:
    return SourceUnusableError(
        f"The token file {path} cannot be written ({error.strerror}): make its folder, give it to the user who runs "
        "this, or set HW_P1_TOKEN_FILE to another place."
    )

"""Logs for people and for machines: one line per change of state, UTC, never a secret."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

type LogFormat = Literal["json", "text"]

_CHATTY = ("httpx", "httpcore", "pymodbus", "asyncio")


def set_up(level: str, log_format: LogFormat) -> None:
    """Send every log line to standard error in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Text())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:  # libraries report what we report better, and some show headers at DEBUG
        logging.getLogger(name).setLevel(logging.WARNING)


class Trouble:
    """Tells of trouble once: when it begins, when its nature changes, and when it is over."""

    def __init__(self, log: logging.Logger) -> None:
        """Begin without trouble."""
        self._log = log
        self._nature: str | None = None

    def begins(
        self, nature: str, message: str, *, level: int = logging.WARNING, error: BaseException | None = None
    ) -> None:
        """Log `message`, unless trouble of the same nature has been told already."""
        if nature != self._nature:
            self._log.log(level, message, exc_info=error)
        self._nature = nature

    def ends(self, message: str) -> None:
        """Log `message` if there was trouble."""
        if self._nature is not None:
            self._log.info(message)
        self._nature = None


def sentence(text: str) -> str:
    """End a text with a full stop, unless it ends like a sentence already."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        name = record.name.rpartition(".")[2]
        line = f"{_when(record)} {record.levelname:<7} {name}: {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line

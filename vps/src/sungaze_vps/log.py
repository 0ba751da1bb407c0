"""Logging: standard library, one line per change of state, text or JSON."""

import json
import logging
import logging.config
import time
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being answered; stands in each of its log lines."""

type ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_DATA_ERRORS = "22"


class Outage:
    """Whether something the server leans on is out of order: logs both changes of state and counts in between."""

    def __init__(self, logger: logging.Logger, name: str) -> None:
        """Start in order; `name` begins the log lines."""
        self._logger = logger
        self._name = name
        self.failures = 0
        """Failed attempts since it was last in order."""

    @property
    def ongoing(self) -> bool:
        """Whether the last attempt failed."""
        return self.failures > 0

    def failed(self, reason: str) -> None:
        """Count a failed attempt."""
        self.failures += 1
        if self.failures == 1:
            self._logger.warning("%s is unavailable: %s", self._name, reason)

    def passed(self) -> None:
        """Note that an attempt succeeded."""
        if self.ongoing:
            self._logger.info("%s is back after %d failed attempts", self._name, self.failures)
            self.failures = 0


class _TextFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library's own name)
        identity = request_id.get()
        line = super().formatMessage(record)
        return f"{line} [request {identity}]" if identity else line

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 (the library's own name)
        return describe_exception(ei[1])


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identity := request_id.get():
            line["request_id"] = identity
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = describe_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def describe_exception(error: BaseException | None) -> str:
    """Write a traceback that holds no readings: of each error's text its first line, and none where values stand in it.

    PostgreSQL tells whole rows under its first line (DETAIL), SQLAlchemy statements, pydantic what was put in; what
    PostgreSQL says of bad data (SQLSTATE class 22) quotes it in the first.
    """
    if error is None:
        return ""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    earlier = [describe_exception(before), "\nwhich led to:\n"] if before else []
    frames = traceback.format_tb(error.__traceback__)
    return "\n".join([*earlier, "Traceback (most recent call last):", "".join(frames) + _name_and_text(error)])


def _name_and_text(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    sqlstate = str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    if sqlstate.startswith(_DATA_ERRORS):
        return f"{kind} (SQLSTATE {sqlstate}; the text may quote readings)"
    return f"{kind}: {next(iter(str(error).splitlines()), '')}"


def configure_logging(level: str, form: str) -> None:
    """Send everything to standard error, in `form` "text" or "json"."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"text": {"()": _TextFormatter}, "json": {"()": _JsonFormatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
            "root": {"level": level, "handlers": ["stderr"]},
            "loggers": {
                # What these say below WARNING holds statements, readings or what goes over the wire.
                **{name: {"level": "WARNING"} for name in ("aiosqlite", "alembic", "redis", "sqlalchemy")},
            },
        }
    )

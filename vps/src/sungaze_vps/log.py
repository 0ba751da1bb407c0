"""Logging: standard library, one line per change of state, text or JSON."""

import json
import logging
import logging.config
import time
from datetime import UTC, datetime


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


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


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
                "aiosqlite": {"level": "WARNING"},  # at DEBUG it writes every statement with its readings
                "alembic": {"level": "WARNING"},
            },
        }
    )

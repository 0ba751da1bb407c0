"""Every error of the server, in three families: it cannot start, a request gets no 2xx, a backup is not to be had.

VpsError
├── StartupError         the server cannot run as it is: a wrong setting, no database, an old schema
│   └── ConfigError      settings are missing or wrong; every mistake is named at once
├── BackupError          a backup cannot be written, read or believed; what is in the database stays as it is
└── ProblemError         the answer to one request, as RFC 9457 describes it
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

PROBLEM_BASE = "https://sungaze.example/problems/"

type Slug = Literal[
    "malformed-body",
    "no-valid-token",
    "not-allowed",
    "no-data",
    "body-too-slow",
    "too-large",
    "unsupported-body",
    "invalid-samples",
    "invalid-request",
    "too-many-requests",
    "unavailable",
]

PROBLEMS: Mapping[Slug, tuple[HTTPStatus, str]] = {
    "malformed-body": (HTTPStatus.BAD_REQUEST, "The body cannot be read"),
    "no-valid-token": (HTTPStatus.UNAUTHORIZED, "A valid token is needed"),
    "not-allowed": (HTTPStatus.FORBIDDEN, "The token does not allow this"),
    "no-data": (HTTPStatus.NOT_FOUND, "There is no data"),
    "body-too-slow": (HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time"),
    "too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large"),
    "unsupported-body": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body has an unsupported form"),
    "invalid-samples": (HTTPStatus.UNPROCESSABLE_ENTITY, "Some samples are not acceptable"),
    "invalid-request": (HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not acceptable"),
    "too-many-requests": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
    "unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "The server cannot do this now"),
}


class VpsError(Exception):
    """The root; its text is one sentence for a person."""


class StartupError(VpsError):
    """The server cannot start; the text says what to do."""


class ConfigError(StartupError):
    """One or more settings are missing or wrong."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        """Keep each mistake, one sentence each."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistakes))


class BackupError(VpsError):
    """A backup cannot be written, read or believed; the text says why and what to do."""


class ProblemError(VpsError):
    """An answer other than 2xx; `detail` and `errors` go to the caller and hold no secret and no payload."""

    def __init__(
        self,
        slug: Slug,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take status and title from `PROBLEMS`.

        Args:
            slug: which problem it is; the last part of its `type`.
            detail: one sentence on this occurrence.
            errors: the faults one by one, each with `loc` (where: `["body", "samples", 3, "ts"]`) and `msg`.
            headers: sent with the answer.
        """
        super().__init__(detail)
        self.status, self.title = PROBLEMS[slug]
        self.type = PROBLEM_BASE + slug
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

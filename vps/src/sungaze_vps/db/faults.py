"""What the errors of the two database drivers mean: try again, or never again."""

import sqlite3

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

DATABASE_ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    sqlite3.Error,
    OSError,  # a connection that is refused or times out reaches us unwrapped
)

_PASSING_SQLSTATES = ("08", "25006", "28", "3D", "40", "53", "55", "57", "58")
"""Connection lost, a replica, not let in, no such database, rolled back for another, out of resources, locked or closed
to connections, stopped or timed out, the disk fails."""

_PASSING_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}


def is_passing(error: BaseException) -> bool:
    """Say whether an error goes away by itself or with a person's help, so that trying again helps."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_passing(error.orig))
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING_SQLITE
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate:
        return str(sqlstate).startswith(_PASSING_SQLSTATES)
    return isinstance(error, OSError | PoolTimeoutError | asyncpg.InterfaceError)


def reason(error: BaseException) -> str:
    """Give the first line of what the driver says; the lines after it may hold readings."""
    cause = getattr(error, "orig", None) or error
    first_line = next(iter(str(cause).splitlines()), "no answer")
    return f"{type(cause).__name__}: {first_line}"

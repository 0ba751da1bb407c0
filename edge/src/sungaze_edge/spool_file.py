"""Opening the spool's SQLite file: how it is written, what is in it, and whether it is sound."""

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from sungaze_edge.errors import SpoolError
from sungaze_edge.folders import sync_folder
from sungaze_edge.places import private

_MIGRATIONS = (
    """
    CREATE TABLE reading (
        id INTEGER PRIMARY KEY,
        device_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        ts_ms INTEGER,          -- null while the true time is not known; then the next three say when it was
        wall_ms INTEGER,
        monotonic_ms INTEGER,
        boot_id TEXT,
        payload TEXT NOT NULL   -- the values as a JSON object
    );
    CREATE INDEX reading_unsettled ON reading (id) WHERE ts_ms IS NULL;
    CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY,
        device_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        ts_ms INTEGER NOT NULL,
        payload TEXT NOT NULL,
        reason TEXT NOT NULL,
        refused_ms INTEGER NOT NULL
    );
    CREATE TABLE boot (
        boot_id TEXT PRIMARY KEY,
        offset_ms INTEGER,      -- true time minus uptime, once known
        last_ms INTEGER,        -- a recent time of this boot, to place readings of the next one after it
        estimated INTEGER NOT NULL DEFAULT 0   -- readings of this boot whose time is a guess
    );
    """,
)

_PAGE_BYTES = 1024  # a commit writes whole pages, and a reading is smaller than this: `bench/edge_wear.py`
_WAL_BYTES = 4 * 2**20

FILE_ERRORS = (sqlite3.Error, OSError, UnicodeDecodeError)
"""What a bad file or disk raises; the last one because SQLite quotes broken names in its messages."""


def open_spool_file(path: Path, *, check_for_s: float = 2.0) -> sqlite3.Connection:
    """Open or make the file, check it for as long as polling may wait for that, and bring its schema up to date.

    Raises:
        SpoolError: a newer version of this program made it.
        sqlite3.Error: SQLite cannot open it, or finds it corrupt.
        OSError: it cannot be made.
    """
    is_new = not path.exists() or not path.stat().st_size
    if is_new:
        with open(path, "ab", opener=private):  # SQLite gives its WAL the same rights
            pass
    db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    try:
        db.text_factory = (
            lenient_text  # one flipped bit in a text must not block the queue; the server judges the reading
        )
        _refuse_newer(db, path)
        if is_new:
            db.execute(f"PRAGMA page_size={_PAGE_BYTES}")  # these two count only before the first table, in this order
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA cache_size=-1000")  # KiB; the edge has little memory
        (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
        db.execute(f"PRAGMA wal_autocheckpoint={_WAL_BYTES // page_bytes}")
        db.execute(f"PRAGMA journal_size_limit={8 * 2**20}")
        if not is_new:
            _check(db, check_for_s)
        _migrate(db)
    except BaseException:
        with suppress(sqlite3.Error):
            db.close()
        raise
    if is_new:
        sync_folder(path.parent)
    return db


def corruption(what: str) -> sqlite3.DatabaseError:
    """Make the error that SQLite raises for a broken file."""
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def is_corruption(error: BaseException) -> bool:
    """Whether an error means that the file itself is broken."""
    broken = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return isinstance(error, UnicodeDecodeError) or error_code(error) in broken


def error_code(error: BaseException) -> int:
    """Give SQLite's primary code of an error, 0 for one that is not SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF  # the rest tells kinds of the same error apart


def _check(db: sqlite3.Connection, seconds: float) -> None:
    """Look through the file; one too big for that shows what is broken when it is read."""
    alarm = threading.Timer(seconds, db.interrupt)
    alarm.start()
    try:
        verdict = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error_code(error) != sqlite3.SQLITE_INTERRUPT:
            raise
        verdict = None
    finally:
        alarm.cancel()
        alarm.join()
    if verdict is not None and verdict[0] != "ok":
        raise corruption(verdict[0])


def _refuse_newer(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise SpoolError(
            f"The spool {path} was made by a newer sungaze-edge (format {version}, this one knows {len(_MIGRATIONS)}): "
            "install that version again, or set SPOOL_PATH to a new file and keep this one."
        )


def _migrate(db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(_MIGRATIONS[version:], version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version={number}; COMMIT;")


def lenient_text(text: bytes) -> str:
    """Read a text that may hold a flipped bit."""
    return text.decode("utf-8", "replace")

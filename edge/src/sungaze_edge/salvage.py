"""What to do with a spool file that is broken: keep it, and read from it whatever can still be read."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sungaze_edge.reading import wire_text
from sungaze_edge.spool_file import error_code, lenient_text
from sungaze_edge.store import Store

_MISSES_IN_A_ROW = 5_000  # row numbers tried beyond a broken page before giving up


def move_aside(path: Path) -> Path:
    """Rename a spool and its WAL, after the time it was last written; give the new name of the spool."""
    stamp = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside, tries = path.with_name(f"{path.name}.corrupt-{stamp}"), 1
    while aside.exists():
        tries += 1
        aside = path.with_name(f"{path.name}.corrupt-{tries}-{stamp}")
    for suffix in ("-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + suffix))
    path.rename(aside)
    return aside


def rescue(aside: Path, store: Store) -> int:
    """Copy every readable row of a broken spool into a new one; give how many readings that were."""
    with closing(sqlite3.connect(f"{aside.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as broken:
        broken.row_factory, broken.text_factory = sqlite3.Row, lenient_text
        with store.restoring() as db:
            for row in _rows(broken, db, "boot"):
                if type(row["offset_ms"]) is type(row["last_ms"]) is int:
                    _insert(db, "boot", row)
            readings = (
                (table, row)
                for table in ("reading", "quarantine")
                for row in _rows(broken, db, table)
                if _makes_sense(row)
            )
            return sum(_insert(db, table, row) for table, row in readings)


def _rows(broken: sqlite3.Connection, db: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """Walk upwards to the first broken page, number by number across it, and on.

    The columns get their names from the new spool, since those in the broken one may be broken, too.
    """
    last, misses = -1, 0
    names = ", ".join(column[1] for column in db.execute(f"PRAGMA table_info({table})"))
    query = (
        f"WITH named (number, {names}) AS (SELECT rowid, * FROM {table}) "  # noqa: S608 - our own names
        "SELECT * FROM named WHERE number > ? ORDER BY number LIMIT 1"
    )
    while misses < _MISSES_IN_A_ROW:
        try:
            row = broken.execute(query, (last,)).fetchone()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if error_code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):  # no such table
                return
            last, misses = last + 1, misses + 1
            continue
        if row is None:
            return
        last, misses = row[0], 0
        yield row


def _insert(db: sqlite3.Connection, table: str, row: sqlite3.Row) -> int:
    values = tuple(row)[1:]  # without the row number
    marks = ", ".join("?" * len(values))
    return db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", values).rowcount  # noqa: S608 - our own names


def _makes_sense(row: sqlite3.Row) -> bool:
    """Whether a reading can be sent, or will be when its time is known."""
    try:
        waits = row["ts_ms"] is None
        times = [row["wall_ms"], row["monotonic_ms"]] if waits else [row["ts_ms"]]
        texts = [row["device_id"], row["kind"], row["payload"], *([row["boot_id"]] if waits else [])]
        for time_ms in times:
            json.loads(wire_text(row["device_id"], row["kind"], time_ms, row["payload"]))
    except (TypeError, ValueError, OverflowError, IndexError):  # IndexError: a refused reading without its time
        return False
    return all(type(time_ms) is int for time_ms in times) and all(type(text) is str for text in texts)

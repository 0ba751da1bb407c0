"""In which half minutes there is a reading: 30 bits for each UTC quarter of an hour, from which gaps are found.

A gap of a minute or longer has a whole half minute in it that has no reading, whatever the interval of the readings
is; so where each bit is set nobody has to look at the readings. A bit is set by the statement that stores a reading
and never unset: duplicates, disorder and several writers come to the same, and what is known here stays known when
`KEEP_READINGS_DAYS` drops the readings. A bit that is missing costs time, but makes no answer wrong.
"""

import sqlalchemy as sa

from sungaze_vps.db.models import METADATA, UtcMillis

CELL_S = 30
CELLS = 900 // CELL_S
FULL = 2**CELLS - 1

HEARD = sa.Table(
    "heard",
    METADATA,
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("quarter", UtcMillis, primary_key=True),  # when it begins
    sa.Column("cells", sa.Integer, nullable=False),  # bit n: a reading in its half minute number n
    sqlite_with_rowid=False,
)

_KNOWN = "ON CONFLICT (device_id, kind, quarter) DO UPDATE SET cells = heard.cells | excluded.cells"
HEAR = f"INSERT INTO heard VALUES (?, ?, ?, ?) {_KNOWN}"
"""On SQLite: device, kind, quarter in milliseconds, cells."""


def heard_of(kind: str, rows: str) -> str:
    """Give the statement by which PostgreSQL hears `(device_id, ts)` of `rows`; nothing is written for what is known.

    In order of the key: two batches with the same quarters wait for each other instead of deadlocking.
    """
    return (
        f"INSERT INTO heard SELECT device_id, '{kind}', date_bin('15 minutes', ts, 'epoch'), "
        f"bit_or(1 << (CAST(floor(date_part('epoch', ts)) AS bigint) % 900 / {CELL_S})::int) "
        f"FROM {rows} GROUP BY 1, 3 ORDER BY 1, 3 {_KNOWN} WHERE heard.cells <> heard.cells | excluded.cells"
    )


def fill(connection: sa.Connection, kind: str) -> None:
    """Hear all readings of a kind that are stored; for the migration."""
    samples = f"{kind}_samples"
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"INSERT INTO heard SELECT device_id, '{kind}', ts - ts % 900000, "
            f"sum(DISTINCT 1 << (ts % 900000 / {CELL_S * 1000})) FROM {samples} WHERE true GROUP BY 1, 3 {_KNOWN}"
        )
        return
    connection.exec_driver_sql(heard_of(kind, samples))
    if not connection.scalar(sa.text("SELECT to_regproc('readings_kept_since') IS NOT NULL")):
        return
    if since := connection.scalar(sa.text("SELECT nullif(readings_kept_since(), '-infinity')")):
        # Of readings that were dropped it is known in which quarters they were.
        connection.execute(
            sa.text(
                f"INSERT INTO heard SELECT device_id, '{kind}', bucket, {FULL} FROM {kind}_15min "
                "WHERE bucket < :since ON CONFLICT DO NOTHING"
            ),
            {"since": since},
        )

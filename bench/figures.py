"""Every figure there is, in one place: what it says, its unit, and the target it is held to."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; `target` is the most it may be, or the least where `at_least`."""

    name: str
    says: str
    unit: str = ""
    target: float | None = None
    at_least: bool = False
    aim: float | None = None
    """Where it should go; a target below which nobody complains."""
    table: str = ""
    column: str = ""
    """Where it stands beside others that say the same."""

    def met(self, value: float) -> bool | None:
        """Tell whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return value >= self.target if self.at_least else value <= self.target

    def shown(self, value: float) -> str:
        """Write a value with its unit, to three or four digits."""
        if value == round(value) or abs(value) >= 100:
            text = f"{value:,.0f}"
        else:
            text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
        return text + _after(self.unit)

    def wanted(self) -> str:
        """Write the target, as in `at most 20 ms`."""
        if self.target is None:
            return ""
        text = f"at {'least' if self.at_least else 'most'} {self.target:,g}{_after(self.unit)}"
        return text if self.aim is None else f"{text}, aim {self.aim:,g}"


def _after(unit: str) -> str:
    return unit if unit.startswith("/") else f" {unit}" if unit else ""


def _least(name: str, says: str, unit: str, target: float | None = None) -> Figure:
    return Figure(name, says, unit, target, at_least=True)


def _ingest(size: int, target_per_s: float) -> tuple[Figure, ...]:
    ten, all_fields = f"ingest over HTTP, ten fields, {size} a batch", f"ingest over HTTP, 36 fields, {size} a batch"
    return (
        _least(f"ingest_{size}_per_s", ten, "/s", target_per_s),
        _least(f"ingest_{size}_to_copy", f"{ten}, beside COPY of the same rows", "x", 0.35 if size == 1000 else None),
        _least(f"ingest_{size}_per_core_s", f"{ten}, per second of the API's processor time", "/s"),
        Figure(f"ingest_{size}_p99_ms", f"{ten}, p99 of an answer", "ms"),
        _least(f"ingest_all_{size}_per_s", all_fields, "/s"),
        _least(f"ingest_all_{size}_to_copy", f"{all_fields}, beside COPY of the same rows", "x"),
        _least(f"ingest_all_{size}_per_core_s", f"{all_fields}, per second of the API's processor time", "/s"),
        Figure(f"ingest_all_{size}_p99_ms", f"{all_fields}, p99 of an answer", "ms"),
    )


def _realtime(cache: str, with_it: str, most_per_s: float | None) -> tuple[Figure, ...]:
    return (
        Figure(f"realtime_{cache}_p50_ms", f"`/v1/realtime` {with_it} at 500 requests/s, p50", "ms"),
        Figure(f"realtime_{cache}_p99_ms", f"`/v1/realtime` {with_it} at 500 requests/s, p99", "ms", 10),
        _least(f"realtime_{cache}_most_per_s", f"`/v1/realtime` {with_it}, at most", "/s", most_per_s),
    )


def _beside(table: str, prefix: str, column: str, rows: Iterable[tuple[str, str, str]]) -> tuple[Figure, ...]:
    return tuple(Figure(f"{prefix}_{what}", says, unit, table=table, column=column) for what, says, unit in rows)


_PEER_EDGE = (
    ("processor_percent", "quiet: processor time", "% of a core"),
    ("peak_mb", "quiet: memory at its peak (VmHWM)", "MB"),
    ("pss_mb", "quiet: memory, what is shared by its share (PSS)", "MB"),
    ("written_kb", "quiet: written to the disk, a reading", "kB"),
    ("in_outage", "destination away, then kill -9: readings taken meanwhile", ""),
    ("lost", "of these never delivered", ""),
)
_PEER_STORE = (
    ("1000_per_s", "1000 a batch, 4 in flight", "/s"),
    ("1000_per_core_s", "the same, per second of its processor time", "/s"),
    ("30_per_s", "30 a batch, 8 in flight", "/s"),
    ("30_per_core_s", "30 a batch, per second of its processor time", "/s"),
    ("1_per_s", "a reading and a commit at a time", "/s"),
    ("mb", "memory after that (PSS)", "MB"),
    ("lost_at_kill", "of 3,000 answered for, lost at kill -9 right after", ""),
    ("bytes_per_sample", "on the disk, compressed, rollups and all", "bytes a sample"),
    ("latest_ms", "newest sample, p50", "ms"),
    ("quarters_ms", "a day in quarters, p50", "ms"),
)


_GAPS = (
    Figure("gaps_month_p95_ms", "`/v1/gaps` over HTTP, the last 30 days, p95", "ms"),
    Figure("gaps_year_p95_ms", "the same, a year, p95", "ms"),
)


def _series(name: str, says: str, target_ms: float | None) -> tuple[Figure, ...]:
    return (
        Figure(f"series_{name}_p50_ms", f"`/v1/series` over HTTP, five years: {says}, p50", "ms"),
        Figure(f"series_{name}_p95_ms", f"`/v1/series` over HTTP, five years: {says}, p95", "ms", target_ms),
    )


_ALL = (
    *_ingest(1000, 60_000),
    *_ingest(30, 15_000),
    *_realtime("memory", "with the cache in memory", 3000),
    *_realtime("redis", "with Redis", 3000),
    *_realtime("uncached", "without a cache", None),
    *_series("day", "`day`, UTC and Europe/Brussels", 20),
    *_series("month", "`month`", 20),
    *_series("year", "`year`", 20),
    *_series("all", "`all`", 20),
    *_series("quarters", "the quarters of a month", None),
    *_series("days", "every day of five years", None),
    *_GAPS,
    Figure("api_rss_mb", "memory of the worker after the series", "MB", 200),
    Figure("capacity_month_p95_ms", "`/v1/capacity/month`, 2 s readings, 30 more stored every 0.2 s, p95", "ms", 30),
    Figure("capacity_year_p95_ms", "`/v1/capacity/year`, the same, p95", "ms"),
    Figure("capacity_edges_cost", "storing 1000 P1 readings, with the edges of quarters beside without", "x"),
    Figure("capacity_sqlite_month_p95_ms", "`/v1/capacity/month` on SQLite, p95", "ms", 100),
    Figure("capacity_sqlite_year_p95_ms", "`/v1/capacity/year` on SQLite, p95", "ms"),
    Figure("capacity_sqlite_edges_cost", "storing 1000 P1 readings on SQLite, with the edges beside without", "x"),
    Figure("bytes_per_sample_ten", "compressed sample of the specification's ten fields, living house", "bytes", 15),
    Figure("bytes_per_sample_all", "compressed sample of all 36 fields, living house", "bytes", 15),
    Figure("bytes_per_sample_open", "sample of all 36 fields before compression", "bytes"),
    Figure("bytes_per_sample_years", "compressed sample of five synthetic years, noise in every voltage", "bytes"),
    Figure("drain_s", "backlog of 518,400 readings (30 days) through the real edge over TLS", "s", 60),
    _least("drain_30_per_s", "the same path in batches of 30, one at a time", "/s"),
    Figure(
        "peak_mb", "edge, both sources, TLS, 120,000 readings spooled at first: memory at its peak", "MB", 50, aim=40
    ),
    Figure("with_backlog_mb", "the same, with the backlog", "MB"),
    Figure("at_end_mb", "the same, at the end", "MB"),
    Figure("processor_percent", "the same, processor time in quiet times", "% of a core", 2),
    Figure("spool_bytes_per_reading", "spool file", "bytes a reading"),
    Figure("wear_mb_a_day", "edge, both sources: written to the disk in a day, ext4 and all", "MB", 350),
    Figure("least_wear_mb_a_day", "the same readings, each a block of 4 KiB written in place, for comparison", "MB"),
    Figure("power_lost", "committed readings lost at power cuts", "readings", 0),
    _least("power_readings", "readings committed in that run", "readings", 100_000),
    _least("power_cuts", "power cuts in that run", "cuts", 200),
    Figure("imports_mb", "edge: a bare interpreter and all that the daemon imports", "MB"),
    Figure("interpreter_mb", "edge: the bare interpreter alone", "MB"),
    *(
        _least(f"storing_{engine}_{size}_{what}", f"storing on {label}, {size} a batch{more}", unit)
        for engine, label, bare in (("sqlite", "SQLite", "a bare insert"), ("postgresql", "PostgreSQL", "bare COPY"))
        for size in (30, 100, 1000)
        for what, more, unit in (("per_s", "", "/s"), ("to_bare", f", beside {bare} of the same rows", "x"))
    ),
    *(
        _least(f"backup_{engine}_to_reading", f"backup of {label}, beside only reading the rows", "x")
        for engine, label in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL"))
    ),
    Figure("sqlite_series_p95_ms", "`/v1/series` on SQLite, five years, slowest frame, UTC and Brussels", "ms", 50),
    Figure("sqlite_series_odd_zone_p95_ms", "the same in a zone off by a quarter-hour (Asia/Kathmandu)", "ms", 50),
    Figure("sqlite_series_weeks_p95_ms", "the same, weeks over all five years, slowest zone", "ms"),
    Figure("page_bundle_kb", "the page: scripts and styles, gzip", "kB", 250),
    Figure("page_paint_ms", "the page on a throttled phone, nothing cached: first paint", "ms", 1000),
    Figure("page_reading_ms", "the same, until the newest reading is drawn", "ms", 1000),
    Figure("page_year_ms", "the same, 400 days in months, from data to picture", "ms", 200),
    Figure("page_live_p50_ms", "from the answer to an ingest to the reading on the screen, p50", "ms"),
    Figure("page_live_p95_ms", "from the answer to an ingest to the reading on the screen, p95", "ms", 2000),
    *_beside("edge", "peers_edge_sungaze", "Sungaze", _PEER_EDGE),
    *_beside("edge", "peers_edge_sungrowclient", "SungrowClient", _PEER_EDGE),
    *_beside("edge", "peers_edge_vmagent", "vmagent", _PEER_EDGE),
    *_beside("store", "peers_sungaze", "Sungaze", _PEER_STORE),
    *_beside("store", "peers_victoriametrics", "VictoriaMetrics", _PEER_STORE),
    *_beside("store", "peers_influxdb", "InfluxDB", _PEER_STORE),
    *_beside("store", "peers_orm", "SQLAlchemy's ORM", _PEER_STORE),
)

FIGURES = {figure.name: figure for figure in _ALL}
_PLACES = {name: number for number, name in enumerate(FIGURES)}


def figure(name: str) -> Figure:
    """Give a figure; one that nobody entered here shows its name and has no target."""
    return FIGURES.get(name, Figure(name, name.replace("_", " ")))


def place(name: str) -> int:
    """Tell where a figure stands among all."""
    return _PLACES.get(name, len(_PLACES))

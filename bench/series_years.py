"""`/v1/series` and `/v1/gaps` over HTTP on years of readings in TimescaleDB: every frame, quarters, a month, a year."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec
from database import KEPT, serving
from load import Connection, get_request
from server import Api, api
from years import DEVICE_ID, make

ZONES = ("UTC", "Europe/Brussels")
_REPEATS = 40
_WARM_UP = 5


def main(years: float) -> dict[str, float]:
    """Make what is missing, measure, give the slowest p50 and p95 of each query."""
    with serving(KEPT / "postgresql") as database:
        url = make(database, years)
        print(f"GET /v1/series over HTTP, one worker, no cache, {database.product}, {years:g} years of 5 s readings")
        return asyncio.run(_measure(url))


def _queries() -> dict[str, Mapping[str, str]]:
    """Give each query that is measured; those of one key are told as the slowest of them."""
    month = datetime.now(UTC).replace(day=1)
    last_month, long_ago = month - timedelta(days=15), month - timedelta(days=400)
    return {
        **{frame: {"frame": frame} for frame in ("day", "month", "year", "all")},
        "quarters, this month": {"frame": "month", "bucket": "15m"},
        "quarters, last month": _month_of_quarters(last_month),
        "quarters, a month a year ago": _month_of_quarters(long_ago),
        "days": {"frame": "all", "bucket": "day"},
    }


def _month_of_quarters(moment: datetime) -> dict[str, str]:
    first = moment.replace(day=1)
    return {"bucket": "15m", "start": f"{first:%Y-%m-01}", "end": f"{first + timedelta(days=31):%Y-%m-01}"}


async def _measure(url: str) -> dict[str, float]:
    slowest: dict[str, float] = {}
    print(f"{'zone':16} {'query':31} points  p50 ms  p95 ms")
    async with api(url) as server:
        for zone in ZONES:
            for name, query in _queries().items():
                points, took_s = await _ask(server, {"device_id": DEVICE_ID, "tz": zone, **query})
                p95_ms = statistics.quantiles(took_s, n=20)[-1] * 1e3
                p50_ms = statistics.median(took_s) * 1e3
                for figure, found_ms in (("p50", p50_ms), ("p95", p95_ms)):
                    key = f"series_{name.partition(',')[0]}_{figure}_ms"
                    slowest[key] = max(slowest.get(key, 0), found_ms)
                print(f"{zone:16} {name:31} {points:6} {p50_ms:7.1f} {p95_ms:7.1f}")
        for name, days in (("month", 30), ("year", 365)):
            start = datetime.now(UTC) - timedelta(days=days)
            found, took_s = await _ask(server, {"device_id": DEVICE_ID, "start": start.isoformat()}, "gaps")
            slowest[f"gaps_{name}_p95_ms"] = statistics.quantiles(took_s, n=20)[-1] * 1e3
            print(f"gaps of a {name}: {found}, p95 {slowest[f'gaps_{name}_p95_ms']:.1f} ms")
        return {**slowest, "api_rss_mb": server.rss_mb()}


async def _ask(server: Api, query: dict[str, str], what: str = "series") -> tuple[int, list[float]]:
    request = [get_request(f"/v1/{what}?{urlencode(query)}", server.token)]
    connection = await Connection.open(server.port)
    took_s = []
    for _ in range(_WARM_UP + _REPEATS):
        began = time.perf_counter()
        answer = await connection.ask(request)
        took_s.append(time.perf_counter() - began)
    connection.close()
    return len(msgspec.json.decode(answer)[what]), took_s[_WARM_UP:]

"""`/v1/series` over HTTP on years of readings in TimescaleDB: every frame, and quarters as for a capacity tariff."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec
from database import KEPT, serving
from load import Connection, get_request
from server import Api, api
from years import DEVICE_ID, make

TARGET_MS = 20
ZONES = ("UTC", "Europe/Brussels")
_REPEATS = 40
_WARM_UP = 5


def main(years: float) -> dict[str, float]:
    """Make what is missing, measure, give the slowest p95."""
    with serving(KEPT / "postgresql") as database:
        url = make(database, years)
        print(f"GET /v1/series over HTTP, one worker, no cache, {database.product}, {years:g} years of 5 s readings")
        return asyncio.run(_measure(url))


def _queries() -> dict[str, dict[str, str]]:
    month = datetime.now(UTC).replace(day=1)
    last_month, long_ago = month - timedelta(days=15), month - timedelta(days=400)
    return {
        **{frame: {"frame": frame} for frame in ("day", "month", "year", "all")},
        "quarters of this month": {"frame": "month", "bucket": "15m"},
        "quarters of last month": _month_of_quarters(last_month),
        "quarters of a month a year ago": _month_of_quarters(long_ago),
        "days of everything": {"frame": "all", "bucket": "day"},
    }


def _month_of_quarters(moment: datetime) -> dict[str, str]:
    first = moment.replace(day=1)
    return {"bucket": "15m", "start": f"{first:%Y-%m-01}", "end": f"{first + timedelta(days=31):%Y-%m-01}"}


async def _measure(url: str) -> dict[str, float]:
    slowest = 0.0
    print(f"{'zone':16} {'query':31} points  p50 ms  p95 ms  target")
    async with api(url) as server:
        for zone in ZONES:
            for name, query in _queries().items():
                points, took_s = await _ask(server, {"device_id": DEVICE_ID, "tz": zone, **query})
                p95_ms = statistics.quantiles(took_s, n=20)[-1] * 1e3
                p50_ms = statistics.median(took_s) * 1e3
                slowest = max(slowest, p95_ms)
                print(f"{zone:16} {name:31} {points:6} {p50_ms:7.1f} {p95_ms:7.1f} {TARGET_MS:7}")
        print(f"memory of the worker afterwards: {server.rss_mb():.0f} MB (limit 200)")
        return {"series p95 ms": slowest, "api RSS MB": server.rss_mb()}


async def _ask(server: Api, query: dict[str, str]) -> tuple[int, list[float]]:
    request = [get_request(f"/v1/series?{urlencode(query)}", server.token)]
    connection = await Connection.open(server.port)
    took_s = []
    for _ in range(_WARM_UP + _REPEATS):
        began = time.perf_counter()
        answer = await connection.ask(request)
        took_s.append(time.perf_counter() - began)
    connection.close()
    return len(msgspec.json.decode(answer)["series"]), took_s[_WARM_UP:]

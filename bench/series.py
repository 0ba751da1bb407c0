"""Speed of `/v1/series` on SQLite over five years of quarters: `python bench/series.py`."""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa

from sungaze_vps.config import load_config
from sungaze_vps.db.migrate import upgrade
from sungaze_vps.db.models import quarters_table, samples_table
from sungaze_vps.db.session import WRITER, make_engine
from sungaze_vps.db.sets import set_parameters
from sungaze_vps.main import create_app
from sungaze_vps.measurements import measurements
from sungaze_vps.services.rollup_statements import DAYS, write_days
from sungaze_vps.services.rollups import DAY, QUARTER

SUNGROW = measurements()["sungrow"]
END = datetime(2026, 6, 21, 12, tzinfo=UTC)
START = END.replace(hour=0) - timedelta(days=5 * 365)
ODD_ZONE = "Asia/Kathmandu"
TOKEN = "a-token-for-the-bench"


async def fill(url: str) -> None:
    """Write the quarters that five years of 5 s readings leave, and one reading at each end."""
    engine = make_engine(url)
    quarters = quarters_table(SUNGROW)
    numbers = {c.name: 1_234_567 for c in quarters.c if c.name not in ("device_id", "bucket")}
    async with engine.execution_options(**WRITER).begin() as connection:
        for first in range(0, (END - START) // QUARTER, 10_000):
            starts = [START + n * QUARTER for n in range(first, min(first + 10_000, (END - START) // QUARTER))]
            rows = [{"device_id": "home", "bucket": at, **numbers, "sample_count": 180} for at in starts]
            await connection.execute(sa.insert(quarters), rows)
        days = [("home", START + n * DAY, START + (n + 1) * DAY) for n in range((END - START) // DAY + 1)]
        await connection.execute(write_days(SUNGROW, "sqlite"), set_parameters("days", DAYS, days, "sqlite"))
        ends = [{"device_id": "home", "ts": ts} for ts in (START, END)]
        await connection.execute(sa.insert(samples_table(SUNGROW)), ends)
    await engine.dispose()


async def measure(url: str) -> dict[str, float]:
    """Ask, print, and give the slowest p95 of frames, of frames in an odd zone, and of weeks."""
    config = load_config(database_url=url, redis_url="memory://", device_tokens=f"{TOKEN}:home")
    app = create_app(config, lambda: END)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bench", headers=headers)
    queries = [{"frame": frame} for frame in ("day", "month", "year", "all")]
    queries.append({"frame": "all", "bucket": "week"})
    slowest: dict[str, float] = {}
    for tz in ("UTC", "Europe/Brussels", ODD_ZONE):
        for query in queries:
            took = []
            for _ in range(40):
                begun = time.perf_counter()
                answer = await client.get("/v1/series", params={"device_id": "home", "tz": tz, **query})
                took.append(time.perf_counter() - begun)
            assert answer.status_code == 200, answer.text
            p95 = statistics.quantiles(took[2:], n=20)[-1] * 1e3
            name = " ".join(query.values())
            points = len(answer.json()["series"])
            key = _key(tz, query)
            slowest[key] = max(slowest.get(key, 0), p95)
            print(
                f"{tz:16} {name:10} {points:5} points: p50 {statistics.median(took) * 1e3:6.1f} ms, p95 {p95:6.1f} ms"
            )
    await client.aclose()
    await app.state.engine.dispose()
    return slowest


def _key(tz: str, query: dict[str, str]) -> str:
    group = "weeks_" if "bucket" in query else "odd_zone_" if tz == ODD_ZONE else ""
    return f"sqlite_series_{group}p95_ms"


def main() -> dict[str, float]:
    """Make the readings, measure, give the figures."""
    print("GET /v1/series, SQLite, five years of quarters")
    with tempfile.TemporaryDirectory(prefix="sungaze-bench-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder)}/series.db"
        upgrade(url)
        asyncio.run(fill(url))
        return asyncio.run(measure(url))


if __name__ == "__main__":
    main()

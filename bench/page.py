"""The page in a real Chromium: how big it is, how soon it shows something, how late a reading is on the screen.

"A phone" is what Lighthouse takes for a mid-range one: a processor four times slower than this one, 10 Mbit/s, 40 ms.
"""

import asyncio
import gzip
import json
import os
import secrets
import shutil
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.async_api import Browser, Page, async_playwright
from server import Api, api

from sungaze_sim.history import History

BUILT = Path(os.environ.get("DASHBOARD_DIR") or Path(__file__).parent.parent / "dashboard/dist")
NOTES: dict[str, str] = {}
_REPEATS = 5
_READINGS = 60
_DAYS = 400
_PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
_NETWORK = {"offline": False, "latency": 40, "downloadThroughput": 1.25e6, "uploadThroughput": 1.25e6}
_SLOWER = 4
_WATCH = """
sessionStorage.setItem("sungaze.token", TOKEN);
window.drawn = new Promise((drawn) => {
  const look = () => document.querySelector(".flow .value") && requestAnimationFrame(() => drawn(performance.now()));
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
});
"""
_SEE = """(text) => { window.seen = new Promise((seen) => {
  const look = () => document.querySelector(".flow").textContent.includes(text) && seen(Date.now());
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}) }"""


def main() -> dict[str, float]:
    """Measure; without a built page or a browser there is nothing to measure."""
    if not (BUILT / "index.html").exists():
        raise SystemExit("the page is not built: 'make dashboard'")
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        raise SystemExit("there is no Chromium on PATH")
    return asyncio.run(_measure(browser))


async def _measure(command: str) -> dict[str, float]:
    token = secrets.token_hex(8)
    with TemporaryDirectory() as folder:
        settings = {"DASHBOARD_DIR": str(BUILT), "TIMEZONE": "Europe/Brussels"}
        database = f"sqlite+aiosqlite:///{folder}/page.db"
        async with api(database, ["home", "p1"], token=token, **settings) as server, async_playwright() as playwright:
            await _fill(server)
            browser = await playwright.chromium.launch(executable_path=command)
            NOTES["browser"] = f"Chromium {browser.version}"
            try:
                return (
                    _bundle()
                    | await _start(browser, server)
                    | await _year(browser, server)
                    | await _live(browser, server)
                )
            finally:
                await browser.close()


def _bundle() -> dict[str, float]:
    """Weigh what the browser loads, as the server sends it."""
    built = [path for path in (BUILT / "assets").iterdir() if path.suffix in {".js", ".css"}]
    return {"page_bundle_kb": sum(len(gzip.compress(path.read_bytes(), mtime=0)) for path in built) / 1000}


async def _start(browser: Browser, server: Api) -> dict[str, float]:
    painted, drawn = [], []
    for _ in range(_REPEATS):
        async with _phone(browser, server) as page:
            await page.goto(f"http://127.0.0.1:{server.port}/dashboard/")
            drawn.append(await page.evaluate("window.drawn"))
            painted.append(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    return {"page_paint_ms": statistics.median(painted), "page_reading_ms": statistics.median(drawn)}


async def _year(browser: Browser, server: Api) -> dict[str, float]:
    took = []
    for _ in range(_REPEATS):
        async with _phone(browser, server) as page:
            await page.goto(f"http://127.0.0.1:{server.port}/dashboard/#/energy/all")
            took.append(await _until(page, "performance.getEntriesByName('energy-render').at(-1)?.duration"))
    return {"page_year_ms": statistics.median(took)}


async def _live(browser: Browser, server: Api) -> dict[str, float]:
    delays = []
    async with _phone(browser, server, throttled=False) as page, _client(server) as client:
        await page.goto(f"http://127.0.0.1:{server.port}/dashboard/")
        await page.evaluate("window.drawn")
        for number in range(_READINGS):
            watts = 100 + number
            await page.evaluate(_SEE, f"{watts}\u00a0W")
            reading = {"device_id": "home", "kind": "sungrow", "ts": _iso(datetime.now(UTC)), "pv_power_w": watts}
            (await client.post("/v1/ingest", json={"samples": [reading]})).raise_for_status()
            committed = time.time()
            delays.append(await page.evaluate("window.seen") - 1000 * committed)
            await asyncio.sleep(0.2)
    percentiles = statistics.quantiles(delays, n=20)
    return {"page_live_p50_ms": percentiles[9], "page_live_p95_ms": percentiles[18]}


@asynccontextmanager
async def _phone(browser: Browser, server: Api, *, throttled: bool = True) -> AsyncIterator[Page]:
    context = await browser.new_context(**_PHONE, locale="en-GB", service_workers="block")
    try:
        page = await context.new_page()
        await page.add_init_script(_WATCH.replace("TOKEN", json.dumps(server.token)))
        if throttled:
            tools = await context.new_cdp_session(page)
            await tools.send("Network.enable")
            await tools.send("Network.emulateNetworkConditions", _NETWORK)
            await tools.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
        yield page
    finally:
        await context.close()


async def _until(page: Page, expression: str) -> float:
    async with asyncio.timeout(60):
        while (value := await page.evaluate(expression)) is None:  # noqa: ASYNC110 - it comes about in the browser
            await asyncio.sleep(0.1)
    return float(value)


async def _fill(server: Api) -> None:
    """Send a believable year and more, a reading an hour."""
    history = History(_DAYS, "home", "p1")
    hourly = (sample for sample in history.samples() if sample["ts"][14:16] == "00")
    async with _client(server) as client:
        for samples in batched(hourly, 1000):
            (await client.post("/v1/ingest", json={"samples": samples})).raise_for_status()
        now = _iso(datetime.now(UTC) - timedelta(seconds=1))
        newest = {"device_id": "home", "kind": "sungrow", "ts": now, "pv_power_w": 2500, "load_power_w": 700}
        (await client.post("/v1/ingest", json={"samples": [newest]})).raise_for_status()


def _client(server: Api) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {server.token}"}
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=60)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

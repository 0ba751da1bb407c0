"""`make screenshots`: the pictures of the page in docs/screenshots, of a simulated house on a fixed evening in May."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from sungaze_sim.history import History
from sungaze_sim.stack import free_port
from sungaze_vps.cli.database import prepare_database
from sungaze_vps.config import load_config
from sungaze_vps.main import create_app, wrap

ROOT = Path(__file__).parent.parent
PAGE = Path(os.environ.get("DASHBOARD_DIR") or ROOT / "dashboard/dist")
PICTURES = ROOT / "docs/screenshots"
NOW = datetime(2026, 5, 27, 16, 52, 20, tzinfo=UTC)
"""A sunny evening in Brussels; a car has just been plugged in."""
_DAYS = 520
_TOKEN = "take-pictures-of-the-page"
_VIEWS = {"phone": (390, 844), "desktop": (1280, 800)}
_ROUTES = {
    "now": ("#/now", ".flow .value"),
    "energy-day": ("#/energy/day/2026-05-27", ".chart canvas"),
    "energy-month": ("#/energy/month/2026-04", ".chart canvas"),
    "energy-year": ("#/energy/year/2025", ".chart canvas"),
    "capacity": ("#/capacity", "main svg"),
    "health": ("#/health", "main h2"),
}
_TAKEN = {
    ("phone", "light"): ("now", "energy-day", "capacity"),
    ("phone", "dark"): ("now", "energy-day", "health"),
    ("desktop", "light"): ("now", "energy-day", "energy-month", "energy-year", "capacity", "health"),
    ("desktop", "dark"): ("now", "energy-month", "capacity"),
}


class _Evening:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def main() -> None:
    """Take them all."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None or not (PAGE / "index.html").exists():
        raise SystemExit("this needs a Chromium on PATH and the built page ('make dashboard')")
    PICTURES.mkdir(exist_ok=True)
    asyncio.run(_take_all(browser))


async def _take_all(command: str) -> None:
    with TemporaryDirectory() as folder:
        async with _server(Path(folder)) as url, async_playwright() as playwright:
            print(f"making the past of {_DAYS} days ...", flush=True)
            await _fill(url)
            browser = await playwright.chromium.launch(executable_path=command)
            for (view, scheme), names in _TAKEN.items():
                await _take(browser, url, view, scheme, names)
            await browser.close()


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[str]:
    """Serve the page and an API for which it is that evening for ever."""
    grants = ",".join(f"TOKEN:{device}" for device in ("home", "p1"))
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder / 'house.db'}",
        "REDIS_URL": "memory://",
        "DEVICE_TOKENS": grants.replace("TOKEN", f"write-{_TOKEN}"),
        "READ_TOKENS": grants.replace("TOKEN", _TOKEN),
        "TIMEZONE": "Europe/Brussels",
        "DASHBOARD_DIR": str(PAGE),
        "INGEST_RATE_SAMPLES_PER_S": "0",
        "CAPACITY_TARIFFS": "2026:50.42:excl",
    }
    config = load_config()
    await asyncio.to_thread(prepare_database, config)
    port = free_port()
    app = wrap(create_app(config, now=lambda: NOW), config)
    options = uvicorn.Config(app, port=port, log_level="warning", lifespan="on", date_header=False, loop="asyncio")
    server = uvicorn.Server(options)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


async def _fill(url: str) -> None:
    history = History(_DAYS, "home", "p1", clock=_Evening())
    headers = {"Authorization": f"Bearer write-{_TOKEN}", "Sungaze-Waiting": "0", "Sungaze-Quarantined": "0"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
        samples: dict[str, Any] = {}
        for batch in batched(history.samples(), 1000):
            samples |= {sample["device_id"]: sample for sample in batch}
            (await client.post("/v1/ingest", json={"samples": batch})).raise_for_status()
        ts = (NOW - timedelta(seconds=2)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        newest = [sample | {"ts": ts, "meter_ts": ts} for sample in samples.values()]
        agent = {"User-Agent": "sungaze-edge/0.1.0"}
        (await client.post("/v1/ingest", json={"samples": newest}, headers=agent)).raise_for_status()


async def _take(browser: Browser, url: str, view: str, scheme: Any, names: tuple[str, ...]) -> None:
    width, height = _VIEWS[view]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        device_scale_factor=1.5 if view == "phone" else 1,
        locale="en-GB",
        service_workers="block",
    )
    page = await context.new_page()
    await page.clock.set_fixed_time(NOW)
    await page.goto(f"{url}/dashboard/")
    if scheme == "light":
        await _picture(page, f"sign-in-{view}-{scheme}", ".sign-in")
    await page.fill("#token", _TOKEN)
    await page.keyboard.press("Enter")
    for name in names:
        route, shown = _ROUTES[name]
        await page.goto(f"{url}/dashboard/{route}")
        await _picture(page, f"{name}-{view}-{scheme}", shown)
    await context.close()


async def _picture(page: Page, name: str, shown: str) -> None:
    await page.locator(shown).first.wait_for()
    await page.wait_for_load_state("load")
    await page.wait_for_timeout(2500)  # until all has arrived and every transition is over
    path = PICTURES / f"{name}.png"
    await page.screenshot(path=path)
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()

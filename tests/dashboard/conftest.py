"""A real Chromium, and a real server with some homes in it."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from homes import FRESH, FULL, HOMES, inverter, meter, moments
from page_server import PageServer
from playwright.async_api import async_playwright
from visitor import Visitor

from sungaze_sim.house import House
from sungaze_sim.profile import Profile
from sungaze_sim.server import WinetServer
from sungaze_sim.stack import Stack
from sungaze_sim.world import HouseWorld

ROOT = Path(__file__).parents[2]
PAGE = Path(os.environ.get("DASHBOARD_DIR") or ROOT / "dashboard/dist")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def browser_command():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Put the tests of the page on one worker with one browser, or keep one that says why there are none."""
    ours = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    for item in ours:
        item.add_marker(pytest.mark.xdist_group("browser"))
    missing = [
        *([] if browser_command() else [f"there is no Chromium on PATH ({', '.join(BROWSERS)})"]),
        *([] if (PAGE / "index.html").exists() else ["the page is not built ('make dashboard')"]),
    ]
    if ours and missing:
        ours[0].add_marker(pytest.mark.skip(reason=f"no test of the page: {' and '.join(missing)}"))
        config.hook.pytest_deselected(items=ours[1:])
        items[:] = [item for item in items if item not in ours[1:]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_command())
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(tmp_path_factory):
    """Give the server that most tests look at, with a year of readings."""
    server = await PageServer(tmp_path_factory.mktemp("page"), PAGE, HOMES).start()
    now = datetime.now(UTC)
    times = list(moments(now))
    lately = [moment for moment in times if moment > now - timedelta(days=2)]
    told_by_the_edge = {"Sungaze-Waiting": "1234", "Sungaze-Quarantined": "2", "User-Agent": "sungaze-edge/0.1.0"}
    await server.ingest(*(inverter("home", moment) for moment in times))
    await server.ingest(*(meter("p1", moment) for moment in times), **told_by_the_edge)
    for device, has_battery in (("solar", False), ("roof", True), ("barn", False)):
        await server.ingest(*(inverter(device, moment, battery=has_battery) for moment in lately))
    for device in ("lone-meter", "street"):
        await server.ingest(*(meter(device, moment) for moment in lately))
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def full(house):
    """Give the token of the home with a year of readings, the newest of this moment."""
    now = datetime.now(UTC)
    await house.ingest(inverter("home", now), meter("p1", now))
    return FULL


_numbers = count()


@pytest.fixture
def fresh():
    """Give a token of `house` and its two devices, an inverter's and a meter's, that have sent nothing so far."""
    token = FRESH[next(_numbers)]
    return token, *HOMES[token]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _mortal(tmp_path_factory):
    server = PageServer(tmp_path_factory.mktemp("mortal"), PAGE, HOMES, {"UNKNOWN_TOKEN_RATE_PER_S": "0.05"})
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def mortal(_mortal):
    """Give a server that may be killed and has little patience with wrong tokens; it runs when a test begins."""
    if not _mortal.runs or _mortal.homes != HOMES:
        await _mortal.stop()
        _mortal.homes = HOMES
        await _mortal.start()
    return _mortal


@pytest_asyncio.fixture(loop_scope="session")
async def pipeline(tmp_path):
    """Give a simulated inverter, a real edge that polls it, and a server with TLS that it delivers to."""
    noon = House(datetime(2026, 6, 21, 11, tzinfo=UTC), seed=1)
    inverter = WinetServer(HouseWorld(noon, Profile(), speed=60))
    await inverter.start("127.0.0.1", 0)
    stack = Stack(tmp_path, api_settings={"DASHBOARD_DIR": str(PAGE)})
    try:
        await stack.start_api()
        await stack.start_edge(inverter.port)
        yield stack
    finally:
        await stack.close()
        await inverter.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser):
    """Give a function that opens a page of a server; in the end nothing may have gone wrong in any of them."""
    visitors = []

    async def visit(server, *, width=1280, height=800, as_app=False, **options):
        wanted = {"locale": "en-GB", "timezone_id": "Europe/Brussels"} | options
        context = await browser.new_context(viewport={"width": width, "height": height}, **wanted)
        if not as_app:
            await context.add_init_script("delete Navigator.prototype.serviceWorker")  # fewer requests to wait for
        visitor = await Visitor(await context.new_page(), getattr(server, "url", server)).begin()
        visitors.append(visitor)
        return visitor

    yield visit
    faults = [fault for visitor in visitors for fault in visitor.unexpected()]
    for visitor in visitors:
        await visitor.page.context.close()
    assert not faults, faults

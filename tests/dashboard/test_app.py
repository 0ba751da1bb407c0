"""Installed as an app, and started where there is no server."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest
from homes import inverter
from playwright.async_api import expect
from visitor import NO_SERVER

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def kept_by_the_service_worker(visitor):
    await visitor.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await visitor.page.wait_for_timeout(0)
    for _ in range(200):
        if await visitor.page.evaluate("navigator.serviceWorker.controller !== null"):
            return
        await visitor.page.wait_for_timeout(100)
    raise AssertionError("no service worker took over")


async def test_without_a_server_the_app_starts_and_shows_the_last_data_and_says_so_until_the_server_is_back(
    mortal, visit, fresh
):
    token, device, _ = fresh
    await mortal.ingest(inverter(device, datetime.now(UTC), pv_power_w=3000, load_power_w=450))
    visitor = await visit(mortal, as_app=True, width=390, height=844)
    visitor.expect_fault(NO_SERVER)
    await visitor.sign_in(token)
    await visitor.shows_power("Sun", "3.00 kW")
    await kept_by_the_service_worker(visitor)
    await visitor.last_data_kept('"pv_power_w":3000')
    await mortal.kill()
    await visitor.page.reload()
    await visitor.in_state("offline")
    await visitor.shows_power("Sun", "3.00 kW")
    await expect(visitor.page.locator(".staleness")).to_have_text(re.compile(r"cannot be reached\. This was \d+ "))
    for page in ("energy", "health"):
        await visitor.page.locator(f".navigation a[href='#/{page}']").click()
        await expect(visitor.page.locator("main .card").first).to_be_visible()

    # Another day, another tab: nobody is signed in any more.
    stranger = await visitor.page.context.new_page()
    await stranger.goto(f"{mortal.url}/dashboard/")
    await expect(stranger.get_by_role("button", name="Show the last data")).to_have_count(0)
    await stranger.locator("#token").fill(token)
    await stranger.locator("button[type=submit]").click()
    await stranger.get_by_role("button", name="Show the last data").click()
    await expect(stranger.locator(".flow")).to_contain_text("3.00\u00a0kW")
    await stranger.close()

    await mortal.start()
    await visitor.page.locator(".navigation a[href='#/now']").click()
    await visitor.in_state("live")


async def test_readings_and_tokens_never_come_into_what_the_service_worker_keeps(house, visit, full):
    visitor = await visit(house, as_app=True)
    await visitor.sign_in(full)
    await visitor.in_state("live")
    await kept_by_the_service_worker(visitor)
    await visitor.page.reload()
    await visitor.in_state("live")
    kept = await visitor.page.evaluate(
        """async () => {
          const urls = [];
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) urls.push(request.url);
          return urls;
        }"""
    )
    assert any(url.endswith(".js") for url in kept)
    assert not [url for url in kept if "/v1/" in url]
    last_data = await visitor.page.evaluate("localStorage.getItem('sungaze.last-data') ?? ''")
    assert full not in last_data


async def test_the_browser_finds_all_that_it_needs_to_install_the_page(house, visit):
    visitor = await visit(house, as_app=True)
    await visitor.open()
    tools = await visitor.page.context.new_cdp_session(visitor.page)
    found = await tools.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    assert manifest["display"] == "standalone"
    assert urljoin(found["url"], manifest["start_url"]).startswith(f"{house.url}/dashboard/")
    assert urljoin(found["url"], manifest["scope"]) == f"{house.url}/dashboard/"
    sizes = set()
    for icon in manifest["icons"]:
        answer = await visitor.page.request.get(urljoin(found["url"], icon["src"]))
        assert answer.ok
        assert answer.headers["content-type"] == icon["type"]
        sizes.update(icon["sizes"].split())
    assert {"192x192", "512x512"} <= sizes

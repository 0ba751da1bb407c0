"""The page as it is reached from elsewhere: through the Caddyfile as it is shipped."""

import pytest
from homes import inverter, utc_now
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_through_caddy_the_page_comes_with_its_policy_and_readings_are_pushed(house, start_caddy, visit, fresh):
    token, device, _ = fresh
    caddy = start_caddy(house.port)
    visitor = await visit(caddy, ignore_https_errors=True)
    answer = await visitor.page.goto(f"{caddy.url}/dashboard/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "strict-transport-security" in answer.headers
    await visitor.sign_in(token)
    await visitor.in_state("nothing")
    streams = visitor.asked.count("/v1/stream")
    await house.ingest(inverter(device, utc_now(), pv_power_w=2500))
    await visitor.shows_power("Sun", "2.50 kW")
    assert visitor.asked.count("/v1/stream") == streams
    assert not any(path.startswith("/v1/realtime") for path in visitor.asked)
    await expect(visitor.page.locator(".link-state")).to_have_attribute("data-state", "live")

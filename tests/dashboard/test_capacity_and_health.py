"""The quarters that cost, and whether everything is alive."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from homes import METER, SUN, inverter, meter
from playwright.async_api import expect
from shown import power

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("month", ["2026-03", "2026-10"])
async def test_the_peak_of_a_month_is_the_apis(house, visit, full, month):
    told = await house.get(full, f"/v1/capacity/month/{month}", device_id="p1")
    visitor = await visit(house)
    await visitor.sign_in(full, f"#/capacity/{month}")
    await expect(visitor.page.locator(".peak .figure")).to_have_text(power(told["monthly_peak_w"]))
    local = told["monthly_peak_local"]
    await expect(visitor.page.locator(".peak")).to_contain_text(local[11:16])


async def test_the_months_that_the_bill_rests_on_are_the_apis(house, visit, full):
    told = await house.get(full, "/v1/capacity/year/2026", device_id="p1")
    known = [power(one["peak_w"]) for one in told["months"] if one["peak_w"] is not None]
    assert len(known) >= 2
    visitor = await visit(house)
    await visitor.sign_in(full, "#/capacity")
    year = visitor.page.locator("section", has=visitor.page.locator("#twelve"))
    if told["average"]["floored_w"] is not None:
        await expect(year).to_contain_text(power(told["average"]["floored_w"]))
    await year.locator("summary").click()
    shown = await year.locator("tbody td:nth-of-type(1)").all_text_contents()
    assert [text for text in shown if text[0].isdigit()] == known


async def test_the_running_quarter_tells_what_is_left_and_how_long(house, visit, full):
    visitor = await visit(house)
    await visitor.sign_in(full, "#/capacity")
    running = visitor.page.locator(".running")
    await expect(running).to_be_visible()
    if "over" not in (await running.text_content()).lower():
        await expect(running.get_by_role("status")).to_be_visible()
        await expect(running).to_contain_text(re.compile(r"\d\d?:\d\d"))
        await expect(running).to_contain_text(re.compile(r"\d\u00a0k?W"))


async def test_without_a_grid_meter_there_is_no_capacity_tariff_to_go_to(house, visit):
    visitor = await visit(house)
    await visitor.sign_in(SUN)
    await expect(visitor.page.locator(".navigation a")).to_have_text(["Now", "Energy", "Health"])
    await visitor.page.evaluate("location.hash = '#/capacity'")
    await expect(visitor.page.get_by_role("heading", name="There is no grid meter yet")).to_be_visible()


async def test_a_meter_alone_has_its_own_pages(house, visit):
    visitor = await visit(house)
    await visitor.sign_in(METER, "#/energy/month")
    await expect(visitor.page.locator(".tile[data-name=import] dd")).to_have_text(re.compile(r"[\d.,]+\u00a0kWh"))
    await expect(visitor.page.locator(".tile[data-name=pv]")).to_have_count(0)
    await visitor.page.evaluate("location.hash = '#/capacity'")
    await expect(visitor.page.locator(".peak .figure")).to_be_visible()


async def test_health_tells_what_waits_on_the_edge_what_was_refused_and_where_readings_are_missing(house, visit, full):
    gaps = await house.get(full, "/v1/gaps", device_id="home", kind="sungrow")
    longest = max(gaps["gaps"], key=lambda gap: gap["seconds"])
    assert longest["seconds"] == 3 * 3600
    visitor = await visit(house)
    await visitor.sign_in(full, "#/health")
    meter_card = visitor.page.get_by_role("region", name="p1")
    await expect(meter_card).to_contain_text("1,234")
    await expect(meter_card).to_contain_text("0.1.0")
    complaints = visitor.page.locator(".problem")
    await expect(complaints.filter(has_text="p1: the server refused readings (2)")).to_have_count(1)
    await expect(complaints.filter(has_text="p1: readings still wait on the edge (1,234)")).to_have_count(1)
    card = visitor.page.get_by_role("region", name="home")
    await card.locator("summary").click()
    await expect(card.locator("tbody tr")).to_have_count(len(gaps["gaps"]))
    await expect(card.locator("tbody")).to_contain_text("3 hr")


async def test_a_silent_device_among_others_is_named_on_the_first_page_and_under_health(house, visit, fresh):
    token, device, meter_id = fresh
    now = datetime.now(UTC)
    await house.ingest(inverter(device, now), meter(meter_id, now - timedelta(minutes=10)))
    visitor = await visit(house)
    await visitor.sign_in(token)
    alive = visitor.page.locator(".alive")
    await expect(alive).to_contain_text(f"{meter_id} is silent")
    await alive.click()
    await expect(visitor.page.locator(".navigation a[aria-current]")).to_have_text("Health")
    await expect(visitor.page.locator(".problem")).to_contain_text("look at this device")
    await house.ingest(meter(meter_id, datetime.now(UTC)))
    await expect(visitor.page.locator(".well")).to_have_text("All devices deliver")

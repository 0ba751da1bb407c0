"""What happens now: pushed, and said plainly when it is not now any more."""

import re
import time
from datetime import timedelta

import pytest
from homes import HOMES, MANY, METER, SUN, inverter, meter
from homes import utc_now as now
from playwright.async_api import expect
from visitor import NO_SERVER

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_new_reading_is_on_the_screen_at_once_by_the_stream_that_stands_and_no_further_request(
    house, visit, fresh
):
    token, device, meter_id = fresh
    await house.ingest(inverter(device, now(), pv_power_w=2500, load_power_w=800), meter(meter_id, now()))
    visitor = await visit(house)
    await visitor.sign_in(token)
    await visitor.shows_power("Sun", "2.50 kW")
    await visitor.shows_power("House", "800 W")
    await visitor.in_state("live")
    streams, delays = visitor.asked.count("/v1/stream"), []
    for pv_w in (4321, 1234, 777):
        shown = f"{pv_w / 1000:.2f} kW" if pv_w >= 1000 else f"{pv_w} W"
        await visitor.look_out_for(shown)
        await house.ingest(inverter(device, now(), pv_power_w=pv_w))
        committed = time.time()
        delays.append(await visitor.seen_at() - committed)
        await visitor.shows_power("Sun", shown)
    assert visitor.asked.count("/v1/stream") == streams
    assert not any(path.startswith("/v1/realtime") for path in visitor.asked)
    print(f"on the screen after the commit: {', '.join(f'{1000 * delay:.0f} ms' for delay in delays)}")


async def test_an_older_reading_that_comes_late_does_not_take_the_place_of_the_newest(house, visit, fresh):
    token, device, _ = fresh
    await house.ingest(inverter(device, now(), pv_power_w=3000))
    visitor = await visit(house)
    await visitor.sign_in(token)
    await visitor.shows_power("Sun", "3.00 kW")
    await house.ingest(inverter(device, now() - timedelta(minutes=5), pv_power_w=50))
    await house.ingest(inverter(device, now(), pv_power_w=3100))
    await visitor.shows_power("Sun", "3.10 kW")


async def test_readings_that_stop_are_called_old_and_lose_their_colour_and_the_next_one_is_live_again(
    house, visit, fresh
):
    token, device, _ = fresh
    await house.ingest(inverter(device, now(), pv_power_w=3000))
    visitor = await visit(house)
    await visitor.page.clock.install()
    await visitor.sign_in(token)
    await visitor.in_state("live")
    await expect(visitor.page.locator(".flow")).to_have_attribute("data-stale", "false")
    await visitor.page.clock.set_system_time(now() + timedelta(minutes=3))
    await visitor.in_state("stale")
    await expect(visitor.state).to_contain_text("No new readings")
    await expect(visitor.page.locator(".flow")).to_have_attribute("data-stale", "true")
    await expect(visitor.page.locator(".staleness")).to_have_text(re.compile("This was 3 min"))
    await visitor.page.clock.set_system_time(now())
    await house.ingest(inverter(device, now(), pv_power_w=3100))
    await visitor.in_state("live")
    await visitor.shows_power("Sun", "3.10 kW")


async def test_a_real_edge_brings_the_house_to_life_and_leaves_an_old_picture_when_it_stops(pipeline, visit):
    visitor = await visit(pipeline, ignore_https_errors=True)
    await visitor.page.clock.install()
    await visitor.sign_in(pipeline.token)
    await visitor.in_state("live")
    await expect(visitor.flow("Sun").locator(".value")).to_have_text(re.compile(r"^[\d.]+\u00a0k?W$"))
    await expect(visitor.flow("Battery").locator(".share")).to_have_text(re.compile(r"^\d+\u00a0%$"))
    pipeline.edge.kill()
    await pipeline.edge.wait()
    await visitor.page.clock.set_system_time(now() + timedelta(minutes=10))
    await visitor.in_state("stale")
    await expect(visitor.page.locator(".staleness")).to_have_text(re.compile(r"This was \d+ min"))


async def test_a_server_that_dies_leaves_the_last_data_with_its_age_and_is_taken_up_again_without_a_reload(
    mortal, visit, fresh
):
    token, device, _ = fresh
    await mortal.ingest(inverter(device, now(), pv_power_w=3000, load_power_w=450))
    visitor = await visit(mortal)
    visitor.expect_fault(NO_SERVER)
    await visitor.sign_in(token)
    await visitor.in_state("live")
    await visitor.page.evaluate("window.stayed = true")
    await mortal.kill()
    await visitor.in_state("offline")
    await expect(visitor.state).to_contain_text("Server not reachable")
    await expect(visitor.page.locator(".staleness")).to_have_text(re.compile(r"cannot be reached\. This was \d+ "))
    await visitor.shows_power("Sun", "3.00 kW")
    await mortal.start()
    await visitor.in_state("live")
    await mortal.ingest(inverter(device, now(), pv_power_w=3200))
    await visitor.shows_power("Sun", "3.20 kW")
    assert await visitor.page.evaluate("window.stayed")


async def test_where_no_stream_comes_through_the_page_asks_every_few_seconds_until_one_does(house, visit, fresh):
    token, device, meter_id = fresh
    await house.ingest(inverter(device, now(), pv_power_w=3000), meter(meter_id, now()))
    visitor = await visit(house)
    visitor.expect_fault("ERR_CONNECTION_RESET")
    await visitor.page.route("**/v1/stream", lambda route: route.abort("connectionreset"))
    await visitor.sign_in(token)
    await visitor.in_state("polling")
    await visitor.shows_power("Sun", "3.00 kW")
    await house.ingest(inverter(device, now(), pv_power_w=2900))
    await visitor.shows_power("Sun", "2.90 kW")
    assert any(path.startswith("/v1/realtime") for path in visitor.asked)
    await visitor.page.unroute("**/v1/stream")
    await visitor.in_state("live")


async def test_two_roofs_and_a_meter_add_up_to_one_home(house, visit):
    roof, barn, street = HOMES[MANY]
    await house.ingest(
        inverter(roof, now(), pv_power_w=2000, battery_power_w=500),
        inverter(barn, now(), battery=False, pv_power_w=1000),
        meter(street, now(), power_w=-1200),
    )
    visitor = await visit(house)
    await visitor.sign_in(MANY)
    for part, power in {"Sun": "3.00 kW", "Battery": "500 W", "House": "1.30 kW", "Grid": "1.20 kW"}.items():
        await visitor.shows_power(part, power)


async def test_several_devices_are_one_home_whose_streams_balance(house, visit, fresh):
    token, device, meter_id = fresh
    await house.ingest(
        inverter(device, now(), pv_power_w=2500, battery_power_w=1500, load_power_w=800, export_power_w=200),
        meter(meter_id, now(), power_w=-190),
    )
    visitor = await visit(house)
    await visitor.sign_in(token)
    for part, power in {"Sun": "2.50 kW", "Battery": "1.50 kW", "House": "800 W", "Grid": "200 W"}.items():
        await visitor.shows_power(part, power)
    await expect(visitor.page.locator(".flow")).to_have_attribute("aria-label", re.compile("charging.*exporting"))
    await house.ingest(meter(meter_id, now(), power_w=-100), inverter(device, now(), export_power_w=-650))
    await visitor.shows_power("Grid", "650 W")
    await expect(visitor.flow("Grid")).to_contain_text("importing")


@pytest.mark.parametrize(
    ("token", "parts"),
    [(SUN, {"Sun", "Grid", "House"}), (METER, {"Grid", "House"})],
    ids=["the sun alone", "a meter alone"],
)
async def test_a_home_shows_the_parts_that_it_has_and_no_others(house, visit, token, parts):
    visitor = await visit(house)
    await visitor.sign_in(token)
    await expect(visitor.page.locator(".flow")).to_be_visible()
    labels = await visitor.page.locator(".flow .label").all_text_contents()
    assert {label.split()[0] for label in labels} == parts


async def test_a_home_without_readings_says_how_to_begin(house, visit, fresh):
    token, device, _ = fresh
    visitor = await visit(house)
    await visitor.sign_in(token)
    await visitor.in_state("nothing")
    await expect(visitor.page.locator(".empty")).to_contain_text("No readings have arrived yet")
    await house.ingest(inverter(device, now(), pv_power_w=3000))
    await visitor.shows_power("Sun", "3.00 kW")

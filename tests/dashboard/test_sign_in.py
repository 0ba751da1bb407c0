"""Who is let in, and where the token stays."""

import re

import pytest
from homes import EMPTY, FULL, HOMES
from playwright.async_api import expect
from visitor import NO_SERVER

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def submit(visitor, token):
    await visitor.page.locator("#token").fill(token)
    await visitor.page.locator("button[type=submit]").click()


async def test_a_read_token_opens_the_page_and_stays_in_this_tab_and_out_of_every_address(house, visit, full):
    visitor = await visit(house)
    carried = []
    visitor.page.on("request", lambda request: carried.append((request.url, request.headers.get("authorization"))))
    await visitor.sign_in(full)
    await visitor.in_state("live")
    asked = [header for url, header in carried if "/v1/" in url]
    assert asked
    assert set(asked) == {f"Bearer {FULL}"}
    assert all(header is None for url, header in carried if "/v1/" not in url)
    assert all(FULL not in url for url, _ in carried)
    assert FULL not in visitor.page.url
    kept = await visitor.page.evaluate(
        "JSON.stringify({...localStorage}) + document.cookie + JSON.stringify(history.state)"
    )
    assert FULL not in kept
    await visitor.page.reload()
    await expect(visitor.page.locator(".flow")).to_be_visible()
    stranger = await visitor.page.context.new_page()
    await stranger.goto(visitor.page.url)
    await expect(stranger.locator("#token")).to_be_visible()


async def test_a_wrong_token_is_told_in_words_and_kept_nowhere(house, visit):
    visitor = await visit(house)
    visitor.expect_fault("status of 401")
    await visitor.open()
    await submit(visitor, "nobody-knows-this-token")
    fault = visitor.page.get_by_role("alert")
    await expect(fault).to_have_text(re.compile("does not know this token"))
    await expect(visitor.page.locator("#token")).to_have_attribute("aria-invalid", "true")
    assert not await visitor.serious_faults_of_access()
    assert "nobody-knows" not in await visitor.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "nobody-knows" not in visitor.page.url
    await submit(visitor, EMPTY)
    await expect(visitor.page.locator(".navigation")).to_be_visible()


async def test_no_token_at_all_is_asked_for_without_a_request(house, visit):
    visitor = await visit(house)
    await visitor.open()
    await submit(visitor, "")
    await expect(visitor.page.get_by_role("alert")).to_have_text("Give a token first.")
    assert visitor.asked == []


async def test_too_many_attempts_are_told_with_the_time_to_wait(mortal, visit):
    visitor = await visit(mortal)
    visitor.expect_fault("status of (401|429)")
    await visitor.open()
    told = visitor.page.get_by_role("alert")
    for attempt in range(20):
        await submit(visitor, f"nobody-knows-this-token-{attempt}")
        await expect(visitor.page.locator("button[type=submit]")).to_be_enabled()
        if "Too many" in (await told.text_content() or ""):
            break
    await expect(told).to_have_text(re.compile(r"Too many attempts\. Try again in \d+ s\."))
    await mortal.kill()  # so that it holds nothing against the next visitor


async def test_a_server_that_is_away_is_told_apart_from_a_wrong_token(house, visit):
    visitor = await visit(house)
    visitor.expect_fault("ERR_CONNECTION_REFUSED")
    await visitor.open()
    await visitor.page.route("**/v1/**", lambda route: route.abort("connectionrefused"))
    await submit(visitor, FULL)
    await expect(visitor.page.get_by_role("alert")).to_have_text(re.compile("The server does not answer"))


async def test_a_token_that_the_server_no_longer_knows_leads_back_to_the_door(mortal, visit):
    visitor = await visit(mortal)
    visitor.expect_fault(f"status of 401|{NO_SERVER}")
    await visitor.sign_in(FULL)
    await visitor.in_state("nothing")
    await mortal.kill()
    mortal.homes = {EMPTY: HOMES[EMPTY]}
    await mortal.start()
    await expect(visitor.page.get_by_role("alert")).to_have_text(re.compile("You were signed out"))


async def test_signing_out_forgets_the_token_and_the_last_data(house, visit, full):
    visitor = await visit(house)
    await visitor.sign_in(full)
    await visitor.in_state("live")
    await visitor.last_data_kept('"home"')
    await visitor.page.locator(".menu summary").click()
    await visitor.page.get_by_role("button", name="Sign out").click()
    await expect(visitor.page.locator("#token")).to_be_visible()
    await visitor.last_data_kept('"home"', there=False)
    assert FULL not in await visitor.page.evaluate("JSON.stringify({...sessionStorage})")

"""Each page, on each screen, in each language, by day and by night, for eyes, fingers, keyboards and screen readers."""

import re

import pytest
from homes import EMPTY
from layout import faults_of_layout, texts
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = ("now", "energy/day", "energy/month", "energy/year", "energy/all", "capacity", "health")
SCREENS = {"small phone": (360, 640), "phone": (390, 844), "tablet": (820, 1180), "desktop": (1280, 800)}
NAMES = {
    "en": ["Now", "Energy", "Capacity", "Health"],
    "nl": ["Nu", "Energie", "Capaciteit", "Toestand"],
    "fr": ["Maintenant", "Énergie", "Capacité", "État"],
    "de": ["Jetzt", "Energie", "Kapazität", "Zustand"],
}
SAME_EVERYWHERE = re.compile(
    r"Sungaze|English|Nederlands|Français|Deutsch|Live|Token|home|p1|sungaze-edge.*|sungaze-vps|CSV|UTC|"
    r"Later|Edge|Server|Pages|Production|Total|, version .*|[A-Z][a-z]+ \d{4}|i|"
    r"Sungrow.*|P1.*|([\W\d]|kWh|MWh|kW|W|min|h|s|EUR|MB)*"
)


async def settled(visitor, page):
    """Go to a page and wait until what it asked for is there."""
    await visitor.page.evaluate("(page) => { location.hash = `#/${page}`; }", page)
    await expect(visitor.page.locator(f".navigation a[href='#/{page.split('/')[0]}']")).to_have_attribute(
        "aria-current", "page"
    )
    await expect(visitor.page.locator("main .card").first).to_be_visible()
    await expect(visitor.page.locator("main [aria-busy=true]")).to_have_count(0)
    await visitor.page.wait_for_load_state("load")


def told(faults):
    return "\n".join(f"{page}: {fault}" for page, found in faults.items() for fault in found)


@pytest.mark.parametrize("screen", SCREENS)
async def test_nothing_overlaps_sticks_out_or_is_too_small_for_a_finger(house, visit, full, screen):
    width, height = SCREENS[screen]
    visitor = await visit(house, width=width, height=height, has_touch=width < 1000)
    await visitor.open()
    await expect(visitor.page.locator("#token")).to_be_visible()
    faults = {"sign-in": await faults_of_layout(visitor.page)}
    await visitor.sign_in(full)
    await visitor.in_state("live")
    for page in PAGES:
        await settled(visitor, page)
        faults[page] = await faults_of_layout(visitor.page)
    assert not any(faults.values()), told(faults)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_that_keeps_somebody_out(house, visit, full, scheme):
    visitor = await visit(house, color_scheme=scheme, reduced_motion="reduce")
    await visitor.open()
    await expect(visitor.page.locator("#token")).to_be_visible()
    faults = {"sign-in": await visitor.serious_faults_of_access()}
    await visitor.sign_in(full)
    await visitor.in_state("live")
    for page in PAGES:
        await settled(visitor, page)
        faults[page] = await visitor.serious_faults_of_access()
    assert not any(faults.values()), told(faults)


async def test_an_empty_home_has_designed_pages_without_faults(house, visit):
    visitor = await visit(house, width=390, height=844)
    await visitor.sign_in(EMPTY)
    await visitor.in_state("nothing")
    faults = {}
    for page in PAGES:
        await settled(visitor, page)
        faults[page] = await faults_of_layout(visitor.page) + await visitor.serious_faults_of_access()
    assert not any(faults.values()), told(faults)


async def test_dark_and_light_follow_the_device_until_one_is_chosen_and_the_choice_lasts(house, visit, full):
    visitor = await visit(house, color_scheme="dark")
    await visitor.sign_in(full)

    async def ground():
        return await visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    async def brightness():
        return sum(map(int, re.findall(r"\d+", await ground())[:3]))

    assert await brightness() < 150
    await visitor.page.emulate_media(color_scheme="light")
    assert await brightness() > 600
    await visitor.page.locator(".menu summary").click()
    await visitor.page.get_by_label("Colours").select_option("dark")
    assert await brightness() < 150
    await visitor.page.reload()
    await expect(visitor.page.locator(".navigation")).to_be_visible()
    assert await brightness() < 150


async def test_each_language_is_whole(house, visit, full):
    visitor = await visit(house)
    await visitor.sign_in(full)
    await visitor.in_state("live")
    said = {}
    for language, names in NAMES.items():
        await visitor.page.locator(".menu summary").click()
        await visitor.page.locator(".menu select").first.select_option(language)
        await visitor.page.locator(".menu summary").click()
        await expect(visitor.page.locator("html")).to_have_attribute("lang", language)
        await expect(visitor.page.locator(".navigation a")).to_have_text(names)
        for page in PAGES:
            await settled(visitor, page)
            said[language, page] = await texts(visitor.page)
            broken = {text for text in said[language, page] if re.search(r"undefined|\[object|NaN|Infinity|null", text)}
            assert not broken
    left = {
        (language, text)
        for (language, page), told in said.items()
        for text in told & said["en", page]
        if language != "en" and not SAME_EVERYWHERE.fullmatch(text)
    }
    assert not left, sorted(left)


async def test_the_language_is_the_browsers_until_one_is_chosen(house, visit):
    visitor = await visit(house, locale="fr-BE")
    await visitor.open()
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "fr")
    await visitor.page.locator("select").first.select_option("nl")
    await visitor.page.reload()
    await expect(visitor.page.locator("button[type=submit]")).to_have_text("Aanmelden")


async def test_hands_on_a_keyboard_sign_in_and_reach_every_page_and_see_where_they_are(house, visit, full):
    visitor = await visit(house)
    page = visitor.page
    await visitor.open()
    await expect(page.locator("#token")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.locator("#token")).to_be_focused()
    await page.keyboard.type(full)
    await page.keyboard.press("Enter")
    await visitor.in_state("live")
    for name in ("Energy", "Capacity", "Health", "Now"):
        await page.evaluate("document.activeElement.blur()")
        link = page.locator(".navigation").get_by_role("link", name=name)
        for _ in range(12):
            await page.keyboard.press("Tab")
            if await link.evaluate("(link) => link === document.activeElement"):
                break
        await expect(link).to_be_focused()
        assert await link.evaluate("(link) => getComputedStyle(link).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(link).to_have_attribute("aria-current", "page")


async def test_the_first_stop_of_the_tab_key_leads_past_the_navigation(house, visit, full):
    visitor = await visit(house)
    await visitor.sign_in(full)
    await visitor.page.reload()
    await expect(visitor.page.locator(".flow")).to_be_visible()
    await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator("main")).to_be_focused()
    await expect(visitor.page.locator(".flow")).to_be_visible()


async def test_who_wants_no_motion_gets_none(house, visit, full):
    moving = "document.getAnimations().filter((animation) => animation.playState === 'running').length"
    lively = await visit(house)
    await lively.sign_in(full)
    await lively.in_state("live")
    assert await lively.page.evaluate(moving) > 0
    calm = await visit(house, reduced_motion="reduce")
    await calm.sign_in(full)
    await calm.in_state("live")
    assert await calm.page.evaluate(moving) == 0


async def test_all_scripts_and_styles_together_stay_below_250_kb_of_gzip(visit, house):
    visitor = await visit(house)
    assets = []
    visitor.page.on("response", lambda answer: assets.append(answer) if "/assets/" in answer.url else None)
    await visitor.sign_in(EMPTY)
    for page in PAGES:
        await settled(visitor, page)
    assert all(answer.headers["content-encoding"] == "gzip" for answer in assets)
    assert sum(int(answer.headers["content-length"]) for answer in assets) < 250_000

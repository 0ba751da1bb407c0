"""The energies of each period are the API's, on the days on which the clocks change, too."""

import asyncio
import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from homes import EPOCH
from playwright.async_api import expect
from shown import NAMES, energy, home_kwh, home_w, share, total

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class Period:
    route: str
    title: str
    """What follows a weekday, if there is one: Chromium's versions do not agree on the comma after it."""
    start: str
    end: str
    bucket: str
    rows: int | None
    """None: as many as there are months so far."""


PERIODS = [
    Period("day/2026-03-29", "29 March 2026", "2026-03-29", "2026-03-30", "15m", 92),
    Period("day/2026-10-25", "25 October 2026", "2026-10-25", "2026-10-26", "15m", 100),
    Period("month/2026-03", "March 2026", "2026-03-01", "2026-04-01", "day", 31),
    Period("month/2026-10", "October 2026", "2026-10-01", "2026-11-01", "day", 31),
    Period("year/2025", "2025", "2025-01-01", "2026-01-01", "month", 12),
    Period("all", "Since the first reading", "2025-01-01", "", "month", None),
]


def titled(date):
    return re.compile(rf"^([A-Z][a-z]+day,? )?{date}$")


async def answers(house, token, period):
    """Ask the API for the two devices' buckets of a period; give time of the bucket -> (inverter's, meter's)."""
    end = period.end or f"{datetime.now().astimezone().year + 1}-01-01"
    query = {"start": period.start, "end": end, "bucket": period.bucket, "tz": "Europe/Brussels"}
    series = [
        (await house.get(token, "/v1/series", device_id=device, kind=kind, **query))["series"]
        for device, kind in (("home", "sungrow"), ("p1", "p1"))
    ]
    inverter, meter = ({bucket["bucket"]: bucket for bucket in buckets} for buckets in series)
    return {start: (inverter.get(start, {}), meter.get(start, {})) for start in sorted(inverter.keys() | meter.keys())}


async def downloaded(visitor):
    async with visitor.page.expect_download() as download:
        await visitor.page.get_by_role("button", name="Download CSV").click()
    file = await download.value
    text = (await asyncio.to_thread(Path(await file.path()).read_bytes)).decode()
    assert "\r\n" in text
    comment, *lines = text.splitlines()
    return file.suggested_filename, comment, list(csv.DictReader(io.StringIO("\n".join(lines))))


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.route)
async def test_a_period_shows_and_downloads_what_the_api_says_to_the_digit(house, visit, full, period):
    visitor = await visit(house, timezone_id="America/New_York")  # the days are those of the home all the same
    await visitor.sign_in(full, f"#/energy/{period.route}")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(titled(period.title))
    await expect(visitor.page.locator(".chart canvas").first).to_be_visible()
    told = await answers(house, full, period)
    name, comment, rows = await downloaded(visitor)
    assert name == f"sungaze-{period.route.rpartition('/')[2]}.csv"
    assert comment == "# devices: home (sungrow) p1 (p1)"
    if period.rows:
        assert len(rows) == period.rows
    else:
        months = (datetime.now().astimezone().year - EPOCH.year) * 12 + datetime.now().astimezone().month
        assert len(rows) == months
    assert_rows_are_what_was_told(rows, told, period)
    await assert_tiles_add_it_up(visitor, [home_kwh(*pair) for pair in told.values()])
    await visitor.page.get_by_role("button", name="Table").click()
    await expect(visitor.page.locator("tbody tr")).to_have_count(len(rows))


def assert_rows_are_what_was_told(rows, told, period):
    columns = dict(
        zip(
            NAMES, ("production", "consumption", "import", "export", "battery_charge", "battery_discharge"), strict=True
        )
    )
    known = set()
    for row in rows:
        start = datetime.fromisoformat(row["time_local"]).astimezone().timestamp()
        assert start == datetime.fromisoformat(row["time_utc"]).timestamp()
        pair = told.get(row["time_utc"], ({}, {}))
        known.add(row["time_utc"])
        kinds = {"kwh": home_kwh, **({"w": home_w} if period.bucket == "15m" else {})}
        for unit, of in kinds.items():
            expected = of(*pair)
            shown = {name: row[f"{column}_{unit}"] for name, column in columns.items()}
            assert {name: float(text) if text else None for name, text in shown.items()} == expected, row
        if "w" in kinds:
            soc = row["battery_soc_pct"]
            assert (float(soc) if soc else None) == pair[0].get("avg_battery_soc_pct")
    assert set(told) <= known


async def assert_tiles_add_it_up(visitor, buckets):
    sums = {name: total(buckets, name) for name in NAMES}
    for name in NAMES:
        await expect(visitor.page.locator(f".tile[data-name={name}] dd")).to_have_text(energy(sums[name]))
    shares = {
        "selfConsumption": share(sums["pv"], sums["export"]),
        "selfSufficiency": share(sums["load"], sums["import"]),
    }
    for name, told in shares.items():
        await expect(visitor.page.locator(f".tile[data-name={name}] dd")).to_have_text(told)


async def test_the_hour_that_comes_twice_says_which_it_is_and_the_one_that_is_skipped_is_not_there(house, visit, full):
    visitor = await visit(house)
    await visitor.sign_in(full, "#/energy/day/2026-10-25")
    await visitor.page.get_by_role("button", name="Table").click()
    head = visitor.page.locator("tbody th")
    await expect(head.filter(has_text=re.compile(r"^02:15"))).to_have_text(["02:15 (UTC+02:00)", "02:15 (UTC+01:00)"])
    await visitor.page.evaluate("location.hash = '#/energy/day/2026-03-29'")
    await expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("29 March")
    await expect(head.filter(has_text=re.compile(r"^03:15"))).to_have_count(1)
    await expect(head.filter(has_text=re.compile(r"^02:"))).to_have_count(0)


async def test_one_goes_back_and_forth_by_buttons_and_by_arrow_keys_but_not_past_today(house, visit, full):
    visitor = await visit(house)
    page = visitor.page
    await visitor.sign_in(full, "#/energy/day/2026-03-29")
    title = page.get_by_role("heading", level=1)
    await page.get_by_role("button", name="Earlier").click()
    await expect(title).to_have_text(titled("28 March 2026"))
    await page.keyboard.press("ArrowRight")
    await expect(title).to_have_text(titled("29 March 2026"))
    await page.get_by_role("button", name="Later").click()
    await expect(title).to_have_text(titled("30 March 2026"))
    await page.get_by_role("link", name="Month", exact=True).click()
    await expect(title).to_have_text("March 2026")
    await page.get_by_role("link", name="Year", exact=True).click()
    await expect(title).to_have_text("2026")
    await page.get_by_role("link", name="Day", exact=True).click()
    if await page.get_by_role("button", name="Today").count():
        await page.get_by_role("button", name="Today").click()
    await expect(page.get_by_role("button", name="Later")).to_be_disabled()
    today = await title.text_content()
    await page.keyboard.press("ArrowRight")
    await expect(title).to_have_text(today)


async def test_the_chart_is_walked_through_by_keys_and_tells_each_bucket(house, visit, full):
    visitor = await visit(house)
    await visitor.sign_in(full, "#/energy/month/2026-03")
    chart = visitor.page.get_by_role("slider").first
    await chart.focus()
    await visitor.page.keyboard.press("Home")
    await expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^Sun,? 1 Mar: .*kWh"))
    await visitor.page.keyboard.press("ArrowRight")
    await expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^Mon,? 2 Mar: .*kWh"))
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("March 2026")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(titled("2 March 2026"))


async def test_a_finger_swipes_to_the_day_before(house, visit, full):
    visitor = await visit(house, width=390, height=844, has_touch=True, is_mobile=True)
    await visitor.sign_in(full, "#/energy/day/2026-03-29")
    title = visitor.page.get_by_role("heading", level=1)
    await expect(title).to_contain_text("29 March")
    box = await title.bounding_box()
    finger = await visitor.page.context.new_cdp_session(visitor.page)
    x, y = box["x"] + 10, box["y"] + 10
    for kind, at in (("touchStart", x), ("touchMove", x + 90), ("touchMove", x + 180)):
        await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at, "y": y}]})
    await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(title).to_contain_text("28 March")


async def test_each_energy_is_explained_on_demand(house, visit, full):
    visitor = await visit(house)
    await visitor.sign_in(full, "#/energy/month/2026-03")
    explain = visitor.page.locator(".tile[data-name=selfSufficiency] button")
    await explain.focus()
    await visitor.page.keyboard.press("Enter")
    told = visitor.page.locator(".tile[data-name=selfSufficiency] [popover]")
    await expect(told).to_be_visible()
    await expect(told).to_contain_text("÷ consumption")
    await visitor.page.keyboard.press("Escape")
    await expect(told).to_be_hidden()


async def test_a_period_without_readings_says_so(house, visit, fresh):
    token, device, _ = fresh
    visitor = await visit(house)
    await house.ingest({"device_id": device, "kind": "sungrow", "ts": "2026-03-02T12:00:00Z", "pv_power_w": 1})
    await visitor.sign_in(token, "#/energy/day/2026-03-09")
    await expect(visitor.page.locator(".empty")).to_contain_text("Nothing was read in this period")

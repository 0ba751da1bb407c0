"""The months of a year, the floor of 2.5 kW, the mean of twelve, and the cost."""

import pytest
from true_meter import QUARTER_MS, iso, millis, utc

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MAY_TO_APRIL_W = (632, 4600, 0, 1028, 3444, 4164, 4564, 6000, 9200, 5000, 4120, 4880)
"""A year that nl.wikibooks.org works out: Energietransitie/Capaciteitstarief."""


def month_names(year, month, number):
    return [f"{year + (month - 1 + n) // 12}-{(month - 1 + n) % 12 + 1:02}" for n in range(number)]


async def store_peaks(api, peaks):
    """Store one quarter of the given power in each month, and the register's stand on both of its ends."""
    kwh, samples = 1000.0, []
    for month, watts in sorted(peaks.items()):
        at = millis(utc(f"{month}-15T18:00:00+00:00"))
        samples.append((at, kwh))
        kwh = round(kwh + watts / 4000, 3)
        samples.append((at + QUARTER_MS, kwh))
    await api.store(
        {"device_id": "home", "kind": "p1", "ts": iso(at), "energy_import_kwh": kwh, "power_w": None}
        for at, kwh in samples
    )


async def test_the_floor_is_per_month_and_the_mean_over_the_twelve_months_that_are_over(api_with_tariffs):
    api = api_with_tariffs
    api.now = utc("2026-05-20T12:00:00+02:00")
    await store_peaks(api, dict(zip(month_names(2025, 5, 12), MAY_TO_APRIL_W, strict=True)))
    year = await api.year(2026)
    average = year["average"]
    assert [month["month"] for month in average["months"]] == month_names(2025, 5, 12)
    assert [month["peak_w"] for month in average["months"]] == list(MAY_TO_APRIL_W)
    assert average["floored_w"] == 4456
    assert average["raw_w"] == pytest.approx(3969.333, abs=0.001)
    assert (average["count"], average["missing"], average["complete"]) == (12, [], False)
    assert year["cost"] == {
        "eur_per_year": 220.14,
        "eur_per_month": 18.35,
        "tariff_eur_per_kw_year": 49.4036563,
        "tariff_year": 2026,
        "vat_included": False,
        "source": "Fluvius Antwerpen",
    }
    assert "estimate" in year["note"].lower()


async def test_each_month_that_has_begun_is_told_with_what_it_rests_on(api):
    api.now = utc("2026-05-20T12:00:00+02:00")
    await store_peaks(api, {"2026-02": 1900, "2026-05": 3000})
    year = await api.year(2026)
    months = {month["month"]: month for month in year["months"]}
    assert list(months) == month_names(2026, 1, 5)
    february, may = months["2026-02"], months["2026-05"]
    assert (february["peak_w"], february["floored_w"]) == (1900, 2500)
    assert february["peak_ts"] == "2026-02-15T18:00:00Z"
    assert (february["exact"], february["complete"], february["provisional"]) == (False, False, False)
    assert february["coverage"] == {"expected": 2688, "elapsed": 2688, "covered": 1, "missing": 2687}
    assert may["provisional"]
    assert may["coverage"]["elapsed"] < may["coverage"]["expected"] == 2976
    assert months["2026-03"]["peak_w"] is months["2026-03"]["floored_w"] is None


async def test_months_of_which_nothing_is_known_are_named_and_not_made_up(api_with_tariffs):
    api = api_with_tariffs
    api.now = utc("2026-05-20T12:00:00+02:00")
    await store_peaks(api, {"2026-02": 1900, "2026-04": 3000, "2026-05": 9000})
    average = (await api.year(2026))["average"]
    assert [month["month"] for month in average["months"]] == ["2026-02", "2026-04"]
    assert average["missing"] == [*month_names(2025, 5, 9), "2026-03"]
    assert (average["count"], average["raw_w"], average["floored_w"]) == (2, 2450, 2750)
    assert not average["complete"]


async def test_a_year_that_is_over_takes_its_own_twelve_months(api_with_tariffs):
    api = api_with_tariffs
    api.now = utc("2027-03-01T12:00:00+01:00")
    await store_peaks(api, dict.fromkeys(month_names(2025, 6, 20), 4000))
    year = await api.year(2026)
    assert [month["month"] for month in year["average"]["months"]] == month_names(2026, 1, 12)
    assert len(year["months"]) == 12
    assert year["cost"]["eur_per_year"] == 197.61
    assert (await api.year(2025))["cost"]["vat_included"] is True
    assert (await api.year(2027))["cost"] is None
    assert (await api.year(2027))["average"]["months"][0]["month"] == "2026-03"


async def test_a_year_to_come_is_empty(api):
    api.now = utc("2026-05-20T12:00:00+02:00")
    await store_peaks(api, {"2026-02": 1900})
    year = await api.year(2027)
    assert year["months"] == year["average"]["months"] == []
    assert year["average"]["floored_w"] is year["cost"] is None


async def test_a_month_is_complete_when_each_of_its_quarters_is_known(api):
    start = millis(utc("2026-02-01T00:00:00+01:00"))
    api.now = utc("2026-03-02T00:00:00+01:00")
    await api.store(
        {"device_id": "home", "kind": "p1", "ts": iso(start + n * QUARTER_MS), "energy_import_kwh": 100 + n / 10}
        | {"power_w": None}
        for n in range(2689)
    )
    year = await api.year(2026)
    february = year["months"][1]
    assert (february["complete"], february["exact"], february["peak_w"]) == (True, True, 400)
    assert not year["average"]["complete"]  # of eleven months nothing is known
    api.now = utc("2026-02-20T00:00:00+01:00")
    february = (await api.year(2026))["months"][1]
    assert (february["complete"], february["provisional"], february["coverage"]["missing"]) == (False, True, 0)

"""Readings that do not name their meter: they count for the meter around them, and never hide that it was swapped."""

import pytest
from true_meter import QUARTER_MS, Home, Meter, millis, utc

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EVENING = millis(utc("2026-06-10T18:00:00+02:00"))
ALL_KNOWN = {"16:00": 2000, "16:15": 2000, "16:30": 2000, "16:45": 2000}


async def peaks_without_names(api, is_nameless, every_ms=QUARTER_MS // 3, breaks=()):
    """Store an hour of readings, on the edges of its quarters too, some of them without the meter's name."""
    meter = Meter(Home([(EVENING - QUARTER_MS, 2000)]), breaks)
    samples = [meter.sample(at) for at in range(EVENING, EVENING + 4 * QUARTER_MS + 1, every_ms)]
    for number, sample in enumerate(samples):
        if is_nameless(number):
            sample["meter_unique_id"] = None
    await api.store(samples)
    return {quarter["bucket"][11:16]: quarter["avg_power_w"] for quarter in (await api.month("2026-06"))["peaks"]}


@pytest.mark.parametrize(
    "is_nameless",
    [
        lambda number: number % 3 == 0,  # those on the edges, beside named ones in the same quarter
        lambda number: number % 3,
        lambda number: 3 <= number < 9,  # two whole quarters
        lambda number: number < 6,  # since before the name was known
        lambda number: number >= 6,
        lambda number: number != 5,
        lambda number: number >= 0,
    ],
)
async def test_they_count_for_the_meter_around_them(api, is_nameless):
    assert await peaks_without_names(api, is_nameless) == ALL_KNOWN


@pytest.mark.parametrize("is_nameless", [lambda number: 3 <= number < 9, lambda number: 3 <= number < 5])
@pytest.mark.parametrize("stand_wh", [0, 5_002_000, 9_000_000])
async def test_between_two_meters_they_belong_to_neither(api, is_nameless, stand_wh):
    """The new meter may stand only a little further: 5001.2 kWh, then 5002 kWh."""
    swapped = [(EVENING + QUARTER_MS + 400_000, stand_wh, "meter-2")]
    known = await peaks_without_names(api, is_nameless, breaks=swapped)
    assert "16:15" not in known
    assert set(known.values()) <= {2000}
    assert known["16:45"] == 2000


@pytest.mark.parametrize("stand_wh", [0, 5_030_000, 9_000_000])
async def test_a_swap_to_a_meter_that_is_named_only_later_is_noticed(api, stand_wh):
    """Nameless readings of the old meter stand in the same quarter as named ones of the new."""
    swapped = [(EVENING + QUARTER_MS + 400_000, stand_wh, "meter-2")]
    known = await peaks_without_names(api, lambda number: number < 5, breaks=swapped)
    assert known == {"16:00": 2000, "16:30": 2000, "16:45": 2000}

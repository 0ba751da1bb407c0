"""A grid operator's export over two months and some days around them, played as the readings of a meter."""

import random
from collections import Counter
from datetime import date
from itertools import batched
from zoneinfo import ZoneInfo

import pytest
from true_meter import QUARTER_MS, iso, millis, moment, utc

BRUSSELS = ZoneInfo("Europe/Brussels")

START = millis(utc("2023-09-26T00:00:00+02:00"))
QUARTERS = 6820  # 71 days, one of them of 25 hours


def export():
    """Give `(Wh drawn, Wh given back, whether by day)` of each quarter; in 505 of them both are above zero."""
    rng = random.Random(2023)
    both = set(rng.sample(range(QUARTERS), 505))
    for number in range(QUARTERS):
        local = moment(START + number * QUARTER_MS).astimezone(BRUSSELS)
        drawn = rng.choice([0, 12, 35, 60, 140, 420, 900, rng.randrange(1800)])
        given = rng.randrange(1, 700) if number in both else 0
        yield max(drawn, 1) if given else drawn, given, local.weekday() < 5 and 7 <= local.hour < 22


def play(quarters):
    """Give readings on the quarters' edges and one within each; the register is the sum of two tariffs' floats."""
    day, night, given_wh, at = 1_234_567, 2_345_678, 500_000, START
    stands = []
    for drawn, given, by_day in quarters:
        stands.append((at, day, night, given_wh))
        day, night = day + drawn * by_day, night + drawn * (not by_day)
        stands.append((at + 440_000, day, night, given_wh))  # all of it is drawn by then; then the sun comes out
        given_wh, at = given_wh + given, at + QUARTER_MS
    stands.append((at, day, night, given_wh))
    for at, day, night, given_wh in stands:
        yield {
            "device_id": "home",
            "kind": "p1",
            "ts": iso(at + 1300),
            "meter_ts": iso(at),
            "power_w": -200,
            "import_power_w": 0,
            "energy_import_kwh": day / 1000 + night / 1000,
            "energy_export_kwh": given_wh / 1000,
            "energy_import_t1_kwh": day / 1000,
            "energy_import_t2_kwh": night / 1000,
        }


@pytest.mark.parametrize("database_url", ["sqlite", "timescaledb"], indirect=True)
async def test_every_quarter_of_two_months_is_that_of_the_export(api):
    quarters = list(export())
    samples = list(play(quarters))
    random.Random(1).shuffle(samples)
    for batch in batched(samples, 1500):
        await api.store(batch)
    truth = {
        iso(START + number * QUARTER_MS).replace(".000Z", "Z"): 4 * drawn
        for number, (drawn, _, _) in enumerate(quarters)
    }
    told = set()
    for name, expected in (("2023-10", 2980), ("2023-11", 2880)):
        month = await api.month(name)
        told |= {quarter["bucket"] for quarter in month["peaks"]}
        of_month = {at: watts for at, watts in truth.items() if month["start"] <= at < month["end"]}
        assert {quarter["bucket"]: quarter["avg_power_w"] for quarter in month["peaks"]} == of_month
        highest = max(of_month.values())
        first = min(at for at, watts in of_month.items() if watts == highest)
        assert (month["monthly_peak_w"], month["monthly_peak_ts"]) == (highest, first)
        assert month["monthly_peak_exact"]
        assert month["gaps"] == []
        assert month["coverage"] == dict.fromkeys(("expected", "elapsed", "covered", "exact"), expected) | {
            "missing": 0
        }
    days = Counter(utc(at).astimezone(BRUSSELS).date() for at in told)
    assert {day: number for day, number in days.items() if number != 96} == {date(2023, 10, 29): 100}

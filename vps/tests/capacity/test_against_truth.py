"""A home known in rational numbers, read in every way that goes wrong, against what the real API says of it."""

import random
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from true_meter import QUARTER_MS, Home, Meter, millis, moment, utc

BRUSSELS = ZoneInfo("Europe/Brussels")

WINDOWS = [
    "2026-06-10T18:00:00+02:00",
    "2026-03-28T22:00:00+01:00",  # into the night of 92 quarters
    "2026-10-24T22:00:00+02:00",  # and that of 100
    "2026-06-30T20:00:00+02:00",  # over the end of a month
    "2026-12-31T20:00:00+01:00",
]
JUST_OFF_MS = (1, 999, 1000, 2000, 5000)


@st.composite
def lives(draw):
    """Draw what happens to a home and to its readings, as plain data."""
    return {
        "start": millis(utc(draw(st.sampled_from(WINDOWS)))),
        "quarters": draw(st.integers(4, 60)),
        "powers": draw(st.lists(st.sampled_from([0, 37, 250, 1000, 2500, 7400, 17_250]), min_size=1, max_size=20)),
        "interval_ms": draw(st.sampled_from([2000, 10_000, 61_000, 300_000, 840_000, 3_600_000])),
        "on_edges": draw(st.booleans()),
        "just_off": draw(st.booleans()),
        "gaps": draw(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([5, 200, 1200, 9000, 200_000])), max_size=3)),
        "breaks": draw(
            st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["reset", "swap", "swap higher", "jump"])), max_size=2)
        ),
        "meter_clock": draw(st.booleans()),
        "seed": draw(st.integers(0, 1_000_000)),
    }


def make_home(life):
    rng = random.Random(life["seed"])
    at, steps = life["start"] - QUARTER_MS, []
    while at < life["start"] + (life["quarters"] + 1) * QUARTER_MS:
        steps.append((at, rng.choice(life["powers"])))
        at += rng.choice([1000, 20_000, 433_000, 1_800_000])
    return Home(steps)


def make_meter(life, home):
    duration = life["quarters"] * QUARTER_MS
    serial, breaks = 1, []
    for share, what in sorted(life["breaks"]):
        at = life["start"] + int(share * duration)
        serial += what.startswith("swap")
        stand = {"reset": 0, "swap": 1000, "swap higher": 9_000_000, "jump": 80_000_000 + len(breaks) * 10**9}[what]
        breaks.append((at, stand, f"meter-{serial}"))
    return Meter(home, breaks), [at for at, _, _ in breaks]


def reading_times(life):
    """Give when telegrams were made, in ms: of a meter's clock whole seconds."""
    rng = random.Random(life["seed"])
    end = life["start"] + life["quarters"] * QUARTER_MS
    step = max(life["interval_ms"], (end - life["start"]) // 1500)
    times = set(range(life["start"] + rng.randrange(step), end, step))
    edges = range(life["start"], end + 1, QUARTER_MS)
    if life["on_edges"]:
        times |= set(edges)
    if life["just_off"]:
        times |= {edge + rng.choice([-1, 1]) * rng.choice(JUST_OFF_MS) for edge in edges}
    for share, length_s in life["gaps"]:
        begin = life["start"] + share * (end - life["start"])
        times = {at for at in times if not begin < at < begin + length_s * 1000}
    return sorted({at // 1000 * 1000 for at in times} if life["meter_clock"] else times)


async def upload(api, rng, samples):
    """Upload late, doubled, in disorder."""
    left = samples + rng.sample(samples, len(samples) // 10)
    rng.shuffle(left)
    cut = rng.randrange(len(left) + 1)
    stored = [await api.store(batch) for batch in (left[cut:], left[:cut]) if batch]
    assert sum(stored) == len(samples)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(settings.get_profile("capacity"), max_examples=40)
@given(life=lives())
async def test_every_quarter_is_within_its_bounds_and_right_to_the_watt_where_readings_lie_on_its_ends(api, life):
    await judge(api, life)


@pytest.mark.parametrize("database_url", ["postgresql", "timescaledb"], indirect=True)
@settings(settings.get_profile("capacity"), max_examples=8)
@given(life=lives())
async def test_the_same_holds_on_every_engine(api, life):
    await judge(api, life)


async def judge(api, life):
    rng, home, device_id = random.Random(life["seed"]), make_home(life), api.fresh_device()
    meter, breaks = make_meter(life, home)
    times = reading_times(life)
    assume(times)
    delay_ms = 1_700 if life["meter_clock"] else 0
    samples = [meter.sample(at, meter_clock=life["meter_clock"], delay_ms=delay_ms) for at in times]
    await upload(api, rng, [{**sample, "device_id": device_id} for sample in samples])
    ends = (life["start"], life["start"] + life["quarters"] * QUARTER_MS)
    seen = set()
    for name in dict.fromkeys(f"{moment(at).astimezone(BRUSSELS):%Y-%m}" for at in ends):
        month = await api.month(name, device_id)
        assert month["clock"] in ("meter" if life["meter_clock"] else "host", None)
        judge_month(month, home, times)
        seen |= judge_peaks(month, home, meter, breaks, set(times))
        judge_gaps(month, home)
    assert_known_where_readings_allow(seen, meter, breaks, times)


def judge_month(month, home, times):
    """Judge the whole: every quarter is told of once, and the peak lies within its bounds."""
    start, end = millis(utc(month["start"])), millis(utc(month["end"]))
    told = [millis(utc(quarter["bucket"])) for quarter in month["peaks"]]
    for gap in month["gaps"]:
        told += range(millis(utc(gap["start"])), millis(utc(gap["end"])), QUARTER_MS)
        assert gap["quarters"] == (millis(utc(gap["end"])) - millis(utc(gap["start"]))) // QUARTER_MS
    assert sorted(told) == list(range(start, end, QUARTER_MS))
    coverage = month["coverage"]
    assert coverage["expected"] == coverage["elapsed"] == len(told)
    assert coverage["covered"] == len(month["peaks"]) == coverage["elapsed"] - coverage["missing"]
    truth = max(home.power_w(quarter, quarter + QUARTER_MS) for quarter in told_near(told, times))
    assert (month["monthly_peak_lower_w"] or 0) <= truth
    assert month["monthly_peak_upper_w"] is None or truth <= month["monthly_peak_upper_w"]
    peaks = month["peaks"]
    assert month["monthly_peak_w"] == max((quarter["avg_power_w"] for quarter in peaks), default=None)


def told_near(told, times):
    near = [at for at in told if times[0] - 2 * QUARTER_MS < at < times[-1] + 2 * QUARTER_MS] if times else []
    return near or told[:1]


def judge_peaks(month, home, meter, breaks, times):
    """Judge what is told of single quarters; give when they begin."""
    for quarter in month["peaks"]:
        start = millis(utc(quarter["bucket"]))
        end = start + QUARTER_MS
        assert quarter["lower_w"] <= home.power_w(start, end) <= quarter["upper_w"]
        assert quarter["lower_w"] <= quarter["avg_power_w"] <= quarter["upper_w"]
        assert quarter["avg_power_w"] == pytest.approx(quarter["energy_kwh"] * 4000, abs=1e-6)
        assert not any(start < at < end for at in breaks)
        if {start, end} <= times:
            assert quarter["exact"]
            assert quarter["avg_power_w"] == round(4000 * (meter.read_before(end)[0] - meter.read(start)[0]))
    return {millis(utc(quarter["bucket"])) for quarter in month["peaks"]}


def judge_gaps(month, home):
    for gap in month["gaps"]:
        start, end = millis(utc(gap["start"])), millis(utc(gap["end"]))
        highest = max(home.power_w(at, at + QUARTER_MS) for at in range(start, end, QUARTER_MS))
        assert gap["highest_at_least_w"] <= highest
        assert gap["each_at_most_w"] is None or highest <= gap["each_at_most_w"]
        if gap["energy_kwh"] is not None:
            assert gap["each_at_most_w"] is not None


def assert_known_where_readings_allow(seen, meter, breaks, times):
    """Demand every quarter that has readings around both ends at most a quarter of an hour apart, without a break."""
    around = {}
    for before, after in pairwise(times):
        for edge in range(-(-before // QUARTER_MS) * QUARTER_MS, after + 1, QUARTER_MS):
            if edge in (before, after):
                around[edge] = (edge, edge)
            elif after - before <= QUARTER_MS and edge not in around:
                around[edge] = (before, after)
    for start, (before, _) in around.items():
        _, after = around.get(start + QUARTER_MS, (None, None))
        if after is not None and not any(before < at <= after for at in breaks):
            assert start in seen

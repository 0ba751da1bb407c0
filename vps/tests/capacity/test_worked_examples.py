"""Figures that others computed or published, and the house's own rules, one by one."""

import pytest
from true_meter import QUARTER_MS, Home, Meter, iso, millis, utc

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EVENING = millis(utc("2026-06-10T18:00:00+02:00"))


def flat(watts, start=EVENING - 3 * QUARTER_MS):
    return Meter(Home([(start, watts)]))


def quarter_of(month, start):
    return next(quarter for quarter in month["peaks"] if quarter["bucket"] == iso(start).replace(".000Z", "Z"))


def telling(start, kwh_in_quarters, first=100.0):
    """Give samples exactly on the edges of quarters."""
    stands = [first]
    for kwh in kwh_in_quarters:
        stands.append(round(stands[-1] + kwh, 3))
    return [stand(start + number * QUARTER_MS, kwh) for number, kwh in enumerate(stands)]


def stand(at, kwh, **values):
    return {"device_id": "home", "kind": "p1", "ts": iso(at), "energy_import_kwh": kwh, "power_w": None, **values}


@pytest.mark.parametrize(("kwh", "watts"), [(1.5, 6000), (2, 8000), (0.875, 3500), (0.42, 1680)])
async def test_power_is_four_times_the_energy_of_the_quarter(api, kwh, watts):
    await api.store(telling(EVENING, [kwh]))
    month = await api.month("2026-06")
    assert month["peaks"] == [
        {
            "bucket": "2026-06-10T16:00:00Z",
            "avg_power_w": watts,
            "energy_kwh": kwh,
            "lower_w": watts - 4,
            "upper_w": watts + 4,
            "exact": True,
        }
    ]
    assert (month["monthly_peak_w"], month["monthly_peak_ts"]) == (watts, "2026-06-10T16:00:00Z")
    assert month["monthly_peak_local"] == "2026-06-10T18:00:00+02:00"


async def test_energy_given_back_in_the_same_quarter_takes_nothing_off_the_peak(api):
    samples = [
        stand(EVENING, 100.0, energy_export_kwh=50.0, power_w=3000),
        stand(EVENING + QUARTER_MS // 2, 100.42, energy_export_kwh=50.0, power_w=-700),
        stand(EVENING + QUARTER_MS, 100.42, energy_export_kwh=50.097, power_w=-700),
    ]
    await api.store(samples)
    assert (await api.month("2026-06"))["monthly_peak_w"] == 1680


async def test_the_first_of_equal_quarters_is_the_peak(api):
    await api.store(telling(EVENING, [0.5, 1.2, 0.1, 1.2]))
    assert (await api.month("2026-06"))["monthly_peak_ts"] == "2026-06-10T16:15:00Z"


async def test_a_power_cut_is_a_low_quarter_and_no_gap(api):
    await api.store(telling(EVENING, [0.5, 0, 0.5]))
    month = await api.month("2026-06")
    assert [quarter["avg_power_w"] for quarter in month["peaks"]] == [2000, 0, 2000]
    assert (month["peaks"][1]["lower_w"], month["peaks"][1]["upper_w"]) == (0, 4)


async def test_a_gap_is_never_spread_over_its_quarters(api):
    """CAPACITY: n quarters with dE in all: each at most 4 dE, the highest at least 4 dE / n."""
    stands = [(0, 100.0), (1, 100.5), (5, 104.5), (6, 105.0)]
    await api.store(stand(EVENING + number * QUARTER_MS, kwh) for number, kwh in stands)
    month = await api.month("2026-06")
    assert [quarter["avg_power_w"] for quarter in month["peaks"]] == [2000, 2000]
    inner = [gap for gap in month["gaps"] if gap["start"] == "2026-06-10T16:15:00Z"]
    assert inner == [
        {
            "start": "2026-06-10T16:15:00Z",
            "end": "2026-06-10T17:15:00Z",
            "quarters": 4,
            "energy_kwh": 4.0,
            "highest_at_least_w": 3999,
            "each_at_most_w": 16_004,
        }
    ]
    assert month["monthly_peak_w"] == 2000
    assert month["monthly_peak_lower_w"] == 3999
    assert not month["monthly_peak_exact"]


async def test_readings_just_off_the_edge_are_interpolated_and_bounded(api):
    meter = flat(7200)
    await api.store(meter.sample(EVENING + seconds * 1000) for seconds in range(-907, 1900, 10))
    quarter = quarter_of(await api.month("2026-06"), EVENING)
    assert quarter["avg_power_w"] == pytest.approx(7200, abs=4)
    assert quarter["lower_w"] <= 7200 <= quarter["upper_w"]
    assert not quarter["exact"]  # 20 Wh each 10 s


@pytest.mark.parametrize(("open_wh", "exact"), [(0, True), (4, True), (5, False)])
async def test_a_quarter_is_exact_as_long_as_the_readings_around_its_ends_leave_4_wh_open(api, open_wh, exact):
    around = [(-1, 100), (1, 100.002), (899, 100.5), (901, round(100.498 + open_wh / 1000, 3))] if open_wh else []
    await api.store(stand(EVENING + second * 1000, kwh) for second, kwh in around or [(0, 100), (900, 100.5)])
    (quarter,) = (await api.month("2026-06"))["peaks"]
    assert quarter["exact"] is exact
    assert quarter["upper_w"] - quarter["lower_w"] == 4 * (open_wh + 2)  # and 1 Wh at each end


@pytest.mark.parametrize(("apart_s", "known"), [(899, True), (901, False)])
async def test_an_edge_is_known_from_readings_at_most_fifteen_minutes_apart(api, apart_s, known):
    meter, middle = flat(1000), EVENING + QUARTER_MS
    times = [EVENING, middle - 450_000, middle - 450_000 + apart_s * 1000, middle + QUARTER_MS]
    await api.store(meter.sample(at) for at in times)
    month = await api.month("2026-06")
    assert len(month["peaks"]) == (2 if known else 0)
    inner = [gap for gap in month["gaps"] if gap["start"] == "2026-06-10T16:00:00Z"]
    assert [(gap["quarters"], gap["energy_kwh"]) for gap in inner] == ([] if known else [(2, 0.5)])


async def test_the_first_and_the_last_quarter_of_an_installation_are_unknown(api):
    meter = flat(1000)
    await api.store(meter.sample(EVENING + 300_000 + number * 10_000) for number in range(180))
    month = await api.month("2026-06")
    assert [quarter["bucket"] for quarter in month["peaks"]] == ["2026-06-10T16:15:00Z"]
    assert month["monthly_peak_upper_w"] is None


async def test_a_quarter_that_is_not_over_is_never_the_peak(api):
    meter = Meter(Home([(EVENING - QUARTER_MS, 500), (EVENING, 9000)]))
    api.now = utc("2026-06-10T18:14:58+02:00")
    await api.store(meter.sample(EVENING + number * 2000) for number in range(-450, 450))
    month = await api.month("2026-06")
    assert month["monthly_peak_w"] == 500
    assert month["running"]["bucket"] == "2026-06-10T16:00:00Z"


async def test_a_month_has_the_quarters_of_its_days_in_brussels(api):
    await api.store(telling(EVENING, [1]))
    months = {"2026-03": 2972, "2026-10": 2980, "2026-02": 2688, "2024-02": 2784, "2026-06": 2880}
    assert {month: (await api.month(month))["coverage"]["expected"] for month in months} == months


@pytest.mark.parametrize(("night", "quarters"), [("2026-10-25", 100), ("2026-03-29", 92), ("2026-10-24", 96)])
async def test_the_nights_of_the_clock_change_have_100_and_92_quarters(api, night, quarters):
    start = millis(utc(f"{night}T00:00:00+0{1 + (night == '2026-10-25') + (night == '2026-10-24')}:00"))
    await api.store(telling(start, [0.1] * 110))
    peaks = (await api.month(night[:7]))["peaks"]
    end = start + quarters * QUARTER_MS
    inside = [peak for peak in peaks if millis(utc(peak["bucket"])) < end]
    assert len(inside) == quarters


async def test_a_quarter_belongs_to_the_month_in_which_it_begins(api):
    midnight = millis(utc("2026-07-01T00:00:00+02:00"))
    await api.store(telling(midnight - QUARTER_MS, [1, 0.5]))
    june, july = [await api.month(f"2026-0{number}") for number in (6, 7)]
    assert (june["monthly_peak_w"], june["monthly_peak_ts"]) == (4000, "2026-06-30T21:45:00Z")
    assert (july["monthly_peak_w"], july["monthly_peak_ts"]) == (2000, "2026-06-30T22:00:00Z")


async def test_noise_of_adding_tariffs_is_not_counted(api):
    await api.store([stand(EVENING, 1234.567 + 2345.678), stand(EVENING + QUARTER_MS, 1234.568 + 2346.110)])
    assert (await api.month("2026-06"))["monthly_peak_w"] == 1732

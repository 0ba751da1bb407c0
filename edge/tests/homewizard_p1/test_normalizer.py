"""Bodies of the API to the fields of the wire: one bad field is null, the rest stays."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sungaze_edge.sources.homewizard_p1.normalizer import Moments, measure, wire_values

PHASED = (("power", "w"), ("voltage", "v"), ("current", "a"))
WIRE = {
    *("power_w", "import_power_w", "energy_import_kwh", "energy_export_kwh", "meter_ts", "meter_unique_id", "tariff"),
    *(f"energy_{way}_t{tariff}_kwh" for way in ("import", "export") for tariff in range(1, 5)),
    *(f"{name}_l{phase}_{unit}" for name, unit in PHASED for phase in (1, 2, 3)),
    *("current_a", "frequency_hz", "average_power_15m_w", "monthly_power_peak_w", "monthly_power_peak_ts"),
    *("gas_m3", "gas_ts", "water_m3", "water_ts"),
}
NONSENSE = [None, "12.3", "", True, [], {}, float("nan"), float("inf"), -float("inf"), 10**400]


def values(**body):
    return wire_values(measure(body), Moments())


def test_every_field_of_the_wire_is_there_and_no_other():
    assert set(values()) == WIRE


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("name", ["power_w", "energy_import_kwh", "voltage_l1_v", "tariff", "unique_id", "external"])
def test_nonsense_in_one_field_is_null_and_the_rest_stays(name, nonsense):
    if name == "unique_id" and isinstance(nonsense, str) and nonsense:
        return
    body = {"power_w": 5, "energy_import_kwh": 1.5, "voltage_l1_v": 230.1, "tariff": 1}
    right, found = values(**body), values(**{**body, name: nonsense})
    wrong = {key for key in WIRE if right[key] != found[key]}
    assert wrong <= {name, "import_power_w" if name == "power_w" else name}
    assert name == "external" or found["meter_unique_id" if name == "unique_id" else name] is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
NAMES = ("power_w", "external", "timestamp", "gas_timestamp", "total_gas_m3", "unique_id", "tariff", "voltage_v")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a shared machine has slow moments
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_whatever_arrives_gives_a_sample_that_json_can_hold(body):
    json.dumps(values(**body), allow_nan=False)


def test_import_power_is_what_is_drawn_and_never_negative():
    assert (values(power_w=-543)["import_power_w"], values(power_w=543)["import_power_w"]) == (0, 543)
    assert values(energy_import_kwh=1)["import_power_w"] is None


def test_a_total_that_is_absent_is_the_sum_of_all_tariffs_and_one_that_is_there_wins():
    tariffs = {"total_power_import_t1_kwh": 10830.511, "total_power_import_t2_kwh": 2948.827}
    assert values(**tariffs)["energy_import_kwh"] == 13779.338
    assert values(**tariffs, total_power_import_kwh=13779.339)["energy_import_kwh"] == 13779.339
    assert values(**tariffs, total_power_import_kwh=None)["energy_import_kwh"] == 13779.338
    assert values(energy_export_t3_kwh=1.5, energy_export_t4_kwh=0.25)["energy_export_kwh"] == 1.75
    assert values(power_w=1)["energy_export_kwh"] is None


@pytest.mark.parametrize(("told", "tariff"), [(1, 1), (4.0, 4), (0, None), (5, None), (1.5, None), ("2", None)])
def test_a_tariff_is_one_to_four(told, tariff):
    assert values(active_tariff=told)["tariff"] == tariff


@pytest.mark.parametrize("unique_id", ["0000", "0", "2D2D2D", "2d2d", "", "x" * 129, "a\nb", 5])
def test_an_id_that_names_nobody_is_null(unique_id):
    assert values(unique_id=unique_id)["meter_unique_id"] is None


def gas(value=100.5, timestamp="2026-01-15T10:00:00", **changes):
    entry = {"unique_id": "47", "type": "gas_meter", "timestamp": timestamp, "value": value, "unit": "m3"}
    return {key: value for key, value in {**entry, **changes}.items() if value is not ...}


@pytest.mark.parametrize(
    ("entries", "volume"),
    [
        ([gas()], 100.5),
        ([gas(0.0, "2026-01-15T10:05:00"), gas()], 100.5),
        ([gas(), gas(200.5, "2026-01-15T09:00:00")], 100.5),
        ([gas(0.0)], 0.0),
        ([gas(), gas(300.5, "2026-01-15T11:00:00+01:00")], 300.5),
        *(([gas(**{key: ...})], None) for key in ("unique_id", "type", "timestamp", "value", "unit")),
        ([gas(type="catfish"), gas(unit="GJ"), gas(value="1"), gas(timestamp="then"), None, 1, []], None),
    ],
)
def test_gas_is_the_newest_complete_reading(entries, volume):
    assert values(external=entries)["gas_m3"] == volume


def test_gas_of_version_1_is_taken_where_there_is_no_list():
    assert values(total_gas_m3=809.162, gas_timestamp=260328103406, external=[])["gas_m3"] == 809.162
    assert values(total_gas_m3=809.162)["gas_m3"] == 809.162
    assert values(total_gas_m3=None, gas_timestamp=None)["gas_m3"] is None


@pytest.mark.parametrize(
    ("body", "usable"),
    [({"power_w": 0}, True), ({"total_power_export_t1_kwh": 0}, True), ({"voltage_l1_v": 230}, False), ({}, False)],
)
def test_power_or_one_counter_makes_a_reading(body, usable):
    assert measure(body).is_usable is usable

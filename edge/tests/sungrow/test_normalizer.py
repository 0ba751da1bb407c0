import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sungaze_edge.sources.sungrow as package
from sungaze_edge.sources.sungrow.decoding import decode_registers
from sungaze_edge.sources.sungrow.normalizer import COMPUTED, DIRECT, FIELDS, normalize
from sungaze_edge.sources.sungrow.registers import BY_NAME, REGISTERS

BATTERY = {"battery_voltage_v": 200.0, "battery_soc_pct": 50.0}
CHARGING, DISCHARGING = 0b010, 0b100


def battery(**registers):
    values = normalize(BATTERY | registers)
    return values["battery_power_w"], values["battery_power_abs_w"]


def test_nothing_read_is_nothing_known():
    assert normalize({}) == dict.fromkeys(FIELDS) | {"sample_count": 1}


@pytest.mark.parametrize(
    ("registers", "power_w"),
    [
        ({"battery_power_signed_w": -716, "battery_power_legacy_w": 711}, 716),
        ({"battery_power_signed_w": 1640, "battery_power_legacy_w": 1640}, -1640),
        ({"battery_power_signed_w": -716}, 716),
        ({"battery_power_legacy_w": -890}, 890),
        ({"battery_power_legacy_w": -890, "power_flow_status": CHARGING}, 890),
        ({"battery_power_legacy_w": 711, "power_flow_status": CHARGING}, 711),
        ({"battery_power_legacy_w": 711, "power_flow_status": DISCHARGING}, -711),
        ({"battery_power_legacy_w": 711, "battery_current_legacy_a": -3.0}, 711),
        ({"battery_power_legacy_w": 0, "battery_power_signed_w": 0}, 0),
        ({"battery_power_legacy_w": 900, "total_dc_power_w": 2000, "total_active_power_w": 1090}, 900),
        ({"battery_power_legacy_w": 900, "total_dc_power_w": 0, "total_active_power_w": 880}, -900),
    ],
)
def test_charging_is_positive_in_every_firmware_family(registers, power_w):
    assert battery(**registers) == (power_w, abs(power_w))


@pytest.mark.parametrize(
    "registers",
    [
        {},
        {"power_flow_status": 0},
        {"power_flow_status": CHARGING | DISCHARGING},
        {"power_flow_status": 0, "total_dc_power_w": 2000, "total_active_power_w": 2000},
        {"power_flow_status": 0, "load_power_w": 3000, "total_dc_power_w": 100},
        {"battery_power_signed_w": 0},
    ],
)
def test_a_direction_that_nothing_shows_is_unknown_and_the_size_is_kept(registers):
    assert battery(battery_power_legacy_w=300, **registers) == (None, 300)


def test_two_signed_registers_that_contradict_each_other_give_no_direction():
    assert battery(battery_power_legacy_w=-500, battery_power_signed_w=500) == (None, 500)


def test_a_5214_that_does_not_follow_13022_is_not_believed():
    assert battery(battery_power_signed_w=-3000, battery_power_legacy_w=500, power_flow_status=DISCHARGING)[0] == -500


@pytest.mark.parametrize("current", [-12.0, 12.0])
def test_the_current_has_the_direction_of_the_power(current):
    registers = BATTERY | {"battery_power_legacy_w": 2400, "power_flow_status": DISCHARGING}
    assert normalize(registers | {"battery_current_legacy_a": current})["battery_current_a"] == -12.0


def test_the_balance_finds_the_direction_of_every_recorded_battery_power():
    checked = 0
    for case in sorted((Path(package.__file__).parent / "cases").iterdir()):
        capture = json.loads((case / "expected.json").read_text())
        registers, known = capture["registers"], capture["battery_power_w"]
        if known and not case.name.startswith("made") and "total_active_power_w" in registers:
            names = ("battery_power_legacy_w", "total_active_power_w", "total_dc_power_w")
            found = battery(**{name: registers[name] for name in names})[0]
            assert found * known > 0
            checked += 1
    assert checked >= 4


def test_a_battery_at_zero_percent_stays_at_zero_and_no_battery_is_null():
    empty = normalize({"battery_voltage_v": 192.5, "battery_soc_pct": 0.0, "battery_power_legacy_w": 0})
    assert (empty["battery_soc_pct"], empty["battery_power_w"]) == (0.0, 0)
    none = normalize(
        {
            "battery_voltage_v": 0.0,
            "battery_soc_pct": 0.0,
            "battery_power_legacy_w": 0,
            "battery_temperature_c": 0.0,
            "total_battery_charge_kwh": 0.0,
        }
    )
    assert {value for field, value in none.items() if field.startswith("battery")} == {None}


def test_a_charge_counter_survives_a_sleeping_battery():
    asleep = {"battery_voltage_v": 0.0, "battery_soc_pct": 0.0, "battery_power_legacy_w": 0}
    assert normalize(asleep | {"total_battery_charge_kwh": 812.5})["battery_charge_total_kwh"] == 812.5


GRID = {"load_power_w": 0, "export_power_w": 0, "total_import_energy_kwh": 0.0, "total_export_energy_kwh": 0.0}


@pytest.mark.parametrize("meter", [{}, {"meter_active_power_w": 0}, {"meter_active_power_w": None}])
def test_without_a_meter_there_is_no_load_and_no_grid(meter):
    values = normalize(GRID | meter)
    names = ("load_power_w", "export_power_w", "import_total_kwh", "export_total_kwh", "meter_power_w")
    assert {values[name] for name in names} == {None}


@pytest.mark.parametrize(
    "registers",
    [
        GRID | {"total_import_energy_kwh": 0.1},
        GRID | {"meter_active_power_w": 3},
        {"export_power_w": 0, "load_power_w": 0},
    ],
)
def test_a_zero_that_nothing_contradicts_is_a_zero(registers):
    assert normalize(registers)["export_power_w"] == 0


def test_parts_that_the_model_does_not_have_are_null():
    zeros = dict.fromkeys(DIRECT.values(), 0.0)
    sh4 = normalize(zeros | {"device_type_code": 0xD18})
    assert sh4["mppt2_voltage_v"] == 0.0
    assert sh4["mppt3_voltage_v"] is sh4["mppt4_current_a"] is sh4["phase_b_voltage_v"] is None
    sh10 = normalize(zeros | {"device_type_code": 0xD1B})
    assert sh10["mppt4_voltage_v"] == 0.0
    sh15t = normalize(zeros | {"device_type_code": 0xE25, "output_type": 1})
    assert (sh15t["mppt3_voltage_v"], sh15t["mppt4_voltage_v"], sh15t["phase_c_voltage_v"]) == (0.0, None, 0.0)
    unknown = normalize(zeros | {"mppt3_voltage_v": 300.0, "mppt3_current_a": 0.0})
    assert (unknown["mppt3_current_a"], unknown["mppt4_current_a"]) == (0.0, None)


@pytest.mark.parametrize(
    ("nominal_kw", "converter_w", "pv_w", "passes"),
    [(5.0, None, 7500, True), (5.0, None, 7600, False), (5.0, 6600, 11500, True), (5.0, 6600, 12000, False)],
)
def test_more_pv_than_the_ratings_allow_is_a_spike(nominal_kw, converter_w, pv_w, passes):
    registers = {"nominal_power_kw": nominal_kw, "bdc_rated_power_w": converter_w, "total_dc_power_w": pv_w}
    assert (normalize(registers)["pv_power_w"] == pv_w) is passes


def test_more_battery_power_than_the_ratings_allow_is_a_spike():
    spike = {"nominal_power_kw": 5.0, "bdc_rated_power_w": 6600, "battery_power_legacy_w": -20000}
    assert battery(**spike) == (None, None)


def test_the_finer_frequency_wins_where_it_makes_sense():
    assert normalize({"grid_frequency_hz": 49.98, "grid_frequency_coarse_hz": 50.0})["grid_frequency_hz"] == 49.98
    assert normalize({"grid_frequency_hz": 0.0, "grid_frequency_coarse_hz": 50.0})["grid_frequency_hz"] == 50.0


def test_what_a_field_rests_on_is_in_the_map():
    assert set(DIRECT.values()) <= set(BY_NAME)
    assert {name for names in COMPUTED.values() for name in names} <= set(BY_NAME)


INPUT_WIRES = sorted({wire for r in REGISTERS if r.function == 4 and r.count <= 2 for wire in r.wires})
word = st.one_of(st.sampled_from((0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)), st.integers(0, 0xFFFF))


@settings(deadline=None)  # a shared machine has slow moments
@given(st.dictionaries(st.sampled_from(INPUT_WIRES), word, max_size=len(INPUT_WIRES)))
def test_no_words_make_it_raise_or_leave_the_bounds(found):
    registers = decode_registers(found, {}).values
    values = normalize(registers)
    assert tuple(sorted(values)) == tuple(sorted((*FIELDS, "sample_count")))
    for field, value in values.items():
        if isinstance(value, int | float) and field in DIRECT:
            assert BY_NAME[DIRECT[field]].is_plausible(value)
    power, magnitude = values["battery_power_w"], values["battery_power_abs_w"]
    assert power is None or abs(power) == magnitude
    assert values["pv_power_w"] is None or values["pv_power_w"] >= 0
    current = values["battery_current_a"]
    assert current is None or (power is not None and current * power >= 0)


@settings(deadline=None)  # a shared machine has slow moments
@given(
    charging_w=st.integers(-8000, 8000).filter(bool),
    firmware=st.fixed_dictionaries({name: st.booleans() for name in ("is_signed", "has_bits", "has_5214")}),
    pv_w=st.integers(0, 11000),
    loss=st.floats(0, 0.03),
)
def test_the_direction_of_a_real_battery_is_never_wrong(charging_w, firmware, pv_w, loss):
    size = abs(charging_w)
    registers = {
        "battery_power_legacy_w": -charging_w if firmware["is_signed"] else size,
        "power_flow_status": 0,
        "total_dc_power_w": pv_w,
        "total_active_power_w": round(pv_w - charging_w - loss * max(pv_w, size)),
    }
    if firmware["has_bits"]:
        registers["power_flow_status"] = CHARGING if charging_w > 0 else DISCHARGING
    if firmware["has_5214"]:
        registers["battery_power_signed_w"] = -charging_w
    power, magnitude = battery(**registers)
    assert magnitude == size
    assert power in (None, charging_w)
    if firmware["has_bits"] or firmware["has_5214"]:
        assert power is not None

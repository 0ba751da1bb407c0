import pytest

from sungaze_edge.sources.sungrow.decoding import decode_registers
from sungaze_edge.sources.sungrow.models import MODELS, model_of
from sungaze_edge.sources.sungrow.registers import BY_NAME, HOLDING, INPUT, REGISTERS
from sungaze_edge.sources.sungrow.states import running_state_text

SENTINELS = {"u16": 0xFFFF, "s16": 0x7FFF, "u32": 0xFFFFFFFF, "s32": 0x7FFFFFFF}


def words(**values):
    """Words by wire address from `register=raw` or `register=(word, word)`."""
    found = {}
    for name, raw in values.items():
        sequence = raw if isinstance(raw, tuple) else (raw,)
        found |= zip(BY_NAME[name].wires, sequence, strict=False)
    return found


def decoded(**values):
    return decode_registers(words(**values), {}).values


def test_the_map_is_consistent():
    assert len(BY_NAME) == len(REGISTERS) == 160
    for register in REGISTERS:
        assert register.function in (INPUT, HOLDING)
        assert register.type in (*SENTINELS, "string")
        assert register.count == 2 if register.type.endswith("32") else register.count >= 1
        assert register.source
        if register.type != "string":
            assert SENTINELS[register.type] in register.not_available
            assert register.minimum < register.maximum


@pytest.mark.parametrize("register", [r for r in REGISTERS if r.type != "string"], ids=lambda r: r.name)
def test_the_not_available_mark_of_each_type_is_null(register):
    word = SENTINELS[register.type]
    pair = (word & 0xFFFF, word >> 16) if register.type.endswith("32") else (word,) * register.count
    found = dict(zip(register.wires, pair, strict=True))
    both = (found, {}) if register.function == INPUT else ({}, found)
    value = decode_registers(*both).values[register.name]
    assert value is None or set(value) == {None}


def test_the_low_word_of_a_32_bit_value_comes_first():
    assert decoded(total_import_energy_kwh=(0x0001, 0x0002))["total_import_energy_kwh"] == 13107.3


def test_all_ones_on_a_signed_register_is_minus_one():
    assert decoded(meter_phase_a_active_power_w=(0xFFFF, 0xFFFF))["meter_phase_a_active_power_w"] == -1
    assert decoded(backup_phase_c_power_w=0xFFFF)["backup_phase_c_power_w"] == -1


def test_all_ones_of_battery_power_is_minus_one_unless_the_voltage_is_not_available_too():
    assert decoded(battery_power_legacy_w=0xFFFF, battery_voltage_v=2000)["battery_power_legacy_w"] == -1
    assert decoded(battery_power_legacy_w=0xFFFF)["battery_power_legacy_w"] == -1
    nothing = decoded(battery_power_legacy_w=0xFFFF, battery_current_legacy_a=0xFFFF, battery_voltage_v=0xFFFF)
    assert set(nothing.values()) == {None}


def test_scaling_leaves_no_float_noise():
    for raw in range(0, 65535, 41):
        value = decoded(phase_a_voltage_v=raw)["phase_a_voltage_v"]
        assert len(str(value).partition(".")[2]) == 1


@pytest.mark.parametrize(("raw", "hertz"), [(499, 49.9), (500, 50.0), (4997, 49.97)])
def test_the_frequency_has_the_scale_of_its_path(raw, hertz):
    assert decoded(grid_frequency_coarse_hz=raw)["grid_frequency_coarse_hz"] == hertz


@pytest.mark.parametrize(("raw", "percent"), [(1000, 100.0), (973, 97.3), (99, 99), (100, 100), (0, 0)])
def test_state_of_health_may_be_whole_percent(raw, percent):
    assert decoded(battery_soh_pct=raw)["battery_soh_pct"] == percent


@pytest.mark.parametrize(
    ("evidence", "kwh"),
    [
        ({"grid_frequency_coarse_hz": 4998}, 9.6),
        ({"grid_frequency_coarse_hz": 500}, 96.0),
        ({"battery_capacity_kwh": 960}, 9.6),
        ({"battery_capacity_kwh": 9600}, 96.0),
        ({"running_state": 0x1400}, 9.6),
        ({"running_state": 0x0040}, 96.0),
        ({}, 9.6),
    ],
)
def test_the_coarse_capacity_takes_its_scale_from_the_path(evidence, kwh):
    assert decoded(battery_capacity_coarse_kwh=960, **evidence)["battery_capacity_coarse_kwh"] == kwh


@pytest.mark.parametrize(("metadata", "kwh"), [((0x3130, 0x4141), 3.2), ((0x3000, 0x4142), 32.0)])
def test_the_metadata_of_the_dongle_tells_the_path(metadata, kwh):
    found = {4949: metadata[0], 4950: metadata[1]} | words(battery_capacity_coarse_kwh=320)
    assert decode_registers(found, {}).values["battery_capacity_coarse_kwh"] == kwh


def test_a_text_ends_at_its_first_nul_and_needs_no_words_behind_it():
    found = decode_registers({4989: 0x3132, 4990: 0x3100}, {})
    assert found.values["serial_number"] == "121"
    cut_off = decode_registers({4989: 0x3132, 4990: 0x3132}, {})
    assert cut_off.partial == ("serial_number",)
    assert decode_registers(dict.fromkeys(range(4989, 4999), 0), {}).values["serial_number"] is None


def test_half_a_value_is_partial_and_never_guessed():
    found = decode_registers({5016: 1234}, {})
    assert found.partial == ("total_dc_power_w",)
    assert "total_dc_power_w" not in found.values


def test_a_history_is_a_list():
    found = decode_registers({6226 + n: n for n in range(11)} | {6237: 0xFFFF}, {})
    assert found.values["pv_energy_by_month"] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, None]


@pytest.mark.parametrize(
    ("code", "name", "mppts", "phases"),
    [
        (0xD18, "SH4.0RS", 2, 1),
        (0xD1B, "SH10RS", 4, 1),
        (0xE02, "SH8.0RT", 2, 3),
        (0xE12, "SH8.0RT-20", 2, 3),
        (0xE0F, "SH10RT-V112", 2, 3),
        (0xE08, "SH5.0RT-V122", 2, 3),
        (0xE24, "SH12T", 2, 3),
        (0xE26, "SH20T", 3, 3),
        (0xE28, "SH25T", 3, 3),
        (0xD2E, "SH10RL", None, None),
        (0xE99, "Unknown (0x0E99)", None, None),
    ],
)
def test_the_device_type_names_the_model(code, name, mppts, phases):
    model = model_of(code)
    assert (model.name, model.mppts, model.phases) == (name, mppts, phases)


def test_no_two_codes_share_a_model_name():
    assert len({model.name for model in MODELS.values()}) == len(MODELS)


@pytest.mark.parametrize(
    ("code", "text"),
    [(0, "Running"), (0x40, "Running"), (0x1400, "Standby"), (8, "Standby"), (0x77, "Unknown (0x0077)")],
)
def test_both_families_of_state_codes_are_known(code, text):
    assert running_state_text(code) == text

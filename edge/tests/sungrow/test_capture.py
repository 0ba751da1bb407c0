import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sungaze_edge.errors import CaptureError
from sungaze_edge.sources.sungrow import SOURCE_TYPE

decode = SOURCE_TYPE.decode


@pytest.mark.parametrize(
    "document",
    [
        {"registers": {"13023": 452}},
        {"registers": {"0x32DF": "0x1C4"}},
        {"registers": {"13022": 452}, "address_base": "wire"},
        {"registers": {"13023": 452, "13024": None}, "address_base": "protocol", "anything": [1, {"else": 2}]},
        {"holding_registers": {"13023": 452}, "function_codes": {"holding_registers": 4}},
        {"reads": [{"fc": 4, "start": 13023, "registers": [452]}]},
        {"blocks": [{"fc": 4, "wire_start": "13022", "values": ["0x01C4"]}], "address_base": "wire"},
    ],
)
def test_the_shapes_that_people_keep_captures_in_are_understood(document):
    decoded = decode(document)
    assert decoded["battery_soc_pct"] == 45.2
    assert decoded["registers"]["battery_soc_pct"] == 45.2


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "JSON object, not a list"),
        ("text", "JSON object, not a text"),
        (None, "JSON object, not null"),
        (3, "JSON object, not a number"),
        ({}, "holds no registers"),
        ({"registers": {}}, "holds no registers"),
        ({"registers": {"5000": None}}, "holds no registers"),
        ({"registers": [1, 2]}, "'registers' must be an object"),
        ({"registers": {"5000": 65536}}, "the value of register 5000 must be a whole number from 0 to 65535"),
        ({"registers": {"5000": -1}}, "must be a whole number from 0 to 65535, not -1"),
        ({"registers": {"5000": 1.5}}, "must be a whole number"),
        ({"registers": {"5000": True}}, "must be a whole number"),
        ({"registers": {"5000": "SH5.0RS"}}, "must be a whole number"),
        ({"registers": {"soc": 1}}, "a register address must be a whole number"),
        ({"registers": {"5000": 1, "0x1388": 2}}, "stands twice"),
        ({"registers": {"5000": 1}, "address_base": "modicon"}, "address_base must be"),
        ({"registers": {"5000": 1}, "function_codes": {"registers": 6}}, "function_codes must name 4 or 3"),
        ({"reads": {"5000": 1}}, "'reads' must be a list"),
        ({"reads": [7]}, "each entry of 'reads' must be an object"),
        ({"blocks": [{"start": 5000}]}, "must have 'start' and a list"),
        ({"exception_exchanges": ["x"]}, "must be an object"),
    ],
)
def test_nonsense_is_named(document, complaint):
    with pytest.raises(CaptureError, match=complaint):
        decode(document)


@pytest.mark.parametrize("shift", [0, -1])
def test_a_missing_address_base_is_found_out_and_said(shift):
    registers = {5000: 0xD18, 5001: 40, 5002: 0, 5019: 2312, 5036: 4998, 13023: 452, 13024: 990}
    decoded = decode({"registers": {str(number + shift): word for number, word in registers.items()}})
    assert decoded["model_name"] == "SH4.0RS"
    assert decoded["grid_frequency_hz"] == 49.98
    assert decoded["notes"] == [
        f"address_base is missing; the addresses were taken as {'wire' if shift else 'protocol'} addresses"
    ]


def test_what_is_missing_partial_or_impossible_is_named():
    decoded = decode({"registers": {"5017": 500, "13023": 1200}})
    assert decoded["pv_power_w"] is None
    assert decoded["registers"]["total_dc_power_w"] is None
    assert decoded["partial"] == ["total_dc_power_w"]
    assert "total_dc_power_w" in decoded["missing"]
    assert "battery_soc_pct" not in decoded["missing"]
    assert decoded["suspect"] == ["battery_soc_pct"]
    assert (decoded["battery_soc_pct"], decoded["registers"]["battery_soc_pct"]) == (None, 120.0)


@pytest.mark.parametrize(
    ("response", "code", "malformed"),
    [
        ("00 01 00 00 00 02 01 84 02", 2, True),
        ("00 01 00 00 00 03 01 84 04", 4, False),
        (None, None, None),
        ("(no reply)", None, None),
        ("00 01", None, True),
    ],
)
def test_exceptions_alone_are_a_capture(response, code, malformed):
    document = {"registers": {}, "exception_exchanges": [{"fc": 4, "wire_start": 5007, "response_hex": response}]}
    decoded = decode(document)
    assert decoded["pv_power_w"] is None
    assert [(e["exception_code"], e["malformed"], e["function"]) for e in decoded["exceptions"]] == [
        (code, malformed, 4)
    ]


@pytest.mark.parametrize("document", [{"registers": 3}, {"exception_exchanges": []}, {"reads": []}])
def test_what_looks_like_a_capture_is_recognised(document):
    assert SOURCE_TYPE.recognises(document)


@pytest.mark.parametrize("document", [[], None, "x", {}, {"active_power_w": 12}])
def test_other_documents_are_left_to_others(document):
    assert not SOURCE_TYPE.recognises(document)


word = st.one_of(st.integers(-1, 70000), st.none(), st.text("0x12fgh", max_size=4), st.floats(), st.booleans())
scalar = st.one_of(word, st.sampled_from(("wire", "protocol", "00 01 00 00 00 02 01 84 02")))
address = st.one_of(st.integers(5000, 13100).map(str), st.text(max_size=3))
anything = st.recursive(scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(address, inner, max_size=3))
keys = (
    "registers",
    "holding_registers",
    "reads",
    "blocks",
    "exception_exchanges",
    "address_base",
    "function_codes",
    "ts",
)
block = st.fixed_dictionaries({}, optional={"fc": scalar, "start": scalar, "registers": st.lists(word, max_size=4)})
value = st.one_of(anything, st.dictionaries(address, word, max_size=5), st.lists(block, max_size=2))


@settings(deadline=None)  # a shared machine has slow moments
@given(st.dictionaries(st.sampled_from(keys), value, max_size=4) | anything)
def test_whatever_a_file_holds_it_is_decoded_or_named_as_a_mistake(document):
    with contextlib.suppress(CaptureError):
        json.dumps(decode(document))

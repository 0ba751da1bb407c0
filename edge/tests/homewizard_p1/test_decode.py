"""`sungaze-edge decode`: what an answer of a dongle means, whatever shape people keep it in."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sungaze_edge.cli import main
from sungaze_edge.errors import CaptureError
from sungaze_edge.sources.homewizard_p1 import SOURCE_TYPE
from sungaze_edge.sources.homewizard_p1.fields import MEASUREMENT_KEYS
from sungaze_edge.sources.homewizard_p1.telegram import checksum

BODY = {"power_w": -543, "energy_import_t1_kwh": 1.5, "timestamp": "2024-06-28T14:12:34"}


@pytest.fixture
def decode(tmp_path, capsys):
    def run(content):
        (tmp_path / "file").write_text(content if isinstance(content, str) else json.dumps(content))
        status = main(["decode", str(tmp_path / "file")])
        output = capsys.readouterr()
        return status, json.loads(output.out) if output.out else output.err

    return run


@pytest.mark.parametrize("content", ["{}", "[]", "[1]", "3", '"text"', "null", '{"a": 1}', "[{}]"])
def test_what_is_no_answer_is_refused(decode, content):
    status, complaint = decode(content)
    assert status == 2
    assert "neither a capture nor an answer of a known device" in complaint


@pytest.mark.parametrize("content", ["/", "/nothing here!", "", "user", "user: who?", "<html>"])
def test_a_text_that_no_device_sends_is_refused(decode, content):
    status, complaint = decode(content)
    assert status == 2
    assert "is not JSON" in complaint


def test_nonsense_that_reaches_the_decoder_is_refused():
    for document in ({}, "text", [], None):
        with pytest.raises(CaptureError):
            SOURCE_TYPE.decode(document)


@pytest.mark.parametrize("name", ["active_power_w", "total_power_import_t2_kwh", "power_l3_w", "unique_id", "external"])
def test_one_known_field_is_enough(decode, name):
    status, decoded = decode({name: None})
    assert (status, decoded["kind"], decoded["power_w"]) == (0, "p1", None)
    assert decoded["notes"] == ["neither power nor counters: the daemon takes no reading from this"]


def test_a_list_of_answers_is_decoded_one_by_one(decode):
    _, decoded = decode([BODY, {"error": "user:unauthorized"}, {"status": 204, "body_text": ""}])
    assert [answer.get("power_w") for answer in decoded["answers"]] == [-543, None, None]
    assert "pair again" in decoded["answers"][1]["remedy"]


def test_a_measurement_that_was_kept_with_its_status_is_decoded(decode):
    assert decode({"status": 200, "body": BODY})[1]["meter_ts"] == "2024-06-28T12:12:34Z"


@pytest.mark.parametrize(
    ("error", "code", "advice"),
    [
        ({"id": 202, "description": "API not enabled"}, "202", "Local API"),
        ({"id": 202.0}, "202", "Local API"),
        ("user:unauthorized", "user:unauthorized", "pair again"),
        ("user:creation-not-enabled", "user:creation-not-enabled", "press it"),
        ("telegram:no-telegram-received", "telegram:no-telegram-received", "check the cable"),
        ("request:api-version-not-supported", "request:api-version-not-supported", "firmware"),
        ("json:parameter-missing:name", "json:parameter-missing:name", "report it"),
        ("user:from-the-future", "user:from-the-future", "re-plug"),
    ],
)
def test_a_refusal_says_what_it_means_and_what_to_do(decode, error, code, advice):
    status, decoded = decode({"error": error})
    assert (status, decoded["error"]) == (0, code)
    assert decoded["meaning"]
    assert advice in decoded["remedy"]


def test_a_code_that_could_be_anything_is_bounded_and_a_text_is_not_repeated(decode):
    assert decode({"status": 500, "body": "x" * 5000 + ":"})[1]["error"] is None
    assert decode({"status": 500, "body": "<p>my secret: 1</p>"})[1]["error"] is None


def test_another_product_is_told_apart(decode):
    decoded = decode({"product_type": "HWE-SKT", "serial": "aabb"})[1]
    assert decoded["notes"] == ["this is another product of the vendor's, no P1 meter"]


def test_a_refusal_in_plain_text_is_understood(decode):
    status, decoded = decode("telegram:no-telegram-received\n")
    assert (status, decoded["error"]) == (0, "telegram:no-telegram-received")
    assert "check the cable" in decoded["remedy"]


def test_users_and_batteries_are_no_readings_and_no_token_is_repeated(decode):
    users = [{"name": "local/attic", "current": True}, {"name": "cloud/1"}, {"name": "local/new", "token": "F" * 32}]
    batteries = {"mode": "zero", "power_w": 404, "target_power_w": 400}
    status, decoded = decode([*users, batteries])
    assert status == 0
    assert not any("power_w" in answer for answer in decoded["answers"])
    assert "F" * 32 not in json.dumps(decoded)


def test_a_capture_without_an_answer_is_refused(decode):
    assert decode({"api": "v2", "requests": [{"path": "/api"}]}) == (2, "the capture holds no answer of a P1 meter\n")


def test_the_checksum_is_the_one_of_dsmr(decode):
    telegram = "/X\r\n\r\n1-0:1.7.0(00.500*kW)\r\n!"
    assert decode(f"{telegram}{checksum(telegram)}\r\n")[1]["crc_is_right"]
    unix = telegram.replace("\r", "")
    assert decode(f"{unix}{checksum(telegram)}\n")[1]["crc_is_right"], "line ends may have been changed on the way"
    assert decode(f"{telegram}0000\r\n")[1]["notes"][-1] == f"the checksum is wrong: it should be {checksum(telegram)}"


@pytest.mark.parametrize(
    "line",
    [
        "1-0:1.7.0(soon*kW)",
        "1-0:1.7.0()",
        "0-1:24.2.1()",
        "1-0:1.6.0(x)",
        "0-0:1.0.0(9)",
        "0-1:24.1.0(nan)",
        "0-1:24.1.0(inf)",
    ],
)
def test_a_garbled_line_of_a_telegram_is_null_and_no_more(decode, line):
    decoded = decode(f"/X\n\n{line}\n1-0:2.8.0(000001.000*kWh)\n!0000\n")[1]
    assert (decoded["power_w"], decoded["gas_m3"], decoded["energy_export_kwh"]) == (None, None, 1)


@pytest.mark.parametrize("number", ["nan", "inf*kW", "-inf", "1e999*kW"])
def test_what_is_no_number_in_a_telegram_is_null(decode, number):
    line = "(1)(1-0:1.6.0)(1-0:1.6.0)(230201000000W)(230117224500W)"
    status, decoded = decode(f"/ISK5\n\n1-0:1.8.1({number})\n0-0:98.1.0{line}({number})\n!0000\n")
    assert status == 0
    assert decoded["energy_import_t1_kwh"] is None
    assert [month["peak_w"] for month in decoded["peak_history"]] == [None]


def test_a_telegram_with_half_a_character_is_decoded(decode):
    assert decode(json.dumps("/ISK5\n\n1-0:1.8.1(001.5*kWh)\n0-0:96.1.1(\ud800)\n!0000\n"))[0] == 0


def test_a_capture_may_hold_bodies_without_their_status(decode):
    assert decode({"api": "v2", "requests": [BODY, {"power_w": 1}]})[1]["power_w"] == -543


@pytest.mark.parametrize("layer", ['{"type":"measurement","data":', '{"status":200,"body":'])
def test_what_is_nested_without_end_is_refused(decode, layer):
    status, complaint = decode(layer * 900 + "{}" + "}" * 900)
    assert status == 2
    assert "nested deeper" in complaint


@pytest.mark.parametrize("key", ["state_of_charge_pct", "apparent_power_va", "active_apparent_power_va"])
def test_a_body_of_another_product_is_told_apart(decode, key):
    decoded = decode({"power_w": 543, "energy_import_kwh": 30.5, key: 50})[1]
    assert decoded["notes"] == ["no P1 meter tells this; an energy socket, a kWh meter or a battery does"]


@pytest.mark.parametrize(
    ("topic", "data"),
    [("batteries", {"mode": "zero", "power_w": 404, "target_power_w": 400}), ("user", [{"name": "local/attic"}])],
)
def test_a_pushed_message_that_holds_no_reading_is_known(decode, topic, data):
    status, decoded = decode({"type": topic, "data": data})
    assert (status, "power_w" in decoded) == (0, False)


ENTRIES = [
    ("heat_meter", "GJ", None, None),
    ("warm_water_meter", "m3", None, None),
    ("inlet_heat_meter", "m3", None, None),
    ("water_meter", "m3", None, 8.5),
    ("gas_meter", "m3", 8.5, None),
]


@pytest.mark.parametrize(("kind", "unit", "gas", "water"), ENTRIES)
@pytest.mark.parametrize(
    ("power", "timestamp"), [("power_w", "2026-03-01T10:00:00"), ("active_power_w", 260301100000.0)]
)
def test_a_meter_behind_the_meter_is_gas_water_or_nothing_of_ours(decode, kind, unit, gas, water, power, timestamp):
    entry = {"unique_id": "4", "type": kind, "timestamp": timestamp, "value": 8.5, "unit": unit}
    decoded = decode({power: -3.0, "external": [entry]})[1]
    assert (decoded["power_w"], decoded["gas_m3"], decoded["water_m3"]) == (-3, gas, water)
    assert decoded["gas_ts"] == ("2026-03-01T09:00:00Z" if gas else None)


KEYS = [
    *(
        *MEASUREMENT_KEYS,
        "timestamp",
        "type",
        "data",
        "status",
        "body",
        "body_text",
        "requests",
        "api",
        "error",
        "name",
    ),
    *("id", "product_type", "serial", "token", "power_w", "unit", "value", "path"),
]
TEXTS = st.sampled_from(
    [
        "measurement",
        "user:unauthorized",
        "/X\n\n0-1:24.1.0(003)\n1-0:1.8.1(1e999*kWh)\n!",
        "2026-03-29T02:30:00",
        "local/x",
    ]
)
LEAF = st.none() | st.booleans() | st.floats() | st.integers() | TEXTS | st.text(max_size=5)
DOCUMENT = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
)
LINE = st.builds(
    "{}:{}.{}.0{}".format,
    st.sampled_from(["0-0", "1-0", "0-1"]),
    st.sampled_from([1, 2, 24, 96, 98]),
    st.sampled_from([0, 1, 2, 4, 6, 7, 8]),
    st.lists(st.text("0123456789.*kWSnaif-", max_size=14).map("({})".format), min_size=1, max_size=5).map("".join),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a shared machine has slow moments
@given(DOCUMENT | st.lists(LINE).map(lambda lines: "\r\n".join(["/X", "", *lines, "!0000"])))
def test_whatever_a_file_holds_is_decoded_or_refused(document):
    try:
        decoded = SOURCE_TYPE.decode(document)
    except CaptureError:
        return
    assert decoded["kind"] == "p1"
    assert json.dumps(decoded)

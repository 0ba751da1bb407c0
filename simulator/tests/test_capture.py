import json

import pytest

from sungaze_sim.capture import CaptureWorld, UnknownCaptureError, known_captures
from sungaze_sim.world import READ_HOLDING, READ_INPUT


def write(tmp_path, document):
    path = tmp_path / "capture.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UnknownCaptureError) as caught:
        CaptureWorld("nothing")
    assert all(name in str(caught.value) for name in known_captures())
    assert len(known_captures()) >= 3


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("not json", "not JSON"),
        ([1], "not a JSON object"),
        ({"registers": {}}, "no registers"),
        ({"registers": {"5000": 70000}}, "no 16-bit word"),
        ({"registers": {"five": 7}}, "not a capture"),
        ({"registers": [1, 2]}, "not a capture"),
        ({"registers": {"5000": 1}, "address_base": "documented"}, "address_base"),
        ({"exception_exchanges": [{"fc": 4}]}, "not a capture"),
    ],
)
def test_what_is_no_capture_says_why(tmp_path, document, reason):
    with pytest.raises(UnknownCaptureError, match=reason):
        CaptureWorld(write(tmp_path, document))


def test_both_address_bases_end_at_the_same_wire_address(tmp_path):
    for base, key in (("protocol", "5000"), ("wire", "4999")):
        world = CaptureWorld(write(tmp_path, {"address_base": base, "registers": {key: "0xD18"}}))
        assert world.snapshot().read(READ_INPUT, 4999, 1) == [0xD18]


def test_null_is_a_register_that_is_not_there(tmp_path):
    snapshot = CaptureWorld(write(tmp_path, {"registers": {"5000": None, "5002": 1}})).snapshot()
    assert snapshot.read(READ_INPUT, 4999, 1) is None
    assert snapshot.read(READ_INPUT, 4999, 3) == [0, 0, 1]
    assert snapshot.read(READ_HOLDING, 4999, 1) is None


def test_holes_look_as_on_the_path_of_the_recording():
    assert CaptureWorld("winets_sh8rt20_discharging").snapshot().gap == 0
    assert CaptureWorld("lan_sh8rt20_charging").snapshot().gap == 0xFFFF


def test_the_truth_of_a_capture_is_what_was_noted_with_it():
    truth = CaptureWorld("winets_sh8rt20_discharging").snapshot().truth
    assert truth["battery_power_w"] == -1920
    assert truth["pv_power_w"] == 149
    assert truth["export_power_w"] == -11
    assert CaptureWorld("lan_sh8rt20_charging").snapshot().truth["battery_power_w"] == 711
    assert "battery_power_w" not in CaptureWorld("winets_sh6rt_malformed_exception").snapshot().truth


def test_a_capture_says_what_it_is():
    assert CaptureWorld("winets_sh8rt20_discharging").describe() == "a recorded SH8.0RT-20"

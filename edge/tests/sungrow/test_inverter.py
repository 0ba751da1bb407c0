"""The source against a dongle on a real socket."""

import asyncio
import json
import logging

import pytest

from sungaze_edge.errors import SourceUnavailableError, SourceUnusableError
from sungaze_edge.sources.sungrow import SOURCE_TYPE, client
from sungaze_edge.sources.sungrow.normalizer import FIELDS

LIVE = (4, 12999, 79)
IDENTITY = [(4, 4953, 15), (4, 4989, 11)]


@pytest.fixture(autouse=True)
def _short_timeout(monkeypatch):
    monkeypatch.setattr(client, "REQUEST_TIMEOUT_S", 0.2)


@pytest.fixture
async def source(dongle):
    opened = SOURCE_TYPE.open(dongle.load("made_sh5rs_signed_charging").settings(), lambda: None)
    yield opened
    await opened.close()


async def test_a_reading_is_the_sample_of_the_case(dongle, source, cases):
    expected = json.loads((cases / "made_sh5rs_signed_charging" / "expected.json").read_text())
    assert dict(await source.read()) == {name: expected[name] for name in (*FIELDS, "sample_count")}


async def test_only_input_registers_are_read_in_polite_blocks(dongle, source):
    for _ in range(3):
        await source.read()
    assert {function for function, _, _ in dongle.spans} == {4}
    assert max(count for _, _, count in dongle.spans) <= 100
    assert dongle.connections == 1


async def test_hc004_the_pause_between_the_reads_of_a_poll_is_the_one_that_was_set(dongle):
    source = SOURCE_TYPE.open(
        dongle.load("made_sh5rs_signed_charging").settings(INTER_REGISTER_DELAY_MS=50), lambda: None
    )
    await source.read()
    before, started = len(dongle.requests), asyncio.get_running_loop().time()
    await source.read()
    await source.close()
    assert asyncio.get_running_loop().time() - started >= 0.05 * (len(dongle.requests) - before - 1)


async def test_a_poll_takes_three_requests_when_nothing_optional_is_there(dongle, source):
    dongle.unsupported = {5213, 5214, 5241, 5630}
    await source.read()
    dongle.requests.clear()
    await source.read()
    assert dongle.spans == [(4, 4999, 37), (4, 5600, 39), LIVE]


async def test_the_live_block_is_read_once_per_poll_and_last(dongle, source):
    for polls in range(1, 4):
        await source.read()
        assert dongle.spans.count(LIVE) == polls
        assert dongle.spans[-1] == LIVE
    assert not [span for span in dongle.spans if span != LIVE and span[1] in range(12999, 13100)]


async def test_optional_registers_are_asked_for_alone_and_once(dongle, source):
    dongle.unsupported = {5213, 5214}
    for _ in range(3):
        await source.read()
    assert dongle.spans.count((4, 5213, 2)) == 1
    assert dongle.spans.count((4, 5630, 1)) == 1
    assert (4, 5114, 2) not in dongle.spans, "this model has two PV inputs"


async def test_a_zero_inside_a_block_is_not_believed_when_the_register_does_not_exist(dongle, source):
    dongle.load("made_sh10rs_four_inputs")
    assert (await source.read())["mppt3_voltage_v"] == 330.2
    dongle.unsupported = {5014, 5015, 5114, 5115}
    other = SOURCE_TYPE.open(dongle.settings(), lambda: None)
    values = await other.read()
    await other.close()
    assert values["mppt3_voltage_v"] is values["mppt4_voltage_v"] is None


async def test_another_inverter_is_asked_anew_after_a_reconnect(dongle, source):
    dongle.unsupported = {5213, 5214}
    await source.read()
    await source.close()
    await source.read()
    assert dongle.spans.count((4, 5213, 2)) == 1, "the same inverter keeps its answers"
    dongle.load("made_sh10rt_v112_signed_charging").unsupported = set()
    await source.close()
    assert (await source.read())["battery_power_w"] == 1216
    assert dongle.spans.count((4, 5213, 2)) == 3


async def test_a_register_that_is_never_answered_costs_a_timeout_per_connection_and_then_none(dongle, source):
    dongle.misbehave = lambda request: None if request.wire == 5213 else False
    for silences in (1, 2, 2):
        for _ in range(2):
            assert (await source.read())["battery_power_w"] == 890
            assert dongle.spans.count((4, 5213, 2)) == silences
        await source.close()


async def test_a_busy_optional_register_does_not_cost_the_reading(dongle, source):
    dongle.misbehave = lambda r: [dongle.frame(r, bytes([0x84, 4]))] if r.wire == 5241 else False
    assert (await source.read())["grid_frequency_hz"] == 49.98


async def test_a_firmware_without_the_fault_bits_is_read_with_the_smaller_block(dongle, source):
    dongle.misbehave = lambda r: [dongle.frame(r, bytes([0x84, 2]))] if r.span == LIVE else False
    for _ in range(2):
        assert (await source.read())["battery_power_w"] == 890
        assert dongle.spans[-1] == (4, 12999, 48)
    assert dongle.spans.count(LIVE) == 1


async def test_a_firmware_that_refuses_a_block_is_read_in_pieces(dongle, source):
    refused = {(4, 4999, 37), (4, 5600, 39)}
    dongle.misbehave = lambda r: [dongle.frame(r, bytes([0x84, 2]))] if r.span in refused else False
    values = await source.read()
    assert (values["pv_power_w"], values["meter_power_w"], values["grid_frequency_hz"]) == (2030, -210, 49.98)


async def test_no_meter_block_at_all_is_no_obstacle(dongle, source):
    dongle.unsupported = set(range(5600, 5640))
    values = await source.read()
    assert values["meter_power_w"] is None
    assert values["export_power_w"] == 210


@pytest.mark.parametrize("wire", [4953, 4999, 12999])
async def test_a_busy_device_is_unavailable_and_recovers(dongle, source, wire):
    dongle.misbehave = lambda r: [dongle.frame(r, bytes([0x84, 6]))] if r.wire == wire else False
    with pytest.raises(SourceUnavailableError, match="busy"):
        await source.read()
    dongle.misbehave = lambda _: False
    assert (await source.read())["battery_power_w"] == 890


async def test_a_register_that_disappears_is_found_out_at_the_next_read(dongle, source):
    dongle.words[4][5241] = 5001
    assert (await source.read())["grid_frequency_hz"] == 50.01
    dongle.unsupported = {5241}
    with pytest.raises(SourceUnavailableError):
        await source.read()
    assert (await source.read())["grid_frequency_hz"] == 49.98


@pytest.mark.parametrize("first", [4999, 12999])
async def test_a_device_that_is_no_hybrid_inverter_is_unusable(dongle, source, first):
    dongle.unsupported = set(range(first, first + 100))
    with pytest.raises(SourceUnusableError, match="SH hybrid"):
        await source.read()


async def test_a_dongle_that_has_lost_its_inverter_is_unusable_and_asked_anew(dongle, source):
    words, dongle.words[4] = dongle.words[4], {}
    with pytest.raises(SourceUnusableError, match="zeros only"):
        await source.read()
    dongle.words[4] = words
    assert (await source.read())["battery_power_w"] == 890


async def test_no_half_reading_when_the_last_block_fails(dongle, source):
    await source.read()
    dongle.misbehave = lambda request: None if request.wire == 12999 else False
    with pytest.raises(SourceUnavailableError):
        await source.read()
    dongle.misbehave = lambda _: False
    assert (await source.read())["pv_power_w"] == 2030
    assert dongle.connections == 2


async def test_an_impossible_counter_is_left_out_and_said_once(dongle, source, caplog):
    caplog.set_level(logging.INFO)
    for _ in range(5):
        await source.read()
    caplog.clear()
    right = dongle.words[4][13002]
    dongle.words[4][13002] = 5
    for _ in range(3):
        assert (await source.read())["pv_total_kwh"] is None
    dongle.words[4][13002] = right
    assert (await source.read())["pv_total_kwh"] is not None
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "pv_total_kwh" in caplog.text


async def test_another_inverter_may_have_counted_less(dongle, source):
    await source.read()
    dongle.load("lan_sh8rt20_night_soc0_2024-01-05")
    await source.close()
    assert (await source.read())["pv_total_kwh"] == 25.4


async def test_values_that_do_not_move_are_said_once(dongle, source, caplog, monkeypatch):
    monkeypatch.setattr("sungaze_edge.sources.sungrow.guard.STALE_AFTER", 3)
    for _ in range(8):
        await source.read()
    assert caplog.text.count("have not moved") == 1

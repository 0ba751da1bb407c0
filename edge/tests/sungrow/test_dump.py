"""Dumping a live device gives a capture that decodes to what the device shows."""

import json

import pytest

from sungaze_edge.errors import SourceUnavailableError
from sungaze_edge.sources.sungrow import SOURCE_TYPE, client


async def test_a_dump_decodes_to_what_the_device_shows(dongle, cases):
    dongle.load("lan_sh8rt20_charging_2023-12-31")
    dumped = json.loads(json.dumps(await SOURCE_TYPE.dump(dongle.settings())))
    decoded = SOURCE_TYPE.decode(dumped)
    expected = json.loads((cases / "lan_sh8rt20_charging_2023-12-31" / "expected.json").read_text())
    registers = expected["registers"] | {"serial_number": "A2350000000"}
    assert {name: decoded["registers"][name] for name in registers} == registers
    assert decoded["device_id"] == "A2350000000"
    assert dumped["model"] == "SH8.0RT-20"


async def test_a_dump_reads_politely_and_leaves_nothing_out(dongle):
    dongle.load("lan_sh8rt20_charging_2023-12-31")
    await SOURCE_TYPE.dump(dongle.settings())
    assert {function for function, _, _ in dongle.spans} == {3, 4}
    assert max(count for _, _, count in dongle.spans) <= 100
    assert dongle.connections == 1
    risky = [span for span in dongle.spans if span[0] == 4 and span[1] <= 5740 < span[1] + span[2]]
    assert risky == [(4, 5740, 1)]


async def test_what_the_device_refuses_or_ignores_is_recorded(dongle, monkeypatch):
    monkeypatch.setattr(client, "REQUEST_TIMEOUT_S", 0.2)
    dongle.load("made_sh5rs_signed_charging")
    dongle.unsupported = set(range(6099, 6240)) | {5241}
    dongle.misbehave = lambda request: None if request.wire == 13264 else False
    dumped = await SOURCE_TYPE.dump(dongle.settings())
    refused = {entry["wire_start"]: entry["exception_code"] for entry in dumped["exception_exchanges"]}
    assert refused == {6099: 2, 6195: 2, 6226: 2, 5241: 2, 13264: None}
    assert SOURCE_TYPE.decode(dumped)["battery_power_w"] == 890


async def test_a_holding_register_that_is_busy_at_first_is_read_again(dongle):
    busy = set()

    def misbehave(request):
        if request.function == 3 and request.span not in busy:
            busy.add(request.span)
            return [dongle.frame(request, bytes([0x83, 4]))]
        return False

    dongle.load("lan_sh8rt20_night_soc0_2024-01-05").misbehave = misbehave
    dumped = await SOURCE_TYPE.dump(dongle.settings())
    assert SOURCE_TYPE.decode(dumped)["registers"]["min_soc_pct"] == 5.0
    assert dumped["exception_exchanges"] == []


async def test_a_dump_of_nobody_fails(unused_tcp_port, dongle):
    with pytest.raises(SourceUnavailableError):
        await SOURCE_TYPE.dump(dongle.settings(SUNGROW_PORT=unused_tcp_port))

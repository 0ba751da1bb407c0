"""Reading the simulated meter over real TLS: each trouble with the sentence that tells what to do."""

import asyncio
import json
import signal

import pytest

from sungaze_edge.errors import SourceUnavailableError, SourceUnusableError
from sungaze_edge.sources.homewizard_p1 import watchdog
from sungaze_sim.stack import free_port


async def until(done, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.02)


async def test_with_a_token_every_poll_is_one_snapshot_over_one_connection(home):
    async with home.reading(HW_P1_TOKEN=home.meter.pair("local/test")) as source:
        for _ in range(3):
            values = await source.read()
        assert home.meter.connections == 1
    truth = home.meter.record.readings[-1].truth
    assert truth["power_w"] is not None
    told = {name: value.replace(".000Z", "Z") if isinstance(value, str) else value for name, value in truth.items()}
    assert {name: values[name] for name in told} == told
    assert source.about == f"read by version 2 of the API, dongle {home.meter.serial}"


async def test_a_wrong_token(home):
    error = await home.failure(HW_P1_TOKEN="F" * 32)
    assert "401" in str(error)
    assert "pair again with 'sungaze-edge pair --again'" in str(error)
    assert "F" * 32 not in str(error)


async def test_version_1_is_read_without_a_token_once_it_is_switched_on(home):
    v1 = {"HW_P1_PORT": str(home.meter.v1_port)}
    error = await home.failure(**v1)
    assert "switch on 'Local API' in the HomeWizard Energy app" in str(error)
    home.meter.v1_enabled = True
    async with home.reading(**v1) as source:
        values = await source.read()
        assert (values["meter_ts"], values["power_w"] is None) == (None, False)
        assert source.about == f"read by version 1 of the API, without encryption, dongle {home.meter.serial}"
    error = await home.failure(**v1, HW_P1_SERIAL="aabbccddeeff")
    assert f"says that it is '{home.meter.serial}', not aabbccddeeff" in str(error)


TROUBLES = [
    ("no_telegram", SourceUnusableError, "receives nothing from the electricity meter: check the cable"),
    ("error", SourceUnavailableError, "has trouble of its own: if this stays, re-plug the dongle"),
    ("garbage", SourceUnusableError, "garbled its answer, or is no P1 meter"),
    ("truncated", SourceUnusableError, "garbled its answer"),
    ("drop_before", SourceUnavailableError, "broke off the connection"),
    ("drop_mid", SourceUnavailableError, "broke off the connection"),
    ("denied", SourceUnusableError, "pair again"),
]


@pytest.mark.parametrize(("fault", "family", "sentence"), TROUBLES)
async def test_a_trouble_is_explained_and_the_next_reading_after_it_is_good(home, fault, family, sentence):
    async with home.reading(HW_P1_TOKEN=home.meter.pair("local/test")) as source:
        await source.read()
        home.meter.faults.set(fault, seconds=60)
        with pytest.raises(family, match=sentence):
            await source.read()
        await source.close()
        home.meter.faults.clear(fault)
        await source.read()


async def test_a_dongle_that_is_off(home):
    error = await home.failure(HW_P1_TOKEN="F" * 32, HW_P1_PORT=str(free_port()))
    assert isinstance(error, SourceUnavailableError)
    assert "is the dongle on, in this network, and still at this address?" in str(error)


async def test_a_dongle_that_keeps_silent(home, monkeypatch):
    monkeypatch.setattr("sungaze_edge.sources.homewizard_p1.client.REQUEST_TIMEOUT_S", 0.2)
    async with home.reading(HW_P1_TOKEN=home.meter.pair("local/test")) as source:
        await source.read()
        home.meter.faults.set("silence", seconds=60)
        with pytest.raises(SourceUnavailableError, match=r"did not answer within 0\.2 s"):
            await source.read()


async def test_a_meter_that_was_unplugged_is_found_out_though_the_dongle_answers(home, monkeypatch):
    monkeypatch.setattr(watchdog, "SILENCE_S", 0.2)
    async with home.reading(HW_P1_TOKEN=home.meter.pair("local/test")) as source:
        await source.read()
        home.meter.faults.set("stale", seconds=60)
        await source.read()
        await asyncio.sleep(0.25)
        with pytest.raises(SourceUnusableError, match=r"nothing new since .* check the cable between meter and dongle"):
            await source.read()


async def test_a_dump_decodes_and_tells_nobody_who_it_was(home, tmp_path):
    home.environ["HW_P1_TOKEN"] = token = home.meter.pair("local/test")
    status, out, _ = await home.run("dump")
    assert status == 0
    meter_id = home.meter.record.readings[-1].truth["meter_unique_id"]
    assert all(secret not in out for secret in (token, home.meter.serial, meter_id, "ssid", "somebody's network"))
    (tmp_path / "dump.json").write_text(out)
    status, out, _ = await home.run("decode", str(tmp_path / "dump.json"))
    decoded = json.loads(out)
    assert (status, decoded["kind"], decoded["api"], decoded["notes"]) == (0, "p1", "v2", [])
    (telegram,) = (answer for answer in decoded["answers"] if answer.get("api") == "telegram")
    assert telegram["crc_is_right"]
    same = ("power_w", "energy_import_kwh", "energy_export_kwh", "monthly_power_peak_w", "tariff", "gas_m3")
    assert {name: telegram[name] for name in same} == {name: decoded[name] for name in same}


async def test_the_daemon_tells_once_what_is_wrong_with_one_device_and_reads_the_other(home):
    home.environ["HW_P1_TOKEN"] = home.meter.pair("local/test")
    inverter = {"SUNGROW_HOST": "127.0.0.1", "SUNGROW_PORT": "1", "DEVICE_ID": "home"}
    async with home.command("run", **inverter) as process:
        await until(lambda: len(home.meter.record.readings) >= 3)
        home.meter.revoke_all()
        said = await asyncio.wait_for(process.stderr.readuntil(b"pair --again"), 30)
        process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0
    said = (said + rest).decode()
    assert "Reading p1 (p1), home (sungrow)" in said
    assert said.count("home cannot be read: no connection to 127.0.0.1 port 1") == 1
    assert said.count("p1 cannot be read: ") == 1
    assert home.environ["HW_P1_TOKEN"] not in said
    assert "Traceback" not in said
    assert len(home.stored()) == len(home.meter.record.readings)

"""Who may be the meter: over real TLS, no stranger is sent anything."""

import asyncio
import json

import pytest

from sungaze_edge.errors import SourceUnusableError
from sungaze_sim.p1 import Certificate, P1Meter
from sungaze_sim.p1.authority import server_context


@pytest.mark.parametrize("san", [True, False])
async def test_a_dongle_with_and_without_a_dns_name_in_its_certificate_is_read(at_home, san):
    async with at_home(certificate=Certificate(san=san)) as home:
        settings = {"HW_P1_TOKEN": home.meter.pair("local/test"), "HW_P1_SERIAL": home.meter.serial.upper()}
        async with home.reading(**settings) as source:
            assert (await source.read())["power_w"] is not None


STRANGERS = [
    (Certificate(serial="aabbccddeeff"), "is the dongle aabbccddeeff, not 5c2fafa1b2c3"),
    (Certificate(look_alike=True), "has no certificate of HomeWizard's"),
    (Certificate(type_word="energysocket"), "is no P1 meter but 'appliance/energysocket/5c2fafa1b2c3'"),
]


@pytest.mark.parametrize(("certificate", "sentence"), STRANGERS)
async def test_a_stranger_at_the_meters_address_is_refused_and_is_sent_nothing(home_of, certificate, sentence):
    heard = []

    async def listen(reader, writer):
        heard.append(await reader.read(1000))
        writer.close()

    meter = P1Meter()  # never started: lends its authority
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=server_context(certificate, meter.serial))
    home = home_of(meter)
    home.environ["HW_P1_PORT"] = str(server.sockets[0].getsockname()[1])
    home.environ["HW_P1_TOKEN"] = "F" * 32
    error = await home.failure(HW_P1_SERIAL=meter.serial)
    assert isinstance(error, SourceUnusableError)
    assert sentence in str(error)
    with pytest.raises(SourceUnusableError, match="check HW_P1_HOST"):
        await home.pair(HW_P1_SERIAL=meter.serial)
    server.close()
    await asyncio.sleep(0.05)
    assert b"".join(heard) == b""
    await meter.stop()


async def test_the_vendors_authority_alone_does_not_accept_the_simulated_one(home):
    error = await home.failure(HW_P1_TOKEN="F" * 32, HW_P1_CA_FILE="")
    assert "has no certificate of HomeWizard's" in str(error)


async def test_the_first_dongle_that_answers_is_remembered_over_a_restart(at_home, caplog):
    caplog.set_level("INFO")
    async with at_home() as home:
        async with home.reading(HW_P1_TOKEN=home.meter.pair("local/test")) as source:
            await source.read()
        assert json.loads(home.token_file.read_text())["serial"] == home.meter.serial
        assert any(f"HW_P1_SERIAL={home.meter.serial}" in record.message for record in caplog.records)
    async with at_home(serial="aabbccddeeff") as other:
        error = await other.failure(HW_P1_TOKEN=other.meter.pair("local/test"))
        assert "is the dongle aabbccddeeff, not 5c2fafa1b2c3" in str(error)
        assert "if you have replaced the dongle, run 'sungaze-edge pair --again'" in str(error)
        await other.pair(again=True)
        async with other.reading() as source:
            await source.read()


async def test_a_serial_number_that_cannot_be_remembered_is_told_and_reading_goes_on(home, tmp_path, caplog):
    nowhere = str(tmp_path / "missing" / "token.json")
    async with home.reading(HW_P1_TOKEN=home.meter.pair("local/x"), HW_P1_TOKEN_FILE=nowhere) as source:
        for _ in range(2):
            await source.read()
            await source.close()
    (told,) = (record.message for record in caplog.records if "forgotten" in record.message)
    assert f"The token file {nowhere} cannot be written (No such file or directory)" in told
    assert told.endswith("or set HW_P1_TOKEN_FILE to another place.")


async def test_a_daemon_that_cannot_remember_its_dongle_takes_no_other_one_while_it_runs(home_of, tmp_path):
    ca_file, nowhere = tmp_path / "ca.pem", str(tmp_path / "missing" / "token.json")
    meter, other = P1Meter(ca_file=ca_file), P1Meter(ca_file=ca_file, serial="aabbccddeeff")
    await meter.start()
    async with home_of(meter).reading(HW_P1_TOKEN=meter.pair("local/x"), HW_P1_TOKEN_FILE=nowhere) as source:
        await source.read()
        await source.close()
        port = meter.port
        await meter.stop()
        await other.start(port=port)
        with pytest.raises(SourceUnusableError, match=f"is the dongle aabbccddeeff, not {meter.serial}"):
            await source.read()
    await other.stop()


async def test_a_token_file_that_others_may_read_is_told_once(home, caplog):
    caplog.set_level("WARNING")
    await home.pair()
    home.token_file.chmod(0o644)
    async with home.reading() as source:
        for _ in range(2):
            await source.read()
            await source.close()
    assert [record.message for record in caplog.records] == [
        f"Others may read the token file {home.token_file}: chmod 600 it."
    ]

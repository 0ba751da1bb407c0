"""The P1 source against the simulated meter, over real TLS: each trouble with the sentence that tells what to do."""

import asyncio
import json
import os
import signal
import stat
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from sungaze_edge.errors import SourceError, SourceUnavailableError, SourceUnusableError
from sungaze_edge.settings import read_settings
from sungaze_edge.source import Pairing
from sungaze_edge.sources.homewizard_p1 import SOURCE_TYPE, pairing, watchdog
from sungaze_edge.store import Store
from sungaze_sim.p1 import Certificate, P1Meter
from sungaze_sim.p1.authority import server_context
from sungaze_sim.stack import free_port

SERVER = {"VPS_INGEST_URL": "https://localhost:1", "VPS_DEVICE_TOKEN": "a-token-for-the-tests-0123456789"}


class Home:
    """Settings for one simulated meter, and the commands of the edge as real processes."""

    def __init__(self, meter, folder):
        self.meter = meter
        self.token_file = folder / "p1_token.json"
        self.spool = folder / "spool.db"
        self.environ = {
            "HW_P1_HOST": "127.0.0.1",
            "HW_P1_PORT": str(meter.port),
            "HW_P1_CA_FILE": str(meter.ca_file),
            "HW_P1_TOKEN_FILE": str(self.token_file),
            "HW_P1_POLL_INTERVAL_S": "1",
            "HW_P1_DEVICE_ID": "p1",
            "SPOOL_PATH": str(self.spool),
        }

    def values(self, **changes):
        return read_settings(SOURCE_TYPE.settings, self.environ | changes)

    def source(self, **changes):
        return SOURCE_TYPE.open(self.values(**changes), lambda: datetime.now(UTC))

    @asynccontextmanager
    async def command(self, *arguments, **changes):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sungaze_edge", *arguments),
            env={**os.environ, **self.environ, **SERVER, **changes},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def run(self, *arguments, **changes):
        async with self.command(*arguments, **changes) as process:
            out, err = await asyncio.wait_for(process.communicate(), 30)
            return process.returncode, out.decode(), err.decode()


@pytest.fixture
def at_home(tmp_path):
    """Give a home around a simulated meter."""

    @asynccontextmanager
    async def live(**options):
        async with P1Meter(**options) as meter:
            yield Home(meter, tmp_path)

    return live


@pytest.fixture
async def home(at_home):
    async with at_home() as home:
        yield home


@asynccontextmanager
async def reading(source):
    try:
        yield source
    finally:
        await source.close()


async def failure(source):
    """Read once, and give why that failed."""
    async with reading(source):
        with pytest.raises(SourceError) as caught:
            await source.read()
    return caught.value


class Person:
    """Listens to what the pairing says, and presses the button when asked to."""

    def __init__(self, press=lambda: None):
        self.press, self.heard, self.counted = press, [], []

    def say(self, text):
        self.heard.append(text)
        if "Press the button" in text:
            self.press()

    def count_down(self, seconds):
        self.counted.append(seconds)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(pairing, "WAIT_S", 1.5)


async def pair(home, name=None, *, again=False, press=True, **changes):
    person = Person(home.meter.press_button if press else lambda: None)
    await SOURCE_TYPE.pair(home.values(**changes), Pairing(name, again=again), person)
    return person.heard


async def test_with_a_token_every_poll_is_one_snapshot_over_one_connection(home):
    async with reading(home.source(HW_P1_TOKEN=home.meter.pair("local/test"))) as source:
        for _ in range(3):
            values = await source.read()
        assert home.meter.connections == 1
    truth = home.meter.record.readings[-1].truth
    assert truth["power_w"] is not None
    told = {name: value.replace(".000Z", "Z") if isinstance(value, str) else value for name, value in truth.items()}
    assert {name: values[name] for name in told} == told
    assert source.about == f"read by version 2 of the API, dongle {home.meter.serial}"


async def test_pairing_by_the_command_shows_what_to_do_and_keeps_the_token_for_its_owner_alone(home):
    async with home.command("pair") as process:
        said = await asyncio.wait_for(process.stderr.readuntil(b"Press the button"), 30)
        assert home.meter.serial in said.decode()
        home.meter.press_button()
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, err
    stored = json.loads(home.token_file.read_text())
    assert stored["serial"] == home.meter.serial
    assert stored["name"].startswith("local/sungaze-")
    assert stored["token"] not in (said + out + err).decode()
    assert stat.S_IMODE(home.token_file.stat().st_mode) == 0o600
    status, out, _ = await home.run("check")
    assert status == 1, "there is no server"
    assert "p1: power_w " in out
    assert f"p1: read by version 2 of the API, dongle {home.meter.serial}" in out


async def test_pairing_twice_asks_and_then_makes_the_old_token_worthless(home):
    await pair(home)
    old = json.loads(home.token_file.read_text())
    with pytest.raises(SourceUnusableError, match=r"There is a token already.*pair --again"):
        await pair(home)
    await pair(home, again=True)
    new = json.loads(home.token_file.read_text())
    assert (new["name"], new["serial"]) == (old["name"], old["serial"]), "no second place of the dongle's few is taken"
    error = await failure(home.source(HW_P1_TOKEN=old["token"]))
    assert "does not know the token" in str(error)
    async with reading(home.source()) as source:
        await source.read()


@pytest.mark.parametrize(("name", "taken"), [("local/attic", "local/attic"), ("attic #2", "local/attic #2")])
async def test_a_person_may_name_the_edge(home, name, taken):
    await pair(home, name)
    assert json.loads(home.token_file.read_text())["name"] == taken


@pytest.mark.parametrize("name", ["", "x" * 41, "local/", "café"])
async def test_a_name_that_the_dongle_would_not_take_is_refused_before(home, name):
    with pytest.raises(SourceUnusableError, match="--name takes"):
        await pair(home, name)


async def test_nobody_presses_the_button(home):
    with pytest.raises(SourceUnusableError, match="Nobody pressed the button"):
        await pair(home, press=False)
    assert not home.token_file.exists()
    assert [path for path in home.token_file.parent.iterdir() if "p1_token" in path.name] == []


async def test_a_token_in_the_settings_wins_and_the_pairing_says_so(home):
    heard = await pair(home, HW_P1_TOKEN="F" * 32)
    assert any("HW_P1_TOKEN is set, too, and wins" in line for line in heard)


async def test_ctrl_c_while_pairing_leaves_nothing_behind(home):
    async with home.command("pair") as process:
        await asyncio.wait_for(process.stderr.readuntil(b"Press the button"), 30)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, b"Traceback" in err) == (130, False)
    assert [path for path in home.token_file.parent.iterdir() if "p1_token" in path.name] == []


async def test_pairing_where_the_file_cannot_be_written_fails_before_anybody_walks_to_the_meter(home, tmp_path):
    status, _, err = await home.run("pair", HW_P1_TOKEN_FILE=str(tmp_path / "missing" / "token.json"))
    assert status == 2
    assert "cannot be written" in err
    assert "Press" not in err


async def test_pairing_needs_to_know_where_the_meter_is(home):
    assert (await home.run("pair", HW_P1_HOST=""))[::2] == (
        2,
        "The settings are not right:\n  HW_P1_HOST is not set: the address of the device to pair with\n",
    )


async def test_a_wrong_token(home):
    error = await failure(home.source(HW_P1_TOKEN="F" * 32))
    assert "401" in str(error)
    assert "pair again with 'sungaze-edge pair --again'" in str(error)
    assert "F" * 32 not in str(error)


async def test_a_revoked_token_and_the_same_daemon_goes_on_after_pairing_again(home):
    await pair(home)
    async with reading(home.source()) as source:
        await source.read()
        home.meter.revoke_all()
        with pytest.raises(SourceUnusableError, match=r"revoked.*pair --again"):
            await source.read()
        await source.close()  # as the poller does
        await pair(home, again=True)
        await source.read()


@pytest.mark.parametrize("san", [True, False])
async def test_a_dongle_with_and_without_a_dns_name_in_its_certificate_is_read(at_home, san):
    async with at_home(certificate=Certificate(san=san)) as home:
        settings = {"HW_P1_TOKEN": home.meter.pair("local/test"), "HW_P1_SERIAL": home.meter.serial.upper()}
        async with reading(home.source(**settings)) as source:
            assert (await source.read())["power_w"] is not None


STRANGERS = [
    (Certificate(serial="aabbccddeeff"), "is the dongle aabbccddeeff, not 5c2fafa1b2c3"),
    (Certificate(look_alike=True), "has no certificate of HomeWizard's"),
    (Certificate(type_word="energysocket"), "is no P1 meter but 'appliance/energysocket/5c2fafa1b2c3'"),
]


@pytest.mark.parametrize(("certificate", "sentence"), STRANGERS)
async def test_a_stranger_at_the_meters_address_is_refused_and_is_sent_nothing(tmp_path, certificate, sentence):
    heard = []

    async def listen(reader, writer):
        heard.append(await reader.read(1000))
        writer.close()

    meter = P1Meter()  # never started: lends its authority
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=server_context(certificate, meter.serial))
    home = Home(meter, tmp_path)
    home.environ["HW_P1_PORT"] = str(server.sockets[0].getsockname()[1])
    home.environ["HW_P1_TOKEN"] = "F" * 32
    error = await failure(home.source(HW_P1_SERIAL=meter.serial))
    assert isinstance(error, SourceUnusableError)
    assert sentence in str(error)
    with pytest.raises(SourceUnusableError, match="check HW_P1_HOST"):
        await pair(home, HW_P1_SERIAL=meter.serial)
    server.close()
    await asyncio.sleep(0.05)
    assert b"".join(heard) == b""
    await meter.stop()


async def test_the_vendors_authority_alone_does_not_accept_the_simulated_one(home):
    error = await failure(home.source(HW_P1_TOKEN="F" * 32, HW_P1_CA_FILE=""))
    assert "has no certificate of HomeWizard's" in str(error)


async def test_the_first_dongle_that_answers_is_remembered_over_a_restart(at_home, caplog):
    caplog.set_level("INFO")
    async with at_home() as home:
        async with reading(home.source(HW_P1_TOKEN=home.meter.pair("local/test"))) as source:
            await source.read()
        assert json.loads(home.token_file.read_text())["serial"] == home.meter.serial
        assert any(f"HW_P1_SERIAL={home.meter.serial}" in record.message for record in caplog.records)
    async with at_home(serial="aabbccddeeff") as other:
        error = await failure(other.source(HW_P1_TOKEN=other.meter.pair("local/test")))
        assert "is the dongle aabbccddeeff, not 5c2fafa1b2c3" in str(error)
        assert "if you have replaced the dongle, run 'sungaze-edge pair --again'" in str(error)
        await pair(other, again=True)
        async with reading(other.source()) as source:
            await source.read()


async def test_a_serial_number_that_cannot_be_remembered_is_told_and_reading_goes_on(home, tmp_path, caplog):
    nowhere = str(tmp_path / "missing" / "token.json")
    async with reading(home.source(HW_P1_TOKEN=home.meter.pair("local/x"), HW_P1_TOKEN_FILE=nowhere)) as source:
        for _ in range(2):
            await source.read()
            await source.close()
    (told,) = (record.message for record in caplog.records if "forgotten" in record.message)
    assert f"The token file {nowhere} cannot be written (No such file or directory)" in told
    assert told.endswith("or set HW_P1_TOKEN_FILE to another place.")


async def test_a_token_file_that_others_may_read_is_told_once(home, caplog):
    await pair(home)
    home.token_file.chmod(0o644)
    async with reading(home.source()) as source:
        for _ in range(2):
            await source.read()
            await source.close()
    assert [record.message for record in caplog.records] == [
        f"Others may read the token file {home.token_file}: chmod 600 it."
    ]


async def test_version_1_is_read_without_a_token_once_it_is_switched_on(home):
    v1 = {"HW_P1_PORT": str(home.meter.v1_port)}
    error = await failure(home.source(**v1))
    assert "switch on 'Local API' in the HomeWizard Energy app" in str(error)
    home.meter.v1_enabled = True
    async with reading(home.source(**v1)) as source:
        values = await source.read()
        assert (values["meter_ts"], values["power_w"] is None) == (None, False)
        assert source.about == f"read by version 1 of the API, without encryption, dongle {home.meter.serial}"
    error = await failure(home.source(**v1, HW_P1_SERIAL="aabbccddeeff"))
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
    async with reading(home.source(HW_P1_TOKEN=home.meter.pair("local/test"))) as source:
        await source.read()
        home.meter.faults.set(fault, seconds=60)
        with pytest.raises(family, match=sentence):
            await source.read()
        await source.close()
        home.meter.faults.clear(fault)
        await source.read()


async def test_a_dongle_that_is_off(home):
    error = await failure(home.source(HW_P1_TOKEN="F" * 32, HW_P1_PORT=str(free_port())))
    assert isinstance(error, SourceUnavailableError)
    assert "is the dongle on, in this network, and still at this address?" in str(error)


async def test_a_dongle_that_keeps_silent(home, monkeypatch):
    monkeypatch.setattr("sungaze_edge.sources.homewizard_p1.client.REQUEST_TIMEOUT_S", 0.2)
    async with reading(home.source(HW_P1_TOKEN=home.meter.pair("local/test"))) as source:
        await source.read()
        home.meter.faults.set("silence", seconds=60)
        with pytest.raises(SourceUnavailableError, match=r"did not answer within 0\.2 s"):
            await source.read()


async def test_a_meter_that_was_unplugged_is_found_out_though_the_dongle_answers(home, monkeypatch):
    monkeypatch.setattr(watchdog, "SILENCE_S", 0.2)
    async with reading(home.source(HW_P1_TOKEN=home.meter.pair("local/test"))) as source:
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
    assert all(secret not in out for secret in (token, home.meter.serial, "ssid", "somebody's network"))
    (tmp_path / "dump.json").write_text(out)
    status, out, _ = await home.run("decode", str(tmp_path / "dump.json"))
    decoded = json.loads(out)
    assert (status, decoded["kind"], decoded["api"], decoded["notes"]) == (0, "p1", "v2", [])
    (telegram,) = (answer for answer in decoded["answers"] if answer.get("api") == "telegram")
    assert telegram["crc_is_right"]
    same = ("power_w", "energy_import_kwh", "energy_export_kwh", "monthly_power_peak_w", "tariff", "gas_m3")
    assert {name: telegram[name] for name in same} == {name: decoded[name] for name in same}


async def until(done, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.02)


def stored(home):
    if not home.spool.exists():
        return []
    store = Store(home.spool)
    rows = store._db.execute("SELECT payload FROM reading").fetchall()
    store.close()
    return rows


async def test_the_daemon_tells_once_what_is_wrong_with_one_device_and_reads_the_other(home):
    home.environ["HW_P1_TOKEN"] = home.meter.pair("local/test")
    inverter = {"SUNGROW_HOST": "127.0.0.1", "SUNGROW_PORT": "1", "DEVICE_ID": "home"}
    async with home.command("run", **inverter) as process:
        await until(lambda: home.meter.record.readings and len(home.meter.record.readings) >= 3)
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
    assert len(stored(home)) == len(home.meter.record.readings)

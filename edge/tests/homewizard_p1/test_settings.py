import subprocess
import sys
from pathlib import Path

import pytest

from sungaze_edge import config
from sungaze_edge.errors import SettingsError
from sungaze_edge.settings import read_settings
from sungaze_edge.sources.homewizard_p1 import SOURCE_TYPE

HOST = {"HW_P1_HOST": "192.168.1.30"}


def parse(**environ):
    return read_settings(SOURCE_TYPE.settings, HOST | environ)


def test_the_host_alone_is_enough():
    assert parse() == {
        "HW_P1_HOST": "192.168.1.30",
        "HW_P1_PORT": None,
        "HW_P1_TOKEN": "",
        "HW_P1_TOKEN_FILE": Path("/data/p1_token.json"),
        "HW_P1_SERIAL": None,
        "HW_P1_CA_FILE": None,
        "HW_P1_POLL_INTERVAL_S": 2.0,
        "HW_P1_DEVICE_ID": "",
    }


@pytest.mark.parametrize("serial", ["5c2fafaabbcc", "5C2FAFAABBCC", "5c:2f:af:aa:bb:cc", "5C-2F-AF-AA-BB-CC"])
def test_a_serial_number_may_be_written_as_on_the_sticker(serial):
    assert parse(HW_P1_SERIAL=serial)["HW_P1_SERIAL"] == "5c2fafaabbcc"


@pytest.mark.parametrize(
    ("variable", "text", "complaint"),
    [
        ("HW_P1_HOST", "https://192.168.1.30", "without a port"),
        ("HW_P1_HOST", "192.168.1.30:80", "that is HW_P1_PORT"),
        *(
            ("HW_P1_HOST", address, "an IP address that there can be")
            for address in ("999.1.1.1", "1.2.3", "1:2:3", "::1::")
        ),
        ("HW_P1_PORT", "0", "from 1 to 65535"),
        ("HW_P1_TOKEN", "two words", "pair"),
        ("HW_P1_SERIAL", "appliance/p1dongle/5c2f", "such as 5c2fafaabbcc"),
        ("HW_P1_CA_FILE", "/dev/null", "PEM"),
        ("HW_P1_POLL_INTERVAL_S", "0.5", "1 second or more, because"),
        ("HW_P1_DEVICE_ID", "p,1", "without spaces and commas"),
    ],
)
def test_a_wrong_setting_is_explained(variable, text, complaint):
    with pytest.raises(SettingsError, match=f"{variable} must be .*{complaint}") as caught:
        parse(**{variable: text})
    assert "two words" not in str(caught.value), "a token is never repeated"


@pytest.mark.parametrize("host", ["::1", "fe80::1%eth0", "p1.local", "p1meter-aabbcc.lan.", "0.de"])
def test_names_and_addresses_of_both_kinds_are_hosts(host):
    assert parse(HW_P1_HOST=host)["HW_P1_HOST"] == host


def test_the_host_names_the_device_unless_it_has_a_name():
    assert SOURCE_TYPE.open(parse(), lambda: None).device_id == "192.168.1.30"
    source = SOURCE_TYPE.open(parse(HW_P1_DEVICE_ID="p1", HW_P1_POLL_INTERVAL_S="1"), lambda: None)
    assert (source.device_id, source.kind, source.poll_interval_s) == ("p1", "p1", 1)


@pytest.fixture
def environ(tmp_path):
    return {"VPS_INGEST_URL": "https://x.org", "VPS_DEVICE_TOKEN": "a-token-for-the-tests-0123456789"}


@pytest.mark.parametrize(
    ("names", "variables"),
    [
        ({"DEVICE_ID": "home", "HW_P1_DEVICE_ID": "home"}, "HW_P1_DEVICE_ID and DEVICE_ID"),
        ({"DEVICE_ID": "192.168.1.30"}, "HW_P1_HOST and DEVICE_ID"),
        ({"SUNGROW_HOST": "192.168.1.30"}, "HW_P1_HOST and SUNGROW_HOST"),
    ],
)
def test_two_devices_of_one_name_are_refused_with_both_variables(environ, names, variables):
    with pytest.raises(SettingsError, match=f"{variables} must differ"):
        config.load(environ | HOST | {"SUNGROW_HOST": "192.168.1.20"} | names)
    loaded = config.load(environ | HOST | {"SUNGROW_HOST": "192.168.1.20", "DEVICE_ID": "home"})
    assert [source.device_id for source in loaded.sources] == ["192.168.1.30", "home"]


@pytest.mark.parametrize("module", ["meter", "report", "telegram", "pairing", "dump"])
def test_a_daemon_imports_nothing_that_it_does_not_use(module):
    uses = "" if module == "meter" else "import sungaze_edge.sources.homewizard_p1.meter;"
    program = (
        f"import sys, sungaze_edge.sources as s; s.source_types(); {uses}"
        f"sys.exit('sungaze_edge.sources.homewizard_p1.{module}' in sys.modules or 'zoneinfo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

import subprocess
import sys

import pytest

from sungaze_edge.errors import SettingsError
from sungaze_edge.settings import read_settings
from sungaze_edge.sources.sungrow import SOURCE_TYPE

HOST = {"SUNGROW_HOST": "192.168.1.20"}


def parse(**environ):
    return read_settings(SOURCE_TYPE.settings, HOST | environ)


def test_the_host_alone_is_enough():
    assert parse() == {
        "SUNGROW_HOST": "192.168.1.20",
        "SUNGROW_PORT": 502,
        "SUNGROW_SLAVE_ID": 1,
        "POLL_INTERVAL_S": 5.0,
        "INTER_REGISTER_DELAY_MS": 20,
        "DEVICE_ID": "",
    }


@pytest.mark.parametrize("host", ["winet-s.local", "192.168.1.20", "fe80::1", "2001:db8::20", "winet_s"])
def test_names_and_addresses_are_hosts(host):
    assert parse(SUNGROW_HOST=host)["SUNGROW_HOST"] == host


@pytest.mark.parametrize(
    ("variable", "text", "complaint"),
    [
        ("SUNGROW_HOST", "http://192.168.1.20", "without http:// and without a port"),
        ("SUNGROW_HOST", "192.168.1.20:502", "that is SUNGROW_PORT"),
        ("SUNGROW_HOST", "winet..local", "a host name or IP address alone"),
        ("SUNGROW_HOST", "w" * 64 + ".local", "a host name or IP address alone"),
        ("SUNGROW_PORT", "70000", "from 1 to 65535"),
        ("SUNGROW_SLAVE_ID", "0", "from 1 to 247"),
        ("POLL_INTERVAL_S", "4.9", "5 seconds or more, because a WiNet-S"),
        ("POLL_INTERVAL_S", "nan", "5 seconds or more"),
        ("POLL_INTERVAL_S", "inf", "5 seconds or more"),
        ("POLL_INTERVAL_S", "often", "5 seconds or more"),
        ("INTER_REGISTER_DELAY_MS", "5", "from 20 to 5000 milliseconds"),
        ("DEVICE_ID", "roof,shed", "without spaces and commas"),
        ("DEVICE_ID", "r" * 129, "at most 128 printable characters"),
        ("DEVICE_ID", "ro\x07of", "at most 128 printable characters"),
    ],
)
def test_a_wrong_setting_is_explained(variable, text, complaint):
    with pytest.raises(SettingsError, match=f"{variable} must be .*{complaint}"):
        parse(**{variable: text})


def test_the_host_names_the_device_unless_it_has_a_name():
    assert SOURCE_TYPE.open(parse(), lambda: None).device_id == "192.168.1.20"
    source = SOURCE_TYPE.open(parse(DEVICE_ID="roof", POLL_INTERVAL_S="10"), lambda: None)
    assert (source.device_id, source.kind, source.poll_interval_s) == ("roof", "sungrow", 10)


def test_modbus_takes_no_memory_before_an_inverter_is_opened():
    program = "import sys, sungaze_edge.sources as s; s.source_types(); sys.exit('pymodbus' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

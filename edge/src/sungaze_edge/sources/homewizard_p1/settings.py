"""The settings of a P1 meter."""

import re
from pathlib import Path

from sungaze_edge.settings import Setting, certificates, device_id, host, interval, whole

_SERIAL = re.compile(r"[0-9a-z]{4,32}", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,256}")
_POLL = interval(1, "the meter tells nothing new faster")


def _serial(text: str) -> str:
    serial = re.sub(r"[\s:-]", "", text).lower()
    if not _SERIAL.fullmatch(serial):
        raise ValueError("the serial number on the dongle, such as 5c2fafaabbcc")
    return serial


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("the token that the meter gave, on one line, without spaces; 'sungaze-edge pair' gets one")
    return text


SETTINGS = (
    Setting("HW_P1_HOST", "host name or IP address of the HomeWizard P1 meter", host("HW_P1_PORT")),
    Setting("HW_P1_PORT", "its port; 443 with a token, 80 without", whole(1, 65535), None),
    Setting("HW_P1_TOKEN", "its token, where 'sungaze-edge pair' did not keep one", _token, "", secret=True),
    Setting("HW_P1_TOKEN_FILE", "where 'sungaze-edge pair' keeps the token", Path, Path("/data/p1_token.json")),
    Setting("HW_P1_SERIAL", "serial number of the dongle: no other is read", _serial, None),
    Setting(
        "HW_P1_CA_FILE",
        "certificates (PEM) to trust in place of the vendor's, for a simulated meter",
        certificates,
        None,
    ),
    Setting("HW_P1_POLL_INTERVAL_S", "seconds between two readings of the meter, 1 or more", _POLL, 2.0),
    Setting("HW_P1_DEVICE_ID", "name of the meter's readings on the server; HW_P1_HOST if not set", device_id, ""),
)

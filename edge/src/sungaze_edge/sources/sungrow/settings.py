"""The settings of a Sungrow source."""

import math
import re

from sungaze_edge.settings import Setting, whole

SHORTEST_POLL_S = 5

# A name, IPv4, or IPv6; a name with an empty or endless part makes the lookup itself raise.
_HOST = re.compile(r"([\w-]{1,63}\.)*[\w-]{1,63}\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*", re.ASCII)
_DEVICE_ID = re.compile(r"[^\s,]{1,128}")


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError("a host name or IP address alone, without http:// and without a port (that is SUNGROW_PORT)")
    return text


def _poll_interval(text: str) -> float:
    wanted = f"{SHORTEST_POLL_S} seconds or more, because a WiNet-S fails when it is polled faster"
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(wanted) from None
    if not SHORTEST_POLL_S <= seconds < math.inf:
        raise ValueError(wanted)
    return seconds


def _device_id(text: str) -> str:
    if not (_DEVICE_ID.fullmatch(text) and text.isprintable()):
        raise ValueError("a name of at most 128 printable characters, without spaces and commas")
    return text


SETTINGS = (
    Setting("SUNGROW_HOST", "host name or IP address of the WiNet-S or of the inverter's LAN port", _host),
    Setting("SUNGROW_PORT", "its Modbus TCP port", whole(1, 65535), 502),
    Setting("SUNGROW_SLAVE_ID", "Modbus unit id of the inverter", whole(1, 247), 1),
    Setting("POLL_INTERVAL_S", "seconds between two readings of the inverter, 5 or more", _poll_interval, 5.0),
    Setting(
        "INTER_REGISTER_DELAY_MS",
        "pause between two requests to the inverter, in milliseconds",
        whole(20, 5000, "milliseconds"),
        20,
    ),
    Setting("DEVICE_ID", "name of the inverter's readings on the server; SUNGROW_HOST if not set", _device_id, ""),
)

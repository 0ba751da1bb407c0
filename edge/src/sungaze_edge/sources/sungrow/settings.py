"""The settings of a Sungrow source."""

from sungaze_edge.settings import Setting, device_id, host, interval, whole

_POLL = interval(5, "a WiNet-S fails when it is polled faster")

SETTINGS = (
    Setting(
        "SUNGROW_HOST", "host name or IP address of the WiNet-S or of the inverter's LAN port", host("SUNGROW_PORT")
    ),
    Setting("SUNGROW_PORT", "its Modbus TCP port", whole(1, 65535), 502),
    Setting("SUNGROW_SLAVE_ID", "Modbus unit id of the inverter", whole(1, 247), 1),
    Setting("POLL_INTERVAL_S", "seconds between two readings of the inverter, 5 or more", _POLL, 5.0),
    Setting(
        "INTER_REGISTER_DELAY_MS",
        "pause between two requests to the inverter, in milliseconds",
        whole(20, 5000, "milliseconds"),
        20,
    ),
    Setting("DEVICE_ID", "name of the inverter's readings on the server; SUNGROW_HOST if not set", device_id, ""),
)

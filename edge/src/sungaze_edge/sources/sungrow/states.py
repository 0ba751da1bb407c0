"""What the status codes of the inverter mean, in words."""

RUNNING_STATES = {
    0x0000: "Running",  # through WiNet-S, and SH10RS; not "no data"
    0x0040: "Running",
    0x0014: "Microgrid",
    0x0041: "Off-grid charge",
    0x0400: "Battery maintenance",
    0x0800: "Forced mode",
    0x1000: "Off-grid",
    0x2000: "Open loop",
    0x4000: "External EMS",
    0x4001: "Emergency charge",
    0x1111: "Uninitialised",
    0x8000: "Stop",
    0x0001: "Stop",
    0x1300: "Key stop",
    0x0002: "Key stop",
    0x1500: "Emergency stop",
    0x0004: "Emergency stop",
    0x1400: "Standby",
    0x0008: "Standby",
    0x1200: "Initial standby",
    0x0010: "Initial standby",
    0x1600: "Starting",
    0x0020: "Starting",
    0x1800: "Building",
    0x9100: "Running with warning",
    0x8100: "Derating",
    0x0080: "Derating",
    0x8200: "Dispatch",
    0x5500: "Fault",
    0x0100: "Fault",
    0x1700: "AFCI",
    0x1900: "Safe mode",
    0x0200: "Update failed",
    0x2500: "Internal comms fault",
    0x2501: "Restarting",
}
"""Register 13000; vendor protocol V1.1.15. LAN and WiNet-S use different codes for one state."""

LAN_ONLY_STATES = frozenset((0x0040, 0x0001, 0x0002, 0x0004, 0x0008, 0x0010, 0x0020, 0x0080, 0x0100))
WINET_S_STATES = frozenset((0x0000, 0x1200, 0x1300, 0x1400, 0x1500, 0x1600, 0x5500, 0x8100, 0x9100))

OUTPUT_TYPES = {0: "1P", 1: "3P4L", 2: "3P3L"}
"""Register 5002: single phase, three-phase four-wire, three-phase three-wire."""

FLOW_BITS = {
    "flow_pv_generating": 0,
    "flow_battery_charging": 1,
    "flow_battery_discharging": 2,
    "flow_load_positive": 3,
    "flow_exporting": 4,
    "flow_importing": 5,
    "flow_load_negative": 7,
}
"""Bits of register 13001."""

EXCEPTIONS = {
    1: "function not supported",
    2: "address not supported",
    3: "value not accepted",
    4: "device failure or busy",
    5: "acknowledged, still working",
    6: "busy",
    8: "memory error",
    10: "gateway has no path",
    11: "gateway got no answer from the device",
}
"""Modbus exception codes."""


def running_state_text(code: int) -> str:
    """Name a running state; an unknown code is shown, never an error."""
    return RUNNING_STATES.get(code, f"Unknown (0x{code:04X})")


def flow_bit(status: int, name: str) -> bool:
    """Tell whether one bit of the power flow status is set."""
    return bool(status >> FLOW_BITS[name] & 1)

"""The house of the demo: the recorded inverter lives on in it."""

from dataclasses import replace
from datetime import UTC, datetime

from sungaze_sim.capture import CaptureWorld
from sungaze_sim.house import House
from sungaze_sim.profile import MODELS, Firmware, Profile
from sungaze_sim.state import Counters
from sungaze_sim.world import HouseWorld

HOUSE_SPEED = 240
"""Four minutes in the house are one second here: a day takes six minutes."""
_SPRING_AFTERNOON = datetime(2026, 3, 21, 13, 30, tzinfo=UTC)
_BATTERY_POWER_W = 400
"""Less than the evening takes, so that the grid has something to do."""
_SERIAL_NUMBER = "A2350400000"
_COUNTERS = (
    "pv_total_kwh",
    "import_total_kwh",
    "export_total_kwh",
    "battery_charge_total_kwh",
    "battery_discharge_total_kwh",
    "pv_total_kwh",  # in place of the output counter, which no reading carries
)


def living_house(recorded: CaptureWorld) -> HouseWorld:
    """Let the recorded inverter live on: the same device, whose counters go on from where they stood."""
    stood = recorded.snapshot().truth
    counters = Counters(*(stood.get(name) or 0.0 for name in _COUNTERS))
    profile = Profile(model=MODELS["SH8.0RT-20"], firmware=Firmware.MAGNITUDE, serial_number=_SERIAL_NUMBER)
    spec = replace(profile.house_spec(), battery_max_power_w=_BATTERY_POWER_W)
    return HouseWorld(House(_SPRING_AFTERNOON, spec=spec, counters=counters), profile, speed=HOUSE_SPEED)

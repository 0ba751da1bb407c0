"""Which inverter is simulated, how it is reached and how its firmware writes signs."""

from dataclasses import dataclass
from enum import StrEnum

from sungaze_sim.house import HouseSpec


class Path(StrEnum):
    """How the inverter is reached; the same register differs in scale and code between the two."""

    WINET = "winet"
    LAN = "lan"


class Firmware(StrEnum):
    """How the firmware tells the direction of the battery."""

    SIGNED = "signed"
    """13021, 13022, 5214 and 5631 carry a sign, negative = charging (RT since 95.03, T, most RS)."""
    MAGNITUDE = "magnitude"
    """13021 and 13022 have no sign; the bits of 13001 tell the direction (RT up to 95.01)."""
    STUCK = "stuck"
    """Magnitudes again, and 13001 is 0 for ever: only the balance of DC and AC power is left."""


@dataclass(frozen=True, slots=True)
class Model:
    """A row of the vendor's appendix 1."""

    name: str
    type_code: int
    rated_w: int
    trackers: int
    phases: int


MODELS = {
    model.name: model
    for model in (
        Model("SH3.0RS", 0xD17, 3000, 2, 1),
        Model("SH3.6RS", 0xD0D, 3680, 2, 1),
        Model("SH4.0RS", 0xD18, 4000, 2, 1),
        Model("SH5.0RS", 0xD0F, 5000, 2, 1),
        Model("SH6.0RS", 0xD10, 6000, 2, 1),
        Model("SH8.0RS", 0xD1A, 8000, 4, 1),
        Model("SH10RS", 0xD1B, 10000, 4, 1),
        Model("SH5.0RT", 0xE00, 5000, 2, 3),
        Model("SH6.0RT", 0xE01, 6000, 2, 3),
        Model("SH8.0RT", 0xE02, 8000, 2, 3),
        Model("SH10RT", 0xE03, 10000, 2, 3),
        Model("SH8.0RT-20", 0xE12, 8000, 2, 3),
        Model("SH10RT-20", 0xE13, 10000, 2, 3),
        Model("SH10RT-V112", 0xE0F, 10000, 2, 3),
        Model("SH10T", 0xE23, 10000, 2, 3),
        Model("SH15T", 0xE25, 15000, 3, 3),
        Model("SH25T", 0xE28, 25000, 3, 3),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One installation: what a decoder would have to find out by itself."""

    model: Model = MODELS["SH4.0RS"]
    path: Path = Path.WINET
    firmware: Firmware = Firmware.SIGNED
    battery: bool = True
    meter: bool = True
    serial_number: str = "A2240100042"

    def house_spec(self) -> HouseSpec:
        """Give a house whose roof and battery suit the inverter."""
        rated_w = self.model.rated_w
        return HouseSpec(
            inverter_rated_w=rated_w,
            pv_peak_w=1.3 * rated_w,
            battery_capacity_kwh=2.4 * round(rated_w / 1000) if self.battery else 0,
            battery_max_power_w=rated_w,
        )

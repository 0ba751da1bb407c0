"""Numbers as the page writes them in English, and a home's energies from what the API says of its devices."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

SPACE = "\u00a0"
type Amounts = dict[str, float | None]
type Bucket = dict[str, Any]

INVERTER_KWH = {
    "pv": "pv_kwh",
    "load": "load_kwh",
    "charge": "battery_charge_kwh",
    "discharge": "battery_discharge_kwh",
}
METER_KWH = {"import": "import_kwh", "export": "export_kwh"}
NAMES = ("pv", "load", "import", "export", "charge", "discharge")
"""In the order of the page."""


def number(value: float, digits: int) -> str:
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def energy(kwh: float | None) -> str:
    if kwh is None:
        return "\u2013"
    if kwh >= 9999.5:
        return f"{number(kwh / 1000, 1)}{SPACE}MWh"
    return f"{number(kwh, 1 if kwh < 99.95 else 0)}{SPACE}kWh"


def power(watts: float) -> str:
    if watts < 999.5:
        return f"{number(watts, 0)}{SPACE}W"
    return f"{number(watts / 1000, 2 if watts < 9995 else 1)}{SPACE}kW"


def home_kwh(inverter: Bucket, meter: Bucket) -> Amounts:
    """Give the energies of one bucket: the grid's are the meter's, by which one pays; all others the inverter's."""
    return {name: inverter.get(field) for name, field in INVERTER_KWH.items()} | {
        name: meter.get(field) for name, field in METER_KWH.items()
    }


def home_w(inverter: Bucket, meter: Bucket) -> Amounts:
    """Give the mean powers of one bucket, by the same rule; of what went both ways within it the difference counts."""
    charged, imported, net = (
        inverter.get("avg_battery_power_w"),
        meter.get("avg_import_power_w"),
        meter.get("avg_power_w"),
    )
    return {
        "pv": inverter.get("avg_pv_power_w"),
        "load": inverter.get("avg_load_power_w"),
        "import": imported,
        "export": None if imported is None or net is None else round(max(0, imported - net), 6),
        "charge": None if charged is None else max(0, charged),
        "discharge": None if charged is None else max(0, -charged),
    }


def total(buckets: list[Amounts], name: str) -> float | None:
    known = [value for amounts in buckets if (value := amounts[name]) is not None]
    return sum(known) if known else None


def share(whole: float, lost: float) -> str:
    return f"{number(min(100, max(0, 100 * (whole - lost) / whole)), 0)}{SPACE}%"

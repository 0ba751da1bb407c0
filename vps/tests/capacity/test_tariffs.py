"""`CAPACITY_TARIFFS`: what it may hold, and what is said of mistakes."""

import pytest

from sungaze_vps.config import load_config
from sungaze_vps.errors import ConfigError
from sungaze_vps.tariffs import CapacityTariff

REQUIRED = {"database_url": "sqlite:///x.db", "redis_url": "memory://", "device_tokens": "a-token-for-the-tests:home"}


def tariffs(text):
    return load_config(**REQUIRED, capacity_tariffs=text).capacity_tariffs


def test_a_year_has_a_rate_a_vat_flag_and_maybe_a_source():
    assert tariffs("2026:49.4036563:excl:Fluvius Antwerpen: laagspanning, 2025:50:incl,") == {
        2026: CapacityTariff(2026, 49.4036563, vat_included=False, source="Fluvius Antwerpen: laagspanning"),
        2025: CapacityTariff(2025, 50, vat_included=True, source=None),
    }


def test_none_is_needed():
    assert load_config(**REQUIRED).capacity_tariffs == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026:49.4", "entry 1 (2026:49.4) must be year:rate:excl or year:rate:incl"),
        ("26:49.4:excl", "must begin with a year such as 2026"),
        ("2026:49,4:excl", "entry 1 (2026:49) must be year:rate:excl"),
        ("2026:0:excl", "must have euros per kW and year after the year"),
        ("2026:-1:incl", "must have euros per kW and year after the year"),
        ("2026:49.4:vat", "must say after the rate whether it has VAT in it: incl or excl"),
        ("2026:49.4:excl,2026:50:excl", "entry 2 names the year 2026 again"),
    ],
)
def test_each_mistake_is_named(text, reason):
    with pytest.raises(ConfigError) as found:
        tariffs(text)
    assert all(line.startswith("CAPACITY_TARIFFS entry ") for line in found.value.mistakes)
    assert reason in found.value.mistakes[0]


def test_the_summary_tells_the_years_alone():
    assert (
        "capacity_tariffs=2025 2026"
        in load_config(**REQUIRED, capacity_tariffs="2026:49.4:excl:a note,2025:50:incl").summary()
    )

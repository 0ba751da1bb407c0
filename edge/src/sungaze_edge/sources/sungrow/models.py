"""Device type codes (register 5000): the model's name, its PV inputs and its phases."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """One inverter model; None is "the vendor's table does not say"."""

    name: str
    mppts: int | None
    phases: int | None


def _family(first_code: int, names: str, mppts: int | None, phases: int | None, suffix: str = "") -> dict[int, Model]:
    return {first_code + n: Model(name + suffix, mppts, phases) for n, name in enumerate(names.split())}


_RT = "SH5.0RT SH6.0RT SH8.0RT SH10RT"

MODELS: dict[int, Model] = {
    0xD0D: Model("SH3.6RS", 2, 1),
    0xD0E: Model("SH4.6RS", 2, 1),  # community only
    0xD0F: Model("SH5.0RS", 2, 1),
    0xD10: Model("SH6.0RS", 2, 1),
    0xD17: Model("SH3.0RS", 2, 1),
    0xD18: Model("SH4.0RS", 2, 1),
    0xD1A: Model("SH8.0RS", 4, 1),
    0xD1B: Model("SH10RS", 4, 1),
    **_family(0xE00, _RT, 2, 3),
    **_family(0xE10, _RT, 2, 3, "-20"),
    **_family(0xE0C, _RT, 2, 3, "-V112"),
    **_family(0xE08, _RT, 2, 3, "-V122"),
    **_family(0xE20, "SH5T SH6T SH8T SH10T SH12T", 2, 3),
    **_family(0xE25, "SH15T SH20T", 3, 3),
    0xE28: Model("SH25T", 3, 3),
    **_family(0xD27, "MG5RL MG6RL", None, None),
    **_family(0xD29, "MG8RL MG10RL", None, None),
    **_family(0xD2B, "SH5RL SH6RL SH8RL SH10RL", None, None),
    0xD2F: Model("MG12RL", None, None),
    0xD31: Model("MG7.5RL", None, None),
    0xE51: Model("SH50CX", None, 3),
    0xE52: Model("SH80CX", None, 3),
    0xE39: Model("SH100CX", None, 3),
    0xE3A: Model("SH110CX", None, 3),
    0xE3D: Model("SH125CX", None, 3),
    0xD03: Model("SH5K-V13", 2, 1),
    0xD06: Model("SH3K6", 2, 1),
    0xD07: Model("SH4K6", 2, 1),
    0xD09: Model("SH5K-20", 2, 1),
    0xD0A: Model("SH3K6-30", 2, 1),
    0xD0B: Model("SH4K6-30", 2, 1),
    0xD0C: Model("SH5K-30", 2, 1),
}
"""Vendor protocol V1.1.15, appendix 1."""


def model_of(code: int) -> Model:
    """Find the model of a device type code; an unknown code is named after itself."""
    return MODELS.get(code) or Model(f"Unknown (0x{code:04X})", None, None)

"""Electricity meters with a P1 port, through a HomeWizard P1 dongle (local API, version 2 or 1)."""

from collections.abc import Mapping
from typing import Any

from sungaze_edge.source import Now, Pairing, Source, SourceType, Teller
from sungaze_edge.sources.homewizard_p1.settings import SETTINGS

# Nothing below is imported before it is used: one that polls has no memory for captures and pairing.


def _open(values: Mapping[str, Any], now: Now) -> Source:
    from sungaze_edge.sources.homewizard_p1.meter import P1Meter  # noqa: PLC0415 - see above

    return P1Meter(values, now)


def _recognises(document: Any) -> bool:
    from sungaze_edge.sources.homewizard_p1.report import is_known  # noqa: PLC0415 - see above

    return is_known(document)


def _decode(document: Any) -> dict[str, Any]:
    from sungaze_edge.sources.homewizard_p1.report import decode  # noqa: PLC0415 - see above

    return decode(document)


async def _dump(values: Mapping[str, Any]) -> dict[str, Any]:
    from sungaze_edge.sources.homewizard_p1.dump import dump_answers  # noqa: PLC0415 - see above

    return await dump_answers(values)


async def _pair(values: Mapping[str, Any], wish: Pairing, teller: Teller) -> None:
    from sungaze_edge.sources.homewizard_p1.pairing import pair  # noqa: PLC0415 - see above

    await pair(values, wish, teller)


SOURCE_TYPE = SourceType(
    kind="p1",
    settings=SETTINGS,
    host_variable="HW_P1_HOST",
    device_id_variable="HW_P1_DEVICE_ID",
    open=_open,
    recognises=_recognises,
    decode=_decode,
    dump=_dump,
    pair=_pair,
)

"""Sungrow SH hybrid inverters, through a WiNet-S dongle or the inverter's own LAN port (Modbus TCP)."""

from collections.abc import Mapping
from typing import Any

from sungaze_edge.source import Now, Source, SourceType
from sungaze_edge.sources.sungrow.settings import SETTINGS

# Nothing below is imported before it is used: a daemon that reads other devices has no memory for Modbus,
# and one that polls has none for captures.


def _open(values: Mapping[str, Any], _: Now) -> Source:
    from sungaze_edge.sources.sungrow.inverter import SungrowInverter  # noqa: PLC0415 - see above

    return SungrowInverter(values)


def _recognises(document: Any) -> bool:
    from sungaze_edge.sources.sungrow.capture import is_capture  # noqa: PLC0415 - see above

    return is_capture(document)


def _decode(document: Any) -> dict[str, Any]:
    from sungaze_edge.sources.sungrow.report import decode_capture  # noqa: PLC0415 - see above

    return decode_capture(document)


async def _dump(values: Mapping[str, Any]) -> dict[str, Any]:
    from sungaze_edge.sources.sungrow.dump import dump_registers  # noqa: PLC0415 - see above

    return await dump_registers(values)


SOURCE_TYPE = SourceType(
    kind="sungrow",
    settings=SETTINGS,
    host_variable="SUNGROW_HOST",
    device_id_variable="DEVICE_ID",
    open=_open,
    recognises=_recognises,
    decode=_decode,
    dump=_dump,
)

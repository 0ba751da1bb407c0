"""What the contract says of a body, in slow and plain Python: written without a look at how the server does it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from fuzz.server_rules import NOW
from sungaze_vps.measurement import Field, Measurement
from sungaze_vps.measurements import measurements

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_OLDEST, _LATEST = datetime(2010, 1, 1, tzinfo=UTC), NOW + timedelta(days=1)
_VALUE_TIMES = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # pairs of them, too: simpler, and there are few
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

type Row = tuple[Any, ...]


class Unsure(Exception):  # noqa: N818 - no mistake of anybody's
    """What nobody has decided: a form of time that a lenient reader may take, a key that stands twice."""


class Bad(Exception):  # noqa: N818 - the sample's mistake
    """The sample is to be refused."""


def samples_of(body: bytes) -> list[Any]:
    """Read a body; raises Bad where it is not of the shape `{"samples": [...]}`."""
    try:
        text = body.decode()
    except UnicodeDecodeError:  # the parser looks at the UTF-8 of what it takes, not of what it skips
        raise Unsure from None
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole)
    except ValueError:
        raise Bad from None
    except RecursionError:
        raise Unsure from None
    if _LONE_SURROGATE.search(text):
        raise Unsure
    if not isinstance(document, dict) or not isinstance(document.get("samples"), list):
        raise Bad
    return list(document["samples"])


def row_of(sample: Any) -> tuple[Measurement, Row]:
    """Give kind and row (times in ms), or raise Bad or Unsure."""
    if not isinstance(sample, dict):
        raise Bad
    kinds = measurements()
    kind = sample.get("kind", "p1" if "power_w" in sample else "sungrow")
    if not isinstance(kind, str) or kind not in kinds:
        raise Bad
    measurement = kinds[kind]
    device_id, count = sample.get("device_id"), sample.get("sample_count", 1)
    if not isinstance(device_id, str) or not 1 <= len(device_id) <= 128:
        raise Bad
    if isinstance(count, float) and count.is_integer():
        raise Unsure
    if type(count) is not int or not 1 <= count <= 1_000_000:
        raise Bad
    ts = _moment_ms(sample.get("ts"), _OLDEST, _LATEST)
    values = [_value(field, sample.get(field.name)) for field in measurement.fields]
    if not any(field.name in sample for field in measurement.fields):
        raise Bad
    return measurement, (device_id, ts, count, *values)


def _value(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.type == "time":
        return _moment_ms(value, *_VALUE_TIMES)
    if field.type == "text":
        if not isinstance(value, str) or len(value) > 200 or _CONTROL.search(value):
            raise Bad
        return value
    if type(value) not in (int, float) or not field.minimum <= value <= field.maximum:
        raise Bad
    return float(value)


def _moment_ms(text: Any, oldest: datetime, latest: datetime) -> int:
    if not isinstance(text, str):
        raise Bad
    if not _TIME.fullmatch(text):
        if len(text) < 16 or not text[:4].isdecimal():
            raise Bad
        raise Unsure
    try:
        moment = datetime.fromisoformat(text)
        if not oldest <= moment <= latest:
            raise Bad
    except OverflowError:
        raise Bad from None
    except ValueError:
        raise Unsure from None
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) // 1000


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Unsure
    return dict(pairs)


def _whole(text: str) -> int | float:
    return int(text) if len(text) < 400 else float(text)


def _no_constant(name: str) -> None:
    raise ValueError(name)

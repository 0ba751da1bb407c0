"""What a meter's dongle tells, from its JSON or its telegram to what the server stores."""

import json
from typing import Any

from fuzz.choices import Choices
from fuzz.documents import TIMES, document
from fuzz.server_rules import NOW, require_accepted
from sungaze_edge.errors import CaptureError, SourceUnusableError
from sungaze_edge.sources.homewizard_p1.fields import MEASUREMENT_KEYS
from sungaze_edge.sources.homewizard_p1.normalizer import measure, wire_values
from sungaze_edge.sources.homewizard_p1.telegram import is_telegram, parse_telegram
from sungaze_edge.sources.homewizard_p1.watchdog import MeterWatch

_WORDS = (
    *sorted(MEASUREMENT_KEYS),
    *("tariff", "timestamp", "type", "unit", "value", "m3", "gas_meter", "water_meter", *TIMES),
)
_CODES = (
    *("1-0:1.8.0", "1-0:1.8.1", "1-0:2.8.2", "1-0:1.7.0", "1-0:2.7.0", "1-0:21.7.0", "1-0:32.7.0", "1-0:31.7.0"),
    *("0-0:1.0.0", "0-0:96.14.0", "0-0:96.1.1", "1-0:1.4.0", "1-0:1.6.0", "0-0:98.1.0", "0-1:24.1.0", "0-1:24.2.1"),
)
_PARTS = (
    *("001234.567*kWh", "00.676*kW", "nan", "inf*kW", "-inf", "1e308*kW", "1e400", "1_0", "٣", "", "003", "007", "0"),
    *("240628141234S", "241027023000W", "632525252525W", "000000000000S", "991231235959W", "x" * 300, "0001", "\ud800"),
)


def p1_body(data: bytes) -> None:
    """Makes of any JSON object finite values that the server accepts unchanged, or refuses it in words."""
    choices = Choices(data)
    is_raw = not choices.number(0, 3)
    text = choices.rest().decode("utf-8", "replace") if is_raw else document(choices, _WORDS)
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(body, dict):
        _require_sound(body)


def p1_telegram(data: bytes) -> None:
    """Makes of any text finite values that the server accepts unchanged, or says that it is no telegram."""
    choices = Choices(data)
    is_raw = not choices.number(0, 3)
    text = choices.rest().decode("utf-8", "surrogateescape") if is_raw else _telegram(choices)
    try:
        body, more = parse_telegram(text)
    except CaptureError:
        assert not is_telegram(text)
        return
    assert parse_telegram(text) == (body, more)
    _require_sound(body)
    json.dumps(more, allow_nan=False)


def _require_sound(body: dict[str, Any]) -> None:
    watch = MeterWatch()
    for now_s in (0.0, 1.0, 400.0):
        measured = measure(body)
        try:
            watch.check_silence(body, measured, now_s)
        except SourceUnusableError as error:
            assert str(error)
        measured = watch.without_broken_sums(measured)
        moments = watch.moments(measured, NOW, now_s)
        watch.note_changes(measured, moments, NOW)
        values = wire_values(measured, moments)
        assert values == wire_values(measured, moments)
        require_accepted("p1", values)


def _telegram(choices: Choices) -> str:
    lines = ["/FLU5\\253769484_A", ""]
    for _ in range(choices.number(0, 20)):
        parts = "".join(f"({choices.pick(_PARTS)})" for _ in range(choices.number(0, 6)))
        lines.append(choices.pick(_CODES) + parts)
    return "\r\n".join([*lines, "!" + choices.pick(("", "0000", "XRPT"))])

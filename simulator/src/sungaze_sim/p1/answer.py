"""An answer of the dongle, and the telegram it hands out."""

import json
from dataclasses import dataclass
from typing import Any

from sungaze_sim.faults import Faults
from sungaze_sim.p1.http import Response, as_json
from sungaze_sim.p1.telegram import Telegram

_OFTEN_MISSING = ("_l1_", "_l2_", "_l3_", "tariff", "gas")


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send; `telegram` and `truth` are there when it is a measurement."""

    response: Response
    telegram: Telegram | None = None
    truth: dict[str, float | str | None] | None = None
    faults: tuple[str, ...] = ()
    """What changed the values, so that the truth does not say what was served."""
    is_whole: bool = True
    """A client can read it."""


def measurement(
    body: dict[str, Any], telegram: Telegram, truth: dict[str, float | str | None], faults: Faults
) -> Answer:
    """Answer with a measurement, changed or spoiled as the faults have it."""
    struck = []
    if faults.take("no_totals"):
        body = {name: value for name, value in body.items() if not name.endswith(("_import_kwh", "_export_kwh"))}
    if faults.take("nulls"):
        body = {name: None if any(word in name for word in _OFTEN_MISSING) else body[name] for name in body}
        struck.append("nulls")
    text = json.dumps(body).encode()
    if faults.take("garbage"):
        return Answer(Response(200, b"\x00\xff<html>" + text[:40], "application/json"), is_whole=False)
    if faults.take("truncated"):
        return Answer(Response(200, text[: len(text) // 2], "application/json"), is_whole=False)
    return Answer(as_json(body), telegram, truth, tuple(struck))


def refusal(code: str, status: int) -> Answer:
    """Answer with an error of the API v2."""
    return Answer(as_json({"error": code}, status))

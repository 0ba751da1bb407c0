"""`sungaze-edge healthcheck`: judges the health file. Imports little, for Docker runs it twice a minute."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sungaze_edge.clock import Instant

_FILE_STALE_S = 120.0


def illness(path: Path, now: Instant) -> str | None:
    """Judge a health file: None when all is well, otherwise one sentence.

    Ill is: no fresh file; a source not read for a minute or six intervals, whichever is longer; readings that wait
    while nothing was delivered for a quarter of an hour; a token that the server refuses, for all devices or for one;
    readings refused, and none stored, for a quarter of an hour; a spool that cannot store.
    """
    try:
        return next(_symptoms(json.loads(path.read_text(encoding="utf-8")), now), None)
    except OSError as error:
        return f"There is no health file {path} ({error.strerror}): the daemon does not run, or runs elsewhere."
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"The health file {path} makes no sense: another program's?"


def _symptoms(state: dict[str, Any], now: Instant) -> Iterator[str]:
    if state["stopped"]:
        yield f"The daemon was stopped at {state['written']}."
    age_s = now.monotonic_s - state["uptime_s"]
    if state["boot_id"] != now.boot_id or age_s > _FILE_STALE_S:
        yield f"The health file was last written at {state['written']}: the daemon does not run."
    for source in state["sources"]:
        silent_s = source["age_s"] + age_s
        if source["storage_error"]:
            yield f"Readings of {source['device_id']} cannot be stored: {source['storage_error']}"
        if silent_s > source["stale_after_s"]:
            yield f"{source['device_id']} was not read for {silent_s:.0f} s: {source['last_error']}"
    if state["spool"]["error"]:
        yield str(state["spool"]["error"])
    yield from _delivery_symptoms(state["upload"], state["spool"]["rows"], age_s)


def _delivery_symptoms(upload: dict[str, Any], rows: int | None, age_s: float) -> Iterator[str]:
    stuck_s = upload["waiting_s"] + age_s
    if upload["denied"]:
        yield f"Nothing is delivered: {upload['last_error']}"
    if upload["denied_devices"]:
        yield (
            f"Readings of {', '.join(upload['denied_devices'])} are not delivered: the server knows the token, but not "
            "for this device; check VPS_DEVICE_TOKEN and DEVICE_ID against its DEVICE_TOKENS"
        )
    if upload["refused_s"] is not None and upload["refused_s"] + age_s > upload["stale_after_s"]:
        yield (
            f"The server refuses readings and has stored none for {upload['refused_s'] + age_s:.0f} s; "
            f"'sungaze-edge spool list' shows them: {upload['last_error']}"
        )
    if rows and stuck_s > upload["stale_after_s"]:
        yield f"{rows} readings wait, none delivered for {stuck_s:.0f} s: {upload['last_error']}"

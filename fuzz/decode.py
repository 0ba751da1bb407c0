"""`sungaze-edge decode FILE`: JSON of what a file means, or exit 2 and a sentence."""

import atexit
import io
import json
import shutil
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

from fuzz.choices import Choices
from fuzz.documents import document, value
from sungaze_edge.cli import main
from sungaze_edge.sources.homewizard_p1.fields import MEASUREMENT_KEYS

_WORDS = (
    *("registers", "holding_registers", "reads", "blocks", "exception_exchanges", "address_base", "function_codes"),
    *(
        "fc",
        "start",
        "wire_start",
        "words",
        "values",
        "address",
        "count",
        "response_hex",
        "5000",
        "0x1388",
        "13022",
        "ts",
    ),
    *("requests", "api", "status", "body", "body_text", "type", "data", "error", "id", "code", "message", "serial"),
    *("product_type", "product_name", "firmware_version", "measurement", "external", "protocol", "wire", "unique_id"),
    *(
        "cloud_enabled",
        "identify",
        "token",
        "current",
        "name",
        "local/x",
        "user:unauthorized",
        *sorted(MEASUREMENT_KEYS),
    ),
)


def decode(data: bytes) -> None:
    """Prints JSON and exits 0, or exits 2 with one short sentence; never a traceback, whatever the file holds."""
    choices = Choices(data)
    kind = choices.number(0, 3)
    if kind:
        text = value(choices, _WORDS) if kind == 1 else document(choices, _WORDS)
        content = text.encode("utf-8", "replace")
    else:
        content = choices.rest()
    path = Path(_folder()) / "capture.json"
    path.write_bytes(content)
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    complaint = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with redirect_stdout(output), redirect_stderr(complaint):
        status = main(["decode", str(path)])
    printed, said = _text(output), _text(complaint)
    if status == 0:
        json.loads(printed, parse_constant=_no_constant)
        assert not said
        return
    assert status == 2
    assert not printed
    assert len(said.strip().splitlines()) == 1, said[:500]
    assert len(said) < 1000, "a sentence nobody reads"


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="sungaze-fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")

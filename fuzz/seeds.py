"""Where the first inputs come from: recordings, and the examples of the contract."""

import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "edge/src/sungaze_edge/sources"
RAW = b"\0"
"""Before an input that a target shall take as it is, instead of making decisions of it."""


def recordings(source: str = "*") -> Iterator[bytes]:
    """Give the recorded answers of devices."""
    for path in sorted(SOURCES.glob(f"{source}/cases/*/capture.json")):
        yield RAW + path.read_bytes()


def telegrams() -> Iterator[bytes]:
    """Give the recorded telegrams of meters."""
    for path in sorted(SOURCES.glob("homewizard_p1/cases/*/capture.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, str):
            yield RAW + document.encode()


def bodies() -> Iterator[bytes]:
    """Give the bodies of ingests in the contract: each as it should be sent, and in one of the ways it should not."""
    way = 0
    for name in ("ingest_accepted", "ingest_refused"):
        for case in json.loads((ROOT / f"contract/v1/{name}.json").read_text(encoding="utf-8")):
            if "body" in case:
                body, way = json.dumps(case["body"]).encode(), way % 13 + 1
                yield from (RAW + RAW + body, bytes((way,)) + RAW + body)


def decisions() -> Iterator[bytes]:
    """Give some that lead a target which decides by its input into several corners."""
    yield b""
    for number in range(12):
        yield bytes((number * 37 + position * (number + 11)) % 256 for position in range(20 + 12 * number))

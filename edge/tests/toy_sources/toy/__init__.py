"""A kind of source without a device: counts its reads and, if asked to, keeps a journal of them."""

import asyncio
import itertools
import os
from pathlib import Path

from sungaze_edge.errors import SourceUnavailableError
from sungaze_edge.settings import Setting
from sungaze_edge.source import SourceType


class Toy:
    kind = "toy"
    about = "a toy"

    def __init__(self, values, _):
        self.device_id = values["TOY_HOST"]
        self.poll_interval_s = values["TOY_INTERVAL_S"]
        self.numbers = itertools.count()
        self.journal = Path(os.environ.get("TOY_JOURNAL", os.devnull))

    async def read(self):
        if self.device_id == "broken":
            raise SourceUnavailableError("nobody answers")
        await asyncio.sleep(float(os.environ.get("TOY_READ_S", "0")))
        number = next(self.numbers)
        self.note(number)
        return {"power_w": number, "process": os.getpid()}

    async def close(self):
        self.note("closed")

    def note(self, what):
        with self.journal.open("a") as journal:
            print(what, file=journal)


async def dump(values):
    return {"toy": values["TOY_HOST"]}


SOURCE_TYPE = SourceType(
    kind="toy",
    settings=(Setting("TOY_HOST", "the toy's address"), Setting("TOY_INTERVAL_S", "seconds", float, 0.02)),
    host_variable="TOY_HOST",
    open=Toy,
    recognises=lambda document: isinstance(document, dict) and "toy" in document,
    decode=lambda document: {"kind": "toy", "device_id": document["toy"]},
    dump=dump,
)

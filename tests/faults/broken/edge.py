"""The edge with a bug planted in it, for the check that the check can fail. FAULTS_BUG names the bug."""

import os

from faults import fast_edge
from sungaze_edge.errors import DeliveryError
from sungaze_edge.server import Answer, Server
from sungaze_edge.sources.sungrow import inverter
from sungaze_edge.spool import Spool


def uploader():
    """Hold a batch for delivered before the server has said anything."""

    async def ingest(self, samples, _ingest=Server.ingest):
        try:
            return await _ingest(self, samples)
        except DeliveryError:
            return Answer(200, {"inserted": len(samples)}, None, None)

    Server.ingest = ingest


def spool():
    """Gather readings in memory and write twenty at once."""
    gathered = []

    async def enqueue(self, reading, _enqueue=Spool.enqueue):
        gathered.append(reading)
        if len(gathered) >= 20:
            while gathered:
                await _enqueue(self, gathered.pop(0))

    Spool.enqueue = enqueue


def normalizer(_normalize=inverter.normalize):
    """Take charging for discharging."""

    def normalize(registers):
        values = dict(_normalize(registers))
        if values.get("battery_power_w"):
            values["battery_power_w"] = -values["battery_power_w"]
        return values

    inverter.normalize = normalize


if __name__ == "__main__":
    fast_edge.run({"uploader": uploader, "spool": spool, "normalizer": normalizer}[os.environ["FAULTS_BUG"]])

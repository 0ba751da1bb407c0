"""HC-001 and HC-002 as a whole: a day of the living house at high speed, both sides killed and cut off ten times each.

An inverter and a grid meter watch the house. Every reading that either handed out completely must be in the database
exactly once, with the right values.
`make faults` and `make soak` go on from here, with PostgreSQL, Redis and Caddy.
"""

import asyncio
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sungaze_sim.faults import Faults
from sungaze_sim.house import House
from sungaze_sim.judge import judge, stored_rows
from sungaze_sim.p1 import GridMeter, P1Meter
from sungaze_sim.p1.faults import P1_FAULTS
from sungaze_sim.profile import Profile
from sungaze_sim.record import Record
from sungaze_sim.server import WinetServer
from sungaze_sim.stack import DEVICE_ID, P1_DEVICE_ID, Stack, stop
from sungaze_sim.world import HouseWorld

FAST_EDGE = [sys.executable, str(Path(__file__).parent.parent / "faults/fast_edge.py")]
SEED = 1
SPEED = 1440
SECONDS = 86400 / SPEED
TIMES = 10
DEVICE_FAULTS = (
    *("offline+1", "silence+1", "half_open+1", "reboot+1", "busy+1", "slow=0.5+1", "malformed_exception+1"),
    *("drop_beforex1", "drop_midx1", "drop_afterx1", "truncatedx1", "garbagex1", "latex1", "wrong_transactionx1"),
    "strayx1",
)
METER_FAULTS = (
    *("offline+1", "silence+1", "half_open+1", "reboot+1", "slow=0.5+1", "stale+1", "error+1", "denied+1"),
    *("no_telegram+1", "no_totals+1", "no_peaks+1", "nulls+1", "swap+1", "garbagex1", "truncatedx1"),
    *("drop_beforex1", "drop_midx1", "drop_afterx1"),
)


class Trial:
    """The pipeline, and what is done to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.stack = Stack(folder, devices=(DEVICE_ID, P1_DEVICE_ID))
        self.random = random.Random(seed)
        self.record, self.meter_record = Record(folder / "record.jsonl"), Record(folder / "meter.jsonl")
        self.faults, self.meter_faults = Faults(), Faults(known=P1_FAULTS)
        house = House(datetime(2026, 3, 28, 23, tzinfo=UTC), seed=seed, spec=Profile().house_spec())
        world = HouseWorld(house, Profile(), speed=SPEED)
        self.server = WinetServer(world, record=self.record, faults=self.faults)
        grid_meter = GridMeter(world.watcher.beside())
        self.meter = P1Meter(grid_meter, record=self.meter_record, faults=self.meter_faults)
        self.token = self.meter.pair("local/trial")
        self.kills: list[datetime] = []

    async def start(self) -> None:
        await self.server.start("127.0.0.1", 0)
        await self.meter.start()
        await self.stack.start_api()
        await self.start_edge()

    async def start_edge(self) -> None:
        meter = self.meter
        settings = self.stack.p1_settings(port=meter.port, serial=meter.serial, token=self.token, ca_file=meter.ca_file)
        await self.stack.start_edge(self.server.port, FAST_EDGE, settings)

    async def kill_edge(self) -> None:
        self.kills.append(datetime.now(UTC))
        self.stack.edge.kill()
        await self.stack.edge.wait()
        await self.start_edge()

    async def kill_api(self) -> None:
        self.stack.api.kill()
        await self.stack.api.wait()
        await self.stack.start_api()

    async def api_outage(self) -> None:
        if self.random.random() < 0.5:  # it hangs: connections stay open, nothing answers
            self.stack.api.send_signal(signal.SIGSTOP)
            await asyncio.sleep(self.random.uniform(0.2, 1.5))
            self.stack.api.send_signal(signal.SIGCONT)
        else:
            assert await stop(self.stack.api) == 0
            await asyncio.sleep(self.random.uniform(0.2, 1.5))
            await self.stack.start_api()

    async def device_outage(self) -> None:
        self.faults.schedule(self.random.choice(DEVICE_FAULTS))
        await asyncio.sleep(1)

    async def meter_outage(self) -> None:
        self.meter_faults.schedule(self.random.choice(METER_FAULTS))
        await asyncio.sleep(1)

    async def at_random_moments(self, deeds: list[Callable[[], Awaitable[None]]]) -> int:
        """Do the deeds one after the other, at random moments of the trial; a late one follows at once."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.random.shuffle(deeds)
        moments = sorted(self.random.uniform(0, SECONDS) for _ in deeds)
        for moment, deed in zip(moments, deeds, strict=True):
            await asyncio.sleep(began + moment - loop.time())
            await deed()
        return len(deeds)

    async def live(self) -> int:
        """Let the house live its days while all of it happens."""
        async with asyncio.TaskGroup() as group:
            done = [
                group.create_task(self.at_random_moments([self.kill_edge] * TIMES)),
                group.create_task(self.at_random_moments([self.kill_api] * TIMES + [self.api_outage] * TIMES)),
                group.create_task(self.at_random_moments([self.device_outage] * TIMES)),
                group.create_task(self.at_random_moments([self.meter_outage] * TIMES)),
                group.create_task(asyncio.sleep(SECONDS, 0)),
            ]
        return sum(task.result() for task in done)

    async def finish(self) -> int:
        """Take the devices away, wait for the spool to drain, end the edge; give its exit status."""
        self.faults.clear()
        self.meter_faults.clear()
        await asyncio.sleep(1)
        self.faults.set("offline")
        self.meter_faults.set("offline")
        await self.stack.delivered(60)
        return await stop(self.stack.edge)

    async def close(self) -> None:
        await self.stack.close()
        await self.server.stop()
        await self.meter.stop()
        self.record.close()
        self.meter_record.close()


@pytest.mark.slow
@pytest.mark.timeout(120 + 4 * SECONDS)
async def test_a_day_with_outages_and_kills_loses_nothing_and_doubles_nothing(tmp_path):
    trial = Trial(tmp_path, SEED)
    try:
        await trial.start()
        assert await trial.live() == 5 * TIMES
        assert await trial.finish() == 0
    finally:
        await trial.close()
    for kind, device_id, record in (
        ("sungrow", DEVICE_ID, trial.record),
        ("p1", P1_DEVICE_ID, trial.meter_record),
    ):
        verdict = judge(record.readings, stored_rows(trial.stack.database, device_id, kind), trial.kills)
        print(f"seed {SEED}, {kind}: {verdict.summary()}")
        assert verdict.lost == []
        assert verdict.doubled == []
        assert verdict.wrong == []
        assert len(verdict.in_hand) <= len(trial.kills)
        assert verdict.polled > 100

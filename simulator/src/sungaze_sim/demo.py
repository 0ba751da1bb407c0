"""The demo: a simulated inverter, the real daemon and the real server on this machine, with an outage of each.

First a recorded capture is played, then a house lives at many times our speed. At the end the simulator's own record is
held against the server's database; the last line is one JSON object, and only a faultless run ends with status 0.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx

from sungaze_sim.capture import CaptureWorld
from sungaze_sim.demo_screen import Screen, View
from sungaze_sim.faults import Faults
from sungaze_sim.house import House
from sungaze_sim.judge import Judgement, judge, stored_rows
from sungaze_sim.profile import MODELS, Firmware, Profile
from sungaze_sim.record import Record
from sungaze_sim.server import WinetServer
from sungaze_sim.stack import DEVICE_ID, Stack, StackError, stop
from sungaze_sim.state import Counters
from sungaze_sim.world import HouseWorld, World

CAPTURE = "winets_sh8rt20_discharging"
_SERIAL_NUMBER = "A2350400000"
_COUNTERS = (
    "pv_total_kwh",
    "import_total_kwh",
    "export_total_kwh",
    "battery_charge_total_kwh",
    "battery_discharge_total_kwh",
    "pv_total_kwh",  # in place of the output counter, which no reading carries
)
HOUSE_SPEED = 240
"""Four minutes in the house are one second here: a day takes six minutes."""
_SUMMER_MORNING = datetime(2026, 6, 21, 5, 30, tzinfo=UTC)
_ROUND_S = 90
_SHORTEST_S, _LONGEST_S = 25, 86_400
"""Shorter than 25 seconds, not every act of the play finds a poll to show."""
_DELIVERY_TIMEOUT_S = 60
_FRAME_S = 0.5


class Demo:
    """One run of the demo in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Put the parts together; nothing runs yet."""
        self.stack = Stack(folder)
        self.faults = Faults()
        self.record = Record(folder / "record.jsonl")
        self.server = WinetServer(CaptureWorld(CAPTURE), record=self.record, faults=self.faults)
        self.view = View()
        self.outages = {"server": 0, "inverter": 0}
        self._rounds = 0
        self._began = time.monotonic()
        self.screen = Screen(self._hints())

    async def run(self, seconds: float | None, stopped: asyncio.Event) -> Judgement:
        """Run for some seconds, or until stopped; then let everything arrive, and judge."""
        try:
            await self._start()
            with self.screen:
                await self._play(seconds, stopped)
                return await self._finish()
        finally:
            await self.stack.close()
            await self.server.stop()
            self.record.close()

    async def _start(self) -> None:
        print("Starting the simulated WiNet-S, the server (SQLite, TLS) and the edge daemon ...", flush=True)
        await self.server.start("127.0.0.1", 0)
        await self.stack.start_api()
        await self.stack.start_edge(self.server.port)
        self._began = time.monotonic()

    async def _play(self, seconds: float | None, stopped: asyncio.Event) -> None:
        plot = asyncio.create_task(self._plot(seconds))
        try:
            async with self.stack.client() as client:
                while not stopped.is_set() and not self._is_over(seconds):
                    if plot.done():
                        plot.result()  # raises what went wrong in it
                    await self._draw(client)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stopped.wait(), _FRAME_S)
        finally:
            plot.cancel()
            with suppress(asyncio.CancelledError):
                await plot

    def _is_over(self, seconds: float | None) -> bool:
        """A demo that ends by itself has shown both outages first, however slow the machine is."""
        return seconds is not None and self._second() >= seconds and self._rounds > 0

    async def _plot(self, seconds: float | None) -> None:
        """What happens when: the recording, the house, an outage of the server, one of the inverter, and again."""
        length = seconds or _ROUND_S
        self._tell("playing registers recorded from a real inverter")
        await asyncio.sleep(0.3 * length)
        self.server.world = _living_house(self.server.world)
        self._tell(f"now its house lives through a summer's day, {HOUSE_SPEED} times as fast as ours")
        while True:
            await asyncio.sleep(0.08 * length)
            await self._server_outage(0.22 * length)
            await asyncio.sleep(0.05 * length)
            await self._inverter_outage(0.15 * length)
            self._rounds += 1
            await asyncio.sleep(0.2 * length)

    async def _server_outage(self, seconds: float) -> None:
        assert self.stack.api is not None  # noqa: S101 - started before the plot
        self.stack.api.kill()
        await self.stack.api.wait()
        self.outages["server"] += 1
        self._tell("OUTAGE: the server was killed (kill -9); readings wait in the spool")
        await asyncio.sleep(seconds)
        await self.stack.start_api()
        self._tell("the server is back; the spool drains")

    async def _inverter_outage(self, seconds: float) -> None:
        self.outages["inverter"] += 1
        self.faults.set("offline", seconds=seconds)
        self._tell("OUTAGE: the inverter left the network; the edge waits for it")
        await asyncio.sleep(seconds)
        self._tell("the inverter is back; the edge finds it by itself")

    async def _finish(self) -> Judgement:
        """Take the inverter away, wait until the spool is empty, end the edge, and judge."""
        self.faults.clear()
        self.faults.set("offline")
        if self.stack.api is None or self.stack.api.returncode is not None:
            await self.stack.start_api()
        self._tell("no more readings; waiting for the last ones to arrive")
        with suppress(TimeoutError):
            await self.stack.delivered(_DELIVERY_TIMEOUT_S)
        if self.stack.edge is not None:
            status = await stop(self.stack.edge)
            self._tell(f"the edge daemon was told to stop and ended with status {status}")
        return self._judge()

    def _judge(self) -> Judgement:
        return judge(self.record.readings, stored_rows(self.stack.database, DEVICE_ID))

    async def _draw(self, client: httpx.AsyncClient) -> None:
        if self.stack.edge is not None:
            self.stack.require_running("edge", self.stack.edge)
        view = self.view
        view.device = self.server.world.describe()
        view.inverter_up = "offline" not in self.faults.active()
        if readings := self.record.readings:
            view.house = readings[-1].truth
            moment = readings[-1].house_time
            view.house_time = moment.strftime("%d %B %H:%M") if moment else "recorded"
        view.polled = len(readings)
        view.spooled = self.stack.spooled()
        view.stored = len(stored_rows(self.stack.database, DEVICE_ID))
        with suppress(httpx.TransportError):
            view.server_up = False
            answer = await client.get("/v1/realtime", params={"device_id": DEVICE_ID})
            view.server_up = True
            view.arrived = answer.json() if answer.status_code == httpx.codes.OK else {}
        self.screen.show(self._second(), view)

    def _second(self) -> float:
        return time.monotonic() - self._began

    def _tell(self, text: str) -> None:
        self.screen.event(self._second(), text)

    def _hints(self) -> list[str]:
        curl = f"curl --config {self.stack.curl_file} '{self.stack.url}"
        return [
            "Try it in another terminal (token and certificate are thrown away at the end):",
            f"  {curl}/v1/realtime'",
            f"  {curl}/v1/series?frame=day'",
            f"  {curl}/v1/devices'",
            "Ctrl-C ends everything.",
        ]


def _living_house(recorded: World) -> HouseWorld:
    """Let the recorded inverter live on: the same device, whose counters go on from where they stood."""
    stood = recorded.snapshot().truth
    counters = Counters(*(stood.get(name) or 0.0 for name in _COUNTERS))
    profile = Profile(model=MODELS["SH8.0RT-20"], firmware=Firmware.MAGNITUDE, serial_number=_SERIAL_NUMBER)
    return HouseWorld(House(_SUMMER_MORNING, spec=profile.house_spec(), counters=counters), profile, speed=HOUSE_SPEED)


async def _run(seconds: float | None) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    with tempfile.TemporaryDirectory(prefix="sungaze-demo-") as folder:
        demo = Demo(Path(folder))
        verdict = await demo.run(seconds, stopped)
    for problem in verdict.wrong[:10]:
        print(problem)
    print(json.dumps(verdict.summary() | {"outages": demo.outages}))
    return 0 if verdict.faultless else 1


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "demo",
        help="the whole pipeline on this machine, with outages",
        description="A simulated inverter, the edge daemon and the server on this machine; then the count.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="end by itself after N seconds (until Ctrl-C)")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of seconds') from None
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"the demo can last from {_SHORTEST_S} to {_LONGEST_S} seconds")
    return seconds


def run(options: argparse.Namespace) -> int:
    """Run the demo; 0 when nothing was lost or doubled, 1 when something was or a part did not start."""
    try:
        return asyncio.run(_run(options.seconds))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1

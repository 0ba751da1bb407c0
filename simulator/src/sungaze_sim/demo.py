"""The demo: a simulated inverter and grid meter, the real daemon and the real server on this machine, with outages.

First the inverter plays a recorded capture, then it lives in the house that the grid meter has watched from the start,
at many times our speed. With a history the server first gets a past of so many days, and the house lives on at our own
speed, without outages. At the end what each device handed out is held against the server's database; the last line is
one JSON object, and only a faultless run ends with status 0.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from sungaze_sim.capture import CaptureWorld
from sungaze_sim.clock import SystemClock
from sungaze_sim.demo_history import load
from sungaze_sim.demo_house import living_house
from sungaze_sim.demo_outages import ROUND_S, Outages
from sungaze_sim.demo_page import PORT, Page
from sungaze_sim.demo_screen import Screen, View
from sungaze_sim.door import Door
from sungaze_sim.faults import Faults
from sungaze_sim.history import LONGEST_DAYS, History
from sungaze_sim.judge import Judgement, judge, stored_count, stored_rows, summaries
from sungaze_sim.p1 import GridMeter, P1Meter
from sungaze_sim.p1.faults import P1_FAULTS
from sungaze_sim.p1.telegram import BRUSSELS
from sungaze_sim.record import Record
from sungaze_sim.server import WinetServer
from sungaze_sim.stack import DEVICE_ID, P1_DEVICE_ID, Stack, StackError, stop

CAPTURE = "winets_sh8rt20_discharging"
_API_SETTINGS = {"TIMEZONE": BRUSSELS.key, "INGEST_RATE_SAMPLES_PER_S": "0"}
"""The house is in Belgium, and its past comes as fast as it can be stored."""
_SHORTEST_S, _LONGEST_S = 25, 86_400
"""Shorter than 25 seconds, not every act of the play finds a poll to show."""
_DELIVERY_TIMEOUT_S = 60
_FRAME_S = 0.5


class Demo:
    """One run of the demo in a folder of its own."""

    def __init__(self, folder: Path, history_days: int = 0) -> None:
        """Put the parts together; nothing runs yet."""
        self.page = Page()
        self.stack = Stack(
            folder, devices=(DEVICE_ID, P1_DEVICE_ID), api_settings=_API_SETTINGS | self.page.api_settings()
        )
        self.door = Door(self.stack.api_port, self.stack.ca_file)
        self.faults, self.meter_faults = Faults(), Faults(known=P1_FAULTS)
        self.record, self.meter_record = Record(folder / "record.jsonl"), Record(folder / "meter.jsonl")
        self.history = History(history_days, DEVICE_ID, P1_DEVICE_ID) if history_days else None
        recorded = CaptureWorld(CAPTURE)
        house = self.history.world if self.history else living_house(recorded)
        grid_meter = self.history.meter if self.history else GridMeter(house.watcher.beside())
        self.server = WinetServer(house if self.history else recorded, record=self.record, faults=self.faults)
        self.meter = P1Meter(
            grid_meter, record=self.meter_record, faults=self.meter_faults, ca_file=folder / "meter-ca.pem"
        )
        self.outages = None
        if self.history is None:
            self.outages = Outages(self.stack, self.server, house, self.faults, self.meter_faults, self._tell)
        self.view = View()
        self.screen = Screen()
        self._live_since = SystemClock().now()
        self._began = time.monotonic()

    async def run(self, seconds: float | None, stopped: asyncio.Event) -> dict[str, Judgement]:
        """Run for some seconds, or until stopped; then let everything arrive, and judge."""
        try:
            await self._start_server()
            if self.history and not await self._load(self.history, stopped):
                return {}
            await self._start_edge()
            with self.screen:
                await self._play(seconds, stopped)
                return await self._finish()
        finally:
            await self.door.close()
            await self.stack.close()
            await self.server.stop()
            await self.meter.stop()
            self.record.close()
            self.meter_record.close()

    async def _start_server(self) -> None:
        print("Starting the simulated devices, the server (SQLite, TLS) and the edge daemon ...", flush=True)
        await self.stack.start_api()
        await self.door.open(PORT)

    async def _load(self, history: History, stopped: asyncio.Event) -> bool:
        async with self.stack.client() as client:
            whole = await load(history, client, stopped, self.screen.console)
        if not whole:
            print("Stopped before the whole past was loaded.")
        return whole

    async def _start_edge(self) -> None:
        await self.server.start("127.0.0.1", 0)
        await self.meter.start()
        self._live_since = SystemClock().now()
        token = self.meter.pair("local/sungaze-demo")
        meter = self.stack.p1_settings(
            port=self.meter.port, serial=self.meter.serial, token=token, ca_file=self.meter.ca_file
        )
        await self.stack.start_edge(self.server.port, settings=meter)
        self.screen.print([*self.page.hints(self.door.port), *self._hints()])
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
        """A demo that ends by itself has shown every outage first, however slow the machine is."""
        return seconds is not None and self._second() >= seconds and (self.outages is None or self.outages.rounds > 0)

    async def _plot(self, seconds: float | None) -> None:
        if self.outages:
            await self.outages.play(seconds or ROUND_S)
        self._tell("from here on the house lives at its own pace, and nothing is staged")

    async def _finish(self) -> dict[str, Judgement]:
        """Take the devices away, wait until the spool is empty, end the edge, and judge."""
        for faults in (self.faults, self.meter_faults):
            faults.clear()
            faults.set("offline")
        if self.stack.api is None or self.stack.api.returncode is not None:
            await self.stack.start_api()
        self._tell("no more readings; waiting for the last ones to arrive")
        with suppress(TimeoutError):
            await self.stack.delivered(_DELIVERY_TIMEOUT_S)
        if self.stack.edge is not None:
            status = await stop(self.stack.edge)
            self._tell(f"the edge daemon was told to stop and ended with status {status}")
        return self._judge()

    def _judge(self) -> dict[str, Judgement]:
        database, since = self.stack.database, self._live_since
        return {
            DEVICE_ID: judge(self.record.readings, stored_rows(database, DEVICE_ID, since=since)),
            P1_DEVICE_ID: judge(self.meter_record.readings, stored_rows(database, P1_DEVICE_ID, "p1", since=since)),
        }

    async def _draw(self, client: httpx.AsyncClient) -> None:
        if self.stack.edge is not None:
            self.stack.require_running("edge", self.stack.edge)
        self._look_at_the_devices()
        view = self.view
        view.polled = self.record.count + self.meter_record.count
        view.spooled = await asyncio.to_thread(self.stack.spooled)
        view.stored = sum(
            stored_count(self.stack.database, device_id, kind, since=self._live_since)
            for device_id, kind in ((DEVICE_ID, "sungrow"), (P1_DEVICE_ID, "p1"))
        )
        try:
            view.arrived = await _asked(client, f"/v1/realtime?device_id={DEVICE_ID}")
            view.grid_arrived = await _asked(client, f"/v1/realtime?device_id={P1_DEVICE_ID}")
            view.quarter = (await _asked(client, self._capacity())).get("running") or {}
            view.server_up = True
        except httpx.TransportError:
            view.server_up = False
        self.screen.show(self._second(), view)

    def _look_at_the_devices(self) -> None:
        view = self.view
        view.device = self.server.world.describe()
        view.inverter_up = "offline" not in self.faults.active()
        view.meter_up = not self.meter_faults.active()
        if readings := self.record.readings:
            view.house, view.house_time = readings[-1].truth, _shown(readings[-1].house_time)
        if readings := self.meter_record.readings:
            view.grid, view.grid_time = readings[-1].truth, _shown(readings[-1].house_time)

    def _capacity(self) -> str:
        return f"/v1/capacity/month/{SystemClock().now().astimezone(BRUSSELS):%Y-%m}?device_id={P1_DEVICE_ID}"

    def _second(self) -> float:
        return time.monotonic() - self._began

    def _tell(self, text: str) -> None:
        self.screen.event(self._second(), text)

    def _hints(self) -> list[str]:
        curl = f"curl --config {self.stack.curl_file} '{self.stack.url}"
        return [
            "Try it in another terminal (token and certificate are thrown away at the end):",
            f"  {curl}/v1/realtime?device_id={DEVICE_ID}'",
            f"  {curl}/v1/series?frame=day&device_id={DEVICE_ID}'",
            f"  {curl}{self._capacity()}'",
            f"  {curl}/v1/devices'",
            *([] if self.history else ["A house with a past to look at: make demo DEMO_HISTORY_DAYS=400"]),
            "Ctrl-C ends everything.",
        ]


def _shown(house_time: datetime | None) -> str:
    return house_time.strftime("%d %B %H:%M") if house_time else "recorded"


async def _asked(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """Ask the server; {} while it has no answer."""
    answer = await client.get(path)
    document = answer.json() if answer.status_code == httpx.codes.OK else {}
    return document if isinstance(document, dict) else {}


async def _run(seconds: float | None, history_days: int) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    with tempfile.TemporaryDirectory(prefix="sungaze-demo-") as folder:
        demo = Demo(Path(folder), history_days)
        verdicts = await demo.run(seconds, stopped)
    for verdict in verdicts.values():
        for problem in verdict.wrong[:10]:
            print(problem)
    print(json.dumps(summaries(verdicts) | {"outages": demo.outages.counted if demo.outages else {}}))
    return 0 if all(verdict.faultless for verdict in verdicts.values()) else 1


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "demo",
        help="the whole pipeline on this machine, with outages",
        description="Two simulated devices, the edge daemon and the server on this machine; then the count.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="end by itself after N seconds (until Ctrl-C)")
    parser.add_argument(
        "--history-days",
        type=_history_days,
        default=os.environ.get("DEMO_HISTORY_DAYS") or "0",
        metavar="N",
        help=f"first load a past of N days (0 to {LONGEST_DAYS}), then live at true speed, undisturbed (%(default)s)",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of seconds') from None
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"the demo can last from {_SHORTEST_S} to {_LONGEST_S} seconds")
    return seconds


def _history_days(text: str) -> int:
    try:
        days = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no whole number of days (DEMO_HISTORY_DAYS)') from None
    if not 0 <= days <= LONGEST_DAYS:
        raise argparse.ArgumentTypeError(f"a history can have from 0 to {LONGEST_DAYS} days (DEMO_HISTORY_DAYS)")
    return days


def run(options: argparse.Namespace) -> int:
    """Run the demo; 0 when nothing was lost or doubled, 1 when something was or a part did not start."""
    try:
        return asyncio.run(_run(options.seconds, options.history_days))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1

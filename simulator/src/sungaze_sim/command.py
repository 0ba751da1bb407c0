"""What the commands that serve one device share: options of the house, and how they start and stop."""

import argparse
import asyncio
import errno
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sungaze_sim.faults import FaultError
from sungaze_sim.house import House
from sungaze_sim.profile import MODELS, Profile

READINGS_IN_MEMORY = 1000


def add_house_options(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    """Add what makes a house; two devices with the same options watch the same one."""
    house = parser.add_argument_group("the house")
    house.add_argument("--model", choices=MODELS, default="SH4.0RS", help="its inverter (%(default)s)")
    house.add_argument("--no-battery", action="store_true", help="no battery is connected")
    house.add_argument("--speed", type=_speed, default=1.0, help="house seconds per second (%(default)s)")
    house.add_argument(
        "--start", type=_time, metavar="ISO", help="time in the house at the start (now; UTC without zone)"
    )
    house.add_argument("--seed", type=int, default=1, help="weather and habits (%(default)s)")
    return house


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """Add the record, the faults and the port to switch them."""
    parser.add_argument("--record", type=Path, metavar="FILE", help="append every reading handed out (JSON lines)")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="FAULT", help="misbehave, see below; repeatable"
    )
    parser.add_argument("--control-port", type=int, metavar="N", help="loopback port to switch faults at run time")


def listed(faults: Mapping[str, str]) -> str:
    """Write faults and their effects as lines of a help text."""
    form = "faults (NAME[=VALUE][@START][+SECONDS][xTIMES], seconds from the start):\n"
    return form + "\n".join(f"  {name:<20} {effect}" for name, effect in faults.items())


def living_house(options: argparse.Namespace, profile: Profile) -> House:
    """Build the house of these options around an inverter."""
    return House(options.start or datetime.now(UTC), seed=options.seed, spec=profile.house_spec())


def serve_until_stopped(serve: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> int:
    """Serve until SIGTERM or Ctrl-C; 0 then, 1 when the simulator could not start, with the reason on stderr."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        asyncio.run(_with_signals(serve))
    except FaultError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        advice = " Choose another one; --help lists the options." if error.errno == errno.EADDRINUSE else ""
        where = f"{error.filename}: " if error.filename else ""
        print(f"Cannot start: {where}{error.strerror or error}.{advice}", file=sys.stderr)
        return 1
    return 0


async def _with_signals(serve: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve(stopped)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no number; 1440 is a day per minute') from None
    if not 0 < speed <= 100_000:
        raise argparse.ArgumentTypeError("the speed must lie between 0 and 100000")
    return speed


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'"{text}" is not a time like 2026-06-21T12:00:00+02:00') from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

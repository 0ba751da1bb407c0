"""`sungaze-sim winet`: run the simulated WiNet-S until told to stop."""

import argparse
import asyncio
import errno
import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from sungaze_sim import profile
from sungaze_sim.capture import CaptureWorld, UnknownCaptureError, known_captures
from sungaze_sim.control import ControlPort
from sungaze_sim.faults import FAULTS, FaultError, Faults
from sungaze_sim.house import House
from sungaze_sim.record import Record
from sungaze_sim.server import WinetServer
from sungaze_sim.world import HouseWorld, World

_READINGS_IN_MEMORY = 1000
_EXAMPLES = """\
examples:
  sungaze-sim winet                                     a SH4.0RS in a living house on port 5020
  sungaze-sim winet --speed 1440                        a day per minute
  sungaze-sim winet --capture winets_sh8rt20_discharging
  sungaze-sim winet --model SH10RT --path lan --firmware magnitude
  sungaze-sim winet --fault silence@30+10 --fault reboot@60+5 --fault drop_mid@90x1
  sungaze-sim winet --control-port 5021                 then: echo '{"set": "stale", "seconds": 20}' | nc 127.0.0.1 5021
  mbpoll -m tcp -a 1 -0 -r 13021 -t 3 -c 2 -1 -p 5020 127.0.0.1

faults (NAME[=VALUE][@START][+SECONDS][xTIMES], seconds from the start):
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    names = "\n".join(f"  {name:<20} {effect}" for name, effect in FAULTS.items())
    parser = commands.add_parser(
        "winet",
        help="a Sungrow WiNet-S dongle (Modbus TCP)",
        description="A Sungrow WiNet-S dongle: serves a recorded capture or a living house over Modbus TCP.",
        epilog=_EXAMPLES + names + "\n\ncaptures: " + ", ".join(known_captures()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=5020, help="port to listen on, 0 for a free one (%(default)s)")
    parser.add_argument("--unit-id", type=int, default=1, help="Modbus unit id that answers (%(default)s)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--house", action="store_true", help="a living house (this is the default)")
    what.add_argument("--capture", metavar="NAME|FILE", help="a recorded register capture, as it is")
    parser.add_argument("--record", type=Path, metavar="FILE", help="append every reading handed out (JSON lines)")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="FAULT", help="misbehave, see below; repeatable"
    )
    parser.add_argument("--control-port", type=int, metavar="N", help="loopback port to switch faults at run time")
    parser.add_argument("--live", action="store_true", help="a new snapshot for every read, not one per poll")
    _add_house_options(parser)


def _add_house_options(parser: argparse.ArgumentParser) -> None:
    house = parser.add_argument_group("the house")
    house.add_argument("--model", choices=profile.MODELS, default="SH4.0RS", help="inverter (%(default)s)")
    house.add_argument("--path", choices=list(profile.Path), default="winet", help="how it is reached (%(default)s)")
    house.add_argument(
        "--firmware", choices=list(profile.Firmware), default="signed", help="how it signs the battery (%(default)s)"
    )
    house.add_argument("--no-battery", action="store_true", help="no battery is connected")
    house.add_argument("--no-meter", action="store_true", help="no grid meter is paired")
    house.add_argument("--speed", type=_speed, default=1.0, help="house seconds per second (%(default)s)")
    house.add_argument(
        "--start", type=_time, metavar="ISO", help="time in the house at the start (now; UTC without zone)"
    )
    house.add_argument("--seed", type=int, default=1, help="weather and habits (%(default)s)")


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


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; 0 then, 1 when the simulator could not start, with the reason on stderr."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        return asyncio.run(_serve(options))
    except (UnknownCaptureError, FaultError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        advice = " Choose another one with --port or --control-port." if error.errno == errno.EADDRINUSE else ""
        where = f"{error.filename}: " if error.filename else ""
        print(f"Cannot start: {where}{error.strerror or error}.{advice}", file=sys.stderr)
    return 1


async def _serve(options: argparse.Namespace) -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    world, faults = _world(options), Faults(options.fault)
    record = Record(options.record, keep=_READINGS_IN_MEMORY)
    server = WinetServer(world, record=record, faults=faults, unit_id=options.unit_id, live=options.live)
    control = ControlPort(server)
    try:
        await server.start(options.host, options.port)
        if options.control_port is not None:
            await control.start(options.control_port)
            print(f"Faults can be switched on 127.0.0.1:{control.port}", flush=True)
        print(f"WiNet-S of {server.world.describe()} listening on {options.host}:{server.port}", flush=True)
        await stopped.wait()
    finally:
        await control.stop()
        await server.stop()
        record.close()
    return 0


def _world(options: argparse.Namespace) -> World:
    if options.capture:
        return CaptureWorld(options.capture)
    installation = profile.Profile(
        model=profile.MODELS[options.model],
        path=profile.Path(options.path),
        firmware=profile.Firmware(options.firmware),
        battery=not options.no_battery,
        meter=not options.no_meter,
    )
    start = options.start or datetime.now(UTC)
    house = House(start, seed=options.seed, spec=installation.house_spec())
    return HouseWorld(house, installation, speed=options.speed)

"""`sungaze-sim winet`: run the simulated WiNet-S until told to stop."""

import argparse
import asyncio
import sys

from sungaze_sim import command, profile
from sungaze_sim.capture import CaptureWorld, UnknownCaptureError, known_captures
from sungaze_sim.control import ControlPort
from sungaze_sim.faults import FAULTS, Faults
from sungaze_sim.record import Record
from sungaze_sim.server import WinetServer
from sungaze_sim.world import HouseWorld, World

_EXAMPLES = """\
examples:
  sungaze-sim winet                                     a SH4.0RS in a living house on port 5020
  sungaze-sim winet --speed 1440                        a day per minute
  sungaze-sim winet --capture winets_sh8rt20_discharging
  sungaze-sim winet --model SH10RT --path lan --firmware magnitude
  sungaze-sim winet --fault silence@30+10 --fault reboot@60+5 --fault drop_mid@90x1
  sungaze-sim winet --control-port 5021                 then: echo '{"set": "stale", "seconds": 20}' | nc 127.0.0.1 5021
  mbpoll -m tcp -a 1 -0 -r 13021 -t 3 -c 2 -1 -p 5020 127.0.0.1

"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "winet",
        help="a Sungrow WiNet-S dongle (Modbus TCP)",
        description="A Sungrow WiNet-S dongle: serves a recorded capture or a living house over Modbus TCP.",
        epilog=_EXAMPLES + command.listed(FAULTS) + "\n\ncaptures: " + ", ".join(known_captures()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=5020, help="port to listen on, 0 for a free one (%(default)s)")
    parser.add_argument("--unit-id", type=int, default=1, help="Modbus unit id that answers (%(default)s)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--house", action="store_true", help="a living house (this is the default)")
    what.add_argument("--capture", metavar="NAME|FILE", help="a recorded register capture, as it is")
    command.add_device_options(parser)
    parser.add_argument("--live", action="store_true", help="a new snapshot for every read, not one per poll")
    house = command.add_house_options(parser)
    house.add_argument("--path", choices=list(profile.Path), default="winet", help="how it is reached (%(default)s)")
    house.add_argument(
        "--firmware", choices=list(profile.Firmware), default="signed", help="how it signs the battery (%(default)s)"
    )
    house.add_argument("--no-meter", action="store_true", help="no grid meter is paired")


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; 0 then, 1 when the simulator could not start, with the reason on stderr."""
    try:
        return command.serve_until_stopped(lambda stopped: _serve(options, stopped))
    except UnknownCaptureError as error:
        print(error, file=sys.stderr)
        return 1


async def _serve(options: argparse.Namespace, stopped: asyncio.Event) -> None:
    world, faults = _world(options), Faults(options.fault)
    record = Record(options.record, keep=command.READINGS_IN_MEMORY)
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
    return HouseWorld(command.living_house(options, installation), installation, speed=options.speed)

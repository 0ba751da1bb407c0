"""`sungaze-sim p1`: run the simulated P1 meter until told to stop."""

import argparse
import asyncio
from pathlib import Path

from sungaze_sim import command
from sungaze_sim.control import ControlPort
from sungaze_sim.faults import Faults
from sungaze_sim.p1.authority import Certificate
from sungaze_sim.p1.faults import P1_FAULTS
from sungaze_sim.p1.grid_meter import GridMeter
from sungaze_sim.p1.server import SERIAL, P1Meter
from sungaze_sim.p1.users import problem_with
from sungaze_sim.profile import MODELS, Profile
from sungaze_sim.record import Record
from sungaze_sim.watcher import Watcher

_EXAMPLES = """\
examples:
  sungaze-sim p1 --ca-file ca.pem --pair local/me       API v2 on port 5443 with a token that it prints
  sungaze-sim p1 --ca-file ca.pem --press-after 10      somebody presses the button after ten seconds
  sungaze-sim p1 --v1                                   the old API without TLS on port 5080, switched on
  sungaze-sim p1 --dutch --phases 1 --no-battery --speed 60
  sungaze-sim p1 --fault stale@30+60 --fault no_telegram@120+10 --fault swap@180
  sungaze-sim p1 --identity aabbccddeeff                another device answers at the address
  sungaze-sim p1 --look-alike                           an authority that only bears the vendor's name
  sungaze-sim p1 --control-port 5444                    then: echo '{"press": true}' | nc 127.0.0.1 5444
                                                        and:  echo '{"set": "stale", "seconds": 60}' | nc ...
  curl --insecure -H "Authorization: Bearer $TOKEN" -H "X-Api-Version: 2" https://127.0.0.1:5443/api/measurement

The meter's clock is yours (Europe/Brussels) and its counters follow it at any speed. With the same --seed, --start,
--speed, --model and --no-battery, `sungaze-sim winet` is the inverter of the same house.

"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "p1",
        help="a HomeWizard P1 meter (HTTP, API v1 and v2)",
        description="A HomeWizard P1 meter: the living house seen from the street, over HTTPS (v2) and HTTP (v1).",
        epilog=_EXAMPLES + command.listed(P1_FAULTS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=5443, help="port of API v2, 0 for a free one (%(default)s)")
    parser.add_argument("--v1-port", type=int, default=5080, help="port of API v1, 0 for a free one (%(default)s)")
    parser.add_argument("--v1", action="store_true", help="API v1 is switched on")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="write the authority to trust here")
    _add_pairing_options(parser)
    command.add_device_options(parser)
    house = command.add_house_options(parser)
    house.add_argument("--dutch", action="store_true", help="a Dutch meter: no peaks, sags are counted (Belgian)")
    house.add_argument("--phases", type=int, choices=(1, 3), default=3, help="phases of the connection (%(default)s)")


def _add_pairing_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pair", type=_user, metavar="NAME", help="make a user (local/...) at the start and print its token"
    )
    button = parser.add_mutually_exclusive_group()
    button.add_argument("--button", action="store_true", help="the button is always pressed")
    button.add_argument("--press-after", type=float, metavar="S", help="press the button after S seconds")
    parser.add_argument("--serial", default=SERIAL, help="serial number of the dongle (%(default)s)")
    papers = parser.add_argument_group("its certificate")
    papers.add_argument("--identity", metavar="SERIAL", help="that of another device")
    papers.add_argument("--type-word", default="p1dongle", help="what kind of device it names (%(default)s)")
    papers.add_argument("--no-san", action="store_true", help="no DNS name in it")
    papers.add_argument("--look-alike", action="store_true", help="signed by an authority of the same name")


def _user(text: str) -> str:
    if problem_with(text):
        raise argparse.ArgumentTypeError(f'the name must be like local/name (at most 40 characters), not "{text}"')
    return text


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; 0 then, 1 when the simulator could not start, with the reason on stderr."""
    return command.serve_until_stopped(lambda stopped: _serve(options, stopped))


async def _serve(options: argparse.Namespace, stopped: asyncio.Event) -> None:
    record = Record(options.record, keep=command.READINGS_IN_MEMORY)
    meter = _meter(options, record)
    control = ControlPort(meter, {"press": meter.press_button, "revoke": meter.revoke_all})
    try:
        await meter.start(options.host, options.port, options.v1_port)
        if options.control_port is not None:
            await control.start(options.control_port)
            print(f"Faults can be switched on 127.0.0.1:{control.port}", flush=True)
        if options.pair:
            print(f"Token of {options.pair}: {meter.pair(options.pair)}", flush=True)
        print(f"The authority to trust: {meter.ca_file}", flush=True)
        where = f"{options.host}:{meter.port} (v2) and {options.host}:{meter.v1_port} (v1)"
        print(f"P1 meter {meter.serial} on {meter.grid_meter.describe()} listening on {where}", flush=True)
        await stopped.wait()
    finally:
        await control.stop()
        await meter.stop()
        record.close()


def _meter(options: argparse.Namespace, record: Record) -> P1Meter:
    profile = Profile(model=MODELS[options.model], battery=not options.no_battery)
    watcher = Watcher(command.living_house(options, profile), speed=options.speed)
    return P1Meter(
        GridMeter(watcher, dutch=options.dutch, phases=options.phases, number=options.seed),
        serial=options.serial,
        certificate=Certificate(
            serial=options.identity,
            type_word=options.type_word,
            san=not options.no_san,
            look_alike=options.look_alike,
        ),
        record=record,
        faults=Faults(options.fault, known=P1_FAULTS),
        v1_enabled=options.v1,
        button_held=options.button,
        press_after_s=options.press_after,
        ca_file=options.ca_file,
    )

"""`sungaze-sim`: one subcommand per thing that never was. A module with `register` brings one."""

import argparse
import importlib
from collections.abc import Sequence

_COMMANDS = ("winet", "p1.command", "demo")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and give its exit status."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # before a subcommand took care of it
        return 130


def _run(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="sungaze-sim", description="Devices that never were.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:  # imported here, because that takes long enough to be interrupted
        importlib.import_module(f"sungaze_sim.{command}").register(commands)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status

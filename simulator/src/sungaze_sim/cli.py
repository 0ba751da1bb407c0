"""`sungaze-sim`: one subcommand per thing that never was. A module with `register` brings one."""

import argparse
from collections.abc import Sequence

from sungaze_sim import demo, winet

_COMMANDS = (winet, demo)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and give its exit status."""
    parser = argparse.ArgumentParser(prog="sungaze-sim", description="Devices that never were.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.register(commands)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status

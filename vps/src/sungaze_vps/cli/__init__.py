"""The command `sungaze-vps`: each module here adds its commands."""

import argparse
import sys
from collections.abc import Callable

from sungaze_vps.cli import database, printing, serve
from sungaze_vps.errors import StartupError


def main(argv: list[str] | None = None) -> None:
    """Run one command; exit status 2 and one line for each mistake when it cannot."""
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], None] = arguments.run
    try:
        run(arguments)
    except StartupError as error:
        for line in str(error).splitlines():
            print(f"sungaze-vps: {line}", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sungaze-vps", description="Stores and serves the energy readings of homes.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for part in (serve, database, printing):
        part.add_commands(commands)
    return parser

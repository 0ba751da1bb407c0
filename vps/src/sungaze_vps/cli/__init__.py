"""The command `sungaze-vps`: each module here adds its commands."""

import argparse
import sys
from collections.abc import Callable

from sungaze_vps.cli import health
from sungaze_vps.errors import BackupError, StartupError


def main(argv: list[str] | None = None) -> None:
    """Run one command; exit status 2 and one line for each mistake when it cannot."""
    words = sys.argv[1:] if argv is None else argv
    arguments = _parser(words).parse_args(words)
    run: Callable[[argparse.Namespace], None] = arguments.run
    try:
        run(arguments)
    except (StartupError, BackupError) as error:
        for line in str(error).splitlines():
            print(f"sungaze-vps: {line}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)  # what a shell says of a command that was interrupted


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sungaze-vps", description="Stores and serves the energy readings of homes.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    health.add_commands(commands)
    if words[:1] != [health.COMMAND]:  # runs twice a minute and needs none of what the others load
        from sungaze_vps.cli import archives, database, printing, serve  # noqa: PLC0415

        for part in (serve, database, archives, printing):
            part.add_commands(commands)
    return parser

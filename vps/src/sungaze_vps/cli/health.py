"""`sungaze-vps healthcheck`: asks the server how it is; loads the standard library only, for Docker asks often."""

import argparse
import json
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

COMMAND = "healthcheck"
_TIMEOUT_S = 5  # longer than the server takes to find that its database is away
_MOST_BYTES = 65_536


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `healthcheck`."""
    text = "exit 0 when the server on this machine (plain HTTP) is well, otherwise 1 and one sentence; for Docker"
    check = commands.add_parser(COMMAND, help=text)
    check.add_argument("--port", type=int, default=8000, help="port it listens on (default: %(default)s)")
    check.set_defaults(run=_healthcheck)


def _healthcheck(arguments: argparse.Namespace) -> None:
    if illness := _illness(arguments.port):
        print(f"sungaze-vps: {illness}", file=sys.stderr)
        sys.exit(1)
    print("well")


def _illness(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        body = answer.read(_MOST_BYTES)
    except (OSError, HTTPException) as error:
        return f"no answer on port {port}: {str(error) or type(error).__name__}"
    finally:
        connection.close()
    return "" if answer.status == HTTPStatus.OK else _detail(body) or f"/health answers {answer.status}"


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, TypeError, KeyError):
        return ""

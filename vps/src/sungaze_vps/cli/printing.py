"""`sungaze-vps token` and `openapi`: they print, and touch nothing."""

import argparse
import json
import secrets

from sungaze_vps.config import load_config
from sungaze_vps.main import create_app


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `token new` and `openapi`."""
    commands.add_parser("openapi", help="print the API's description").set_defaults(run=_openapi)
    token = commands.add_parser("token", help="make tokens").add_subparsers(required=True, metavar="COMMAND")
    new = token.add_parser("new", help="print a new token and where it goes")
    new.add_argument("device_id", nargs="?", default="home", help="the device it is for (default: %(default)s)")
    new.set_defaults(run=_new_token)


def _openapi(_arguments: argparse.Namespace) -> None:
    # The description depends on no secret and no database, so that it can be printed anywhere.
    config = load_config(database_url="sqlite:///unused.db", redis_url="memory://", device_tokens=f"{'-' * 16}:unused")
    print(json.dumps(create_app(config).openapi(), indent=2))


def _new_token(arguments: argparse.Namespace) -> None:
    token = secrets.token_urlsafe(32)
    print("# server; after a comma if there are others")
    print(f"DEVICE_TOKENS={token}:{arguments.device_id}")
    print("# edge")
    print(f"VPS_DEVICE_TOKEN={token}")

"""`sungaze-vps`: serve, migrate, check, token, openapi."""

import argparse
import asyncio
import json
import os
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from sqlalchemy.engine import make_url

from sungaze_vps.cache.cache import open_cache
from sungaze_vps.config import Config, load_config
from sungaze_vps.db import migrate
from sungaze_vps.db.faults import DATABASE_ERRORS, reason
from sungaze_vps.db.session import make_engine
from sungaze_vps.errors import StartupError
from sungaze_vps.log import configure_logging
from sungaze_vps.main import create_app

_KEEP_ALIVE_S = 75  # longer than an edge pauses between uploads, so that it need not shake hands each time
_GRACE_S = 10


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
    serve = commands.add_parser("serve", help="serve the API; settings come from the environment")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    serve.add_argument("--tls-cert", type=Path, help="PEM file with the certificate chain, to serve HTTPS directly")
    serve.add_argument("--tls-key", type=Path, help="PEM file with the certificate's key")
    serve.add_argument("--workers", type=int, default=1, help="number of processes (default: %(default)s)")
    serve.set_defaults(run=_serve)
    for name, run, text in (
        ("migrate", _migrate, "bring the database to the schema of this version"),
        ("check", _check, "check the settings and reach the database and the cache once"),
        ("openapi", _openapi, "print the API's description"),
    ):
        commands.add_parser(name, help=text).set_defaults(run=run)
    token = commands.add_parser("token", help="make tokens").add_subparsers(required=True, metavar="COMMAND")
    new = token.add_parser("new", help="print a new token and where it goes")
    new.add_argument("device_id", nargs="?", default="home", help="the device it is for (default: %(default)s)")
    new.set_defaults(run=_new_token)
    return parser


def _serve(arguments: argparse.Namespace) -> None:
    config = load_config()
    _check_serve_arguments(arguments, config)
    _prepare_database(config)
    _check_address(arguments.host, arguments.port)
    configure_logging(config.log_level, config.log_format)
    # uvicorn repeats the signal that ended it once it is done; then this makes the end a clean one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "sungaze_vps.main:app_from_environment",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        ssl_certfile=arguments.tls_cert,
        ssl_keyfile=arguments.tls_key,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # `api/date.py` stamps answers
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _check_serve_arguments(arguments: argparse.Namespace, config: Config) -> None:
    if not 0 <= arguments.port <= 65535:
        raise StartupError(f"--port must be from 0 to 65535, not {arguments.port}")
    if arguments.workers < 1:
        raise StartupError(f"--workers must be at least 1, not {arguments.workers}")
    if arguments.workers > 1 and config.redis_url == "memory://":
        raise StartupError("several workers need a cache they share: set REDIS_URL to a Redis, or use --workers 1")
    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        raise StartupError("--tls-cert and --tls-key go together")
    if arguments.tls_cert is not None:
        _check_tls_files(arguments.tls_cert, arguments.tls_key)


def _check_tls_files(certificate: Path, key: Path) -> None:
    for path in (certificate, key):
        if not path.is_file():
            raise StartupError(f"there is no file {path}")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")  # asks nobody for one
    except OSError as error:  # SSLError is one
        raise StartupError(
            f"{certificate} and {key} cannot serve HTTPS ({error.strerror or error}); --tls-cert takes the certificate "
            "chain, --tls-key the key that belongs to it, without a password, both as PEM files the server may read"
        ) from error


def _check_address(host: str, port: int) -> None:
    """Take the port for a moment, so that what stands in the way is said in one line."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except OSError as error:
        raise StartupError(f"cannot listen on {host} port {port} ({error.strerror}); see --host and --port") from error


def _prepare_database(config: Config) -> None:
    """Bring an embedded database up to date; demand it of a shared one, where it is a decision of its own."""
    if config.on_sqlite:
        _upgrade(config)
    elif not asyncio.run(_is_current(config)):
        raise StartupError("the database has another schema than this version needs; run 'sungaze-vps migrate' first")


def _upgrade(config: Config) -> None:
    _require_folder(config)
    try:
        migrate.upgrade(config.database_url)
    except DATABASE_ERRORS as error:
        raise _unusable(error) from error


async def _is_current(config: Config) -> bool:
    _require_folder(config)
    engine = make_engine(config.database_url, pool_size=1)
    try:
        return await migrate.is_current(engine)
    except DATABASE_ERRORS as error:
        raise _unusable(error) from error
    finally:
        await engine.dispose()


def _database_file(config: Config) -> Path:
    return Path(str(make_url(config.database_url).database)).absolute()


def _require_folder(config: Config) -> None:
    if config.on_sqlite:
        folder = _database_file(config).parent
        if not folder.is_dir():
            raise StartupError(f"there is no folder {folder} for the database; make it, or change DATABASE_URL")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise StartupError(f"the folder {folder} of the database is not writable; change its owner or DATABASE_URL")


def _unusable(error: BaseException) -> StartupError:
    return StartupError(f"the database cannot be used ({reason(error)}); check DATABASE_URL and that it is running")


def _migrate(_arguments: argparse.Namespace) -> None:
    _upgrade(load_config())
    print("the database has the schema of this version")


def _check(_arguments: argparse.Namespace) -> None:
    config = load_config()
    print(f"settings: ok ({config.summary()})")
    _require_folder(config)
    if config.on_sqlite and not _database_file(config).exists():
        print("database: new, will be made at the first start")
    elif asyncio.run(_is_current(config)):
        print("database: ok, schema of this version")
    else:
        raise StartupError("the database has another schema than this version needs; run 'sungaze-vps migrate'")
    if not asyncio.run(_reach_cache(config)):
        raise StartupError("the cache does not answer; the server works without it, only slower; check REDIS_URL")
    print("cache: ok")


async def _reach_cache(config: Config) -> bool:
    cache = open_cache(config.redis_url, config.cache_ttl_s)
    try:
        return await cache.ping()
    finally:
        await cache.close()


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

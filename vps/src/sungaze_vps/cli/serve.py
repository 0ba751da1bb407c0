"""`sungaze-vps serve`: what is in the way is said before anything starts."""

import argparse
import signal
import socket
import ssl
import sys
from pathlib import Path

import uvicorn

from sungaze_vps.cli.database import prepare_database
from sungaze_vps.config import Config, load_config
from sungaze_vps.errors import StartupError
from sungaze_vps.log import configure_logging
from sungaze_vps.metrics import shared_by_workers

_KEEP_ALIVE_S = 75  # longer than an edge pauses between uploads, so that it need not shake hands each time
_GRACE_S = 10


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `serve`."""
    serve = commands.add_parser("serve", help="serve the API; settings come from the environment")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    serve.add_argument("--tls-cert", type=Path, help="PEM file with the certificate chain, to serve HTTPS directly")
    serve.add_argument("--tls-key", type=Path, help="PEM file with the certificate's key")
    serve.add_argument("--workers", type=int, default=1, help="number of processes (default: %(default)s)")
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> None:
    config = load_config()
    _check_serve_arguments(arguments, config)
    prepare_database(config)
    _check_address(arguments.host, arguments.port)
    configure_logging(config.log_level, config.log_format)
    # uvicorn repeats the signal that ended it once it is done; then this makes the end a clean one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with shared_by_workers(arguments.workers):
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

"""`sungaze-edge`: the daemon and the commands around it. Results go to standard output, talk to standard error."""

# A command imports what it alone needs: the health check runs twice a minute, and the daemon has little memory.
# ruff: noqa: PLC0415

import argparse
import asyncio
import json
import os
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sungaze_edge import __version__, config, log
from sungaze_edge.clock import Clock
from sungaze_edge.errors import CaptureError, EdgeError, SettingsError, SourceUnavailableError, SpoolError
from sungaze_edge.places import RUNNING, is_spool_in_use
from sungaze_edge.sources import source_types
from sungaze_edge.store import Store

_OK, _UNWELL, _WRONG = 0, 1, 2
_LEAVE_WITHIN_S = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give its exit status: 0 good, 1 not healthy, 2 wrong input or settings."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options, os.environ)
    except SettingsError as error:
        print("The settings are not right:", *error.mistakes, sep="\n  ", file=sys.stderr)
    except EdgeError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return 130  # as shells report Ctrl-C
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _OK
    else:
        return status
    return _WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sungaze-edge",
        description="Reads a home's energy devices and delivers every reading, once, to your own server.",
        epilog="Settings are environment variables; .env.example explains each.",
    )
    parser.add_argument("--version", action="version", version=f"sungaze-edge {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, command: Any, help_text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_text, description=help_text)
        added.set_defaults(command=command)
        return added

    add("run", _run, "read the devices and deliver, until SIGTERM or Ctrl-C")
    add(
        "check", _check, "validate settings and places, read each device once, ask the server whether the token is good"
    )
    decode = add("decode", _decode, "print what a capture or a recorded answer of a device means, as JSON")
    decode.add_argument("file", metavar="FILE", help="a JSON file, a meter's telegram, or - for standard input")
    dump = add("dump", _dump, "read everything a device offers and print it as a capture that decode understands")
    dump.add_argument("--kind", help="which of several configured devices, such as sungrow")
    pair = add("pair", _pair, "introduce this edge to a device that wants that; shows what to do and keeps the token")
    pair.add_argument("--name", help="the name under which the device is to know this edge; otherwise one is made up")
    pair.add_argument("--again", action="store_true", help="replace the token that there is")
    add("healthcheck", _healthcheck, _HEALTH_HELP)
    spool = add("spool", _spool_status, "look into the spool; without a further word: its status")
    actions = spool.add_subparsers(title="actions", metavar="ACTION")
    actions.add_parser("status", help="how many readings wait, since when, and how much room is left").set_defaults(
        command=_spool_status
    )
    actions.add_parser("list", help="the readings that the server refused, and why").set_defaults(command=_spool_list)
    retry = actions.add_parser("retry", help="send refused readings again")
    retry.add_argument("id", nargs="*", type=int, help="numbers as 'spool list' shows them; none means all")
    retry.set_defaults(command=_spool_retry)
    return parser


_HEALTH_HELP = (
    "exit 0 if the daemon is well, otherwise 1 and one sentence. Ill is: no fresh health file; a device not read for "
    "60 s or 6 intervals, whichever is longer; readings waiting and none delivered for 15 minutes; a refused token; "
    "readings refused and none stored for 15 minutes; a spool that cannot store"
)


def _run(_: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from sungaze_edge import main as daemon

    settings = config.load(environ)
    log.set_up(settings.log_level, settings.log_format)

    async def until_stopped() -> None:
        await daemon.run(settings)
        # asyncio waits for a name lookup that hangs in its thread; everything is stored and closed by now.
        alarm = threading.Timer(_LEAVE_WITHIN_S, os._exit, (_OK,))
        alarm.daemon = True
        alarm.start()

    asyncio.run(until_stopped())
    return _OK


def _check(_: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from sungaze_edge import check

    settings = config.load(environ)
    log.set_up("WARNING", "text")
    return _OK if asyncio.run(check.check(settings, Clock(), print)) else _UNWELL


def _decode(options: argparse.Namespace, _: Mapping[str, str]) -> int:
    document = _read_document(options.file)
    try:
        for kind in source_types():
            if kind.recognises(document):
                print(_json(kind.decode(document), options.file))
                return _OK
    except RecursionError as error:
        raise CaptureError(f"{_name(options.file)} is nested deeper than anything that a device sends.") from error
    known = ", ".join(kind.kind for kind in source_types())
    raise CaptureError(f"{_name(options.file)} is neither a capture nor an answer of a known device ({known}).")


def _json(decoded: dict[str, Any], file: str) -> str:
    try:
        text = json.dumps(decoded, indent=1, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise CaptureError(f"{_name(file)} holds a number that JSON has no place for.") from error
    # Half of a surrogate pair cannot be printed, and outside of strings there is nothing but ASCII.
    return text.encode(errors="backslashreplace").decode()


def _dump(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    mistakes: list[str] = []
    sources = config.configured_sources(environ, mistakes)
    if mistakes:
        raise SettingsError(mistakes)
    chosen = [source for source in sources if options.kind in (None, source.type.kind)]
    if len(chosen) != 1:
        kinds = ", ".join(source.type.kind for source in sources)
        raise SettingsError([f"--kind must name one of the configured devices: {kinds}"])
    if is_spool_in_use(config.spool_path(environ)):  # a WiNet-S stands no second connection
        raise SourceUnavailableError(RUNNING)
    print(f"Reading everything that the {chosen[0].type.kind} device offers; this takes a while ...", file=sys.stderr)
    print(json.dumps(asyncio.run(_await(chosen[0].type.dump(chosen[0].values))), indent=1))
    return _OK


def _pair(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from sungaze_edge.source import Pairing

    mistakes: list[str] = []
    hosts = [kind.host_variable for kind in source_types() if kind.pair]
    sources = config.configured_sources(environ, mistakes) if any(environ.get(host) for host in hosts) else ()
    if mistakes:
        raise SettingsError(mistakes)
    log.set_up("WARNING", "text")
    for source in sources:
        if source.type.pair is not None:
            wish = Pairing(options.name, again=options.again)
            with closing(_Terminal()) as terminal:
                asyncio.run(_await(source.type.pair(source.values, wish, terminal)))
            return _OK
    raise SettingsError([f"{' or '.join(hosts) or 'no host'} is not set: the address of the device to pair with"])


class _Terminal:
    """Says what there is to say, and counts down in one line where someone watches."""

    def __init__(self) -> None:
        self._is_counting = False

    def say(self, text: str) -> None:
        self.close()
        print(text, file=sys.stderr, flush=True)

    def count_down(self, seconds: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{seconds:3d} s left ", end="", file=sys.stderr, flush=True)
            self._is_counting = True

    def close(self) -> None:
        if self._is_counting:
            print(file=sys.stderr)
        self._is_counting = False


async def _await[T](answer: Awaitable[T]) -> T:
    return await answer


def _healthcheck(_: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from sungaze_edge.health_check import illness

    reason = illness(config.health_path(environ), Clock().instant())
    if reason is not None:
        print(reason)
    return _OK if reason is None else _UNWELL


def _spool_status(_: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with _store(environ) as store:
        status = store.status()
    for name in status.__slots__:
        value = getattr(status, name)
        print(f"{name}: {', '.join(value) or 'none' if isinstance(value, tuple) else value}")
    return _OK


def _spool_list(_: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with _store(environ) as store:
        for refused in store.quarantined():
            print(f"{refused.id}\t{refused.refused:%Y-%m-%dT%H:%M:%SZ}\t{refused.reason}\t{refused.sample}")
    return _OK


def _spool_retry(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with _store(environ) as store:
        unknown = sorted(set(options.id).difference(refused.id for refused in store.quarantined()))
        if unknown:
            numbers = ", ".join(map(str, unknown))
            raise SpoolError(f"No refused reading has the number {numbers}; 'sungaze-edge spool list' shows them.")
        print(f"{store.retry(options.id or None)} readings go to the server again.")
    return _OK


@contextmanager
def _store(environ: Mapping[str, str]) -> Iterator[Store]:
    path = config.spool_path(environ)
    if not path.exists():
        raise SpoolError(f"There is no spool {path}; SPOOL_PATH says where it is.")
    try:
        with closing(Store(path)) as store:
            yield store
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise SpoolError(
            f"The spool {path} cannot be read: {log.sentence(str(error))} "
            "A broken one is replaced when the daemon starts."
        ) from error


def _read_document(name: str) -> Any:
    """Read JSON, or a text that some device sends as such."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CaptureError(f"{_name(name)} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CaptureError(f"{_name(name)} is not a text file in UTF-8.") from error
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        if any(kind.recognises(text) for kind in source_types()):
            return text
        raise CaptureError(f"{_name(name)} is not JSON: {error}.") from error


def _no_number(name: str) -> None:
    raise ValueError(f"it has no number {name}")


def _name(file: str) -> str:
    return "Standard input" if file == "-" else file

"""The settings of both programs: any text in an environment is taken, or one line says what is wrong with it."""

import os
import string
from collections.abc import Mapping
from unittest.mock import patch

from fuzz.choices import Choices
from sungaze_edge import config as edge
from sungaze_edge.errors import SettingsError
from sungaze_edge.sources import source_types
from sungaze_vps.cache.cache import open_cache
from sungaze_vps.config import Config, load_config
from sungaze_vps.db.session import make_engine
from sungaze_vps.errors import ConfigError

_VALUES = (
    *(
        "",
        " ",
        "0",
        "1",
        "-1",
        "1.5",
        "nan",
        "inf",
        "1e400",
        "9" * 5000,
        "1_000",
        "\u0663",
        "true",
        "0x10",
        "\udcff",
        "\x7f",
    ),
    *(
        "https://h",
        "https://h:99999/",
        "https://[::1",
        "https://xn--a/",
        "http://h",
        "https://u:p@h/",
        "https://h\u00e9.be",
    ),
    *(
        "sqlite:///x.db",
        "sqlite://",
        "postgresql://u:p@h/db",
        "postgresql://h:port/db",
        "postgres://[/x",
        "mysql://h/x",
    ),
    *("redis://h:6379/0", "redis://h:port/0", "redis://[::1/0", "rediss://h/x", "redis://h:99999999/0", "memory://"),
    *("redis://h/0?nonsense=1", "redis://:p\u00e9@h", "redis://h?socket_timeout=x", "postgresql://h/db?nonsense=x"),
    *(
        "a-token-long-enough:home",
        "short:home",
        ":",
        "a-token-long-enough:",
        "a,b\nc",
        "a-token-long-enough:home," * 50,
    ),
    *(
        "UTC",
        "Europe/Brussels",
        "../etc/passwd",
        "/",
        ".",
        "Factory",
        "posix/UTC",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "::1/129",
    ),
    *(
        "2026:49.4:excl",
        "2026:1e5:incl",
        "2026::",
        "debug",
        "JSON",
        "aabbccddeeff",
        "/dev/null",
        "/",
        "x" * 5000,
        "h.",
        "..",
        "-",
    ),
)


def edge_settings(data: bytes) -> None:
    """Takes any environment of the edge, or names every mistake in a line of its own and repeats no secret."""
    choices = Choices(data)
    settings = [*edge.SETTINGS, *(setting for kind in source_types() for setting in kind.settings)]
    names = [*(setting.variable for setting in settings), "VPS_DEVICE_TOKEN_FILE"]
    environ = _environ(choices, names)
    secret = {setting.variable for setting in settings if setting.secret}
    try:
        loaded = edge.load(environ)
    except SettingsError as error:
        _require_lines(error.mistakes, _only_in(environ, secret))
        return
    for source in loaded.sources:
        source.type.open(source.values, lambda: None)


def server_settings(data: bytes) -> None:
    """Takes any environment of the server so that it can start, or names every mistake and repeats no secret."""
    choices = Choices(data)
    environ = _environ(choices, [name.upper() for name in Config.model_fields])
    environ = {name: text for name, text in environ.items() if "\0" not in text}
    try:
        with patch.dict(os.environ, environ, clear=True):
            loaded = load_config()
    except ConfigError as error:
        _require_lines(error.mistakes, _only_in(environ, {"DEVICE_TOKENS", "READ_TOKENS", "DATABASE_PASSWORD"}))
        return
    assert "\n" not in loaded.summary()
    open_cache(loaded.redis_url, loaded.cache_ttl_s)
    make_engine(loaded.database_url, pool_size=loaded.db_pool_size)


def _environ(choices: Choices, names: list[str]) -> Mapping[str, str]:
    good = {
        "VPS_INGEST_URL": "https://h",
        "VPS_DEVICE_TOKEN": "t" * 16,
        "SUNGROW_HOST": "127.0.0.1",
        "DATABASE_URL": "sqlite:///x.db",
        "REDIS_URL": "memory://",
        "DEVICE_TOKENS": "a-token-long-enough:home",
    }
    for _ in range(choices.number(0, 4)):
        name = choices.pick(names)
        text = choices.pick(_VALUES) if choices.number(0, 3) else _text(choices)
        good[name] = text
    return good


def _text(choices: Choices) -> str:
    if choices.flag():
        return choices.take(choices.number(0, 30)).decode("utf-8", "surrogateescape").replace("\0", "")
    return "".join(choices.pick(string.printable) for _ in range(choices.number(0, 20)))


def _only_in(environ: Mapping[str, str], names: set[str]) -> set[str]:
    """Give the values of secrets that no other variable holds."""
    others = " ".join(text for name, text in environ.items() if name not in names)
    return {text for name, text in environ.items() if name in names and text not in others}


def _require_lines(mistakes: object, secrets: set[str]) -> None:
    lines = [str(mistake) for mistake in mistakes] if isinstance(mistakes, list | tuple) else []
    assert lines, "refused without a word"
    for line in lines:
        assert len(line.splitlines()) == 1, f"more than a line: {line!r}"
        assert not any(len(secret) > 12 and secret in line for secret in secrets), "a secret is repeated"

"""Every setting of the edge, read from the environment and checked before anything starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sungaze_edge.errors import SettingsError
from sungaze_edge.log import LogFormat
from sungaze_edge.settings import Setting, certificates, number, read_settings, whole
from sungaze_edge.source import SourceType
from sungaze_edge.sources import source_types

INGEST_PATH = "/v1/ingest"
_SHORTEST_TOKEN = 16
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_TOKEN = "VPS_DEVICE_TOKEN"  # noqa: S105 - the name of a variable


def _ingest_url(text: str) -> str:
    wanted = "the server's https:// address, such as https://energy.example.org"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError(f"{wanted}; this is not an address") from None
    if parts.scheme != "https":
        raise ValueError(f"{wanted}; only https is accepted, because readings and token cross the internet")
    if not parts.hostname or any(character.isspace() for character in text):
        raise ValueError(f"{wanted}; this one names no host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{wanted}, without user name, password, query or fragment; the token goes into {_TOKEN}")
    path = parts.path.rstrip("/")
    return f"https://{parts.netloc}{path if path.endswith(INGEST_PATH) else path + INGEST_PATH}"


def _token(text: str) -> str:
    if len(text) < _SHORTEST_TOKEN or not all("!" <= character <= "~" for character in text):
        raise ValueError(f"at least {_SHORTEST_TOKEN} printable ASCII characters without spaces")
    return text


def _file(text: str) -> Path:
    path = Path(text)
    if path.name in ("", ".."):
        raise ValueError("the path of a file")
    return path


def _choice(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        for name in names:
            if text.lower() == name.lower():
                return name
        raise ValueError("one of " + ", ".join(names))

    return parse


SETTINGS = (
    # Not shown in mistakes: someone may have put a password into it.
    Setting("VPS_INGEST_URL", "the https:// address of your server", _ingest_url, secret=True),
    Setting(_TOKEN, "this device's token; 'sungaze-vps token new' makes one", _token, secret=True),
    Setting("VPS_CA_FILE", "certificates (PEM) to trust besides the system's", certificates, None),
    Setting("BATCH_SIZE", "readings per upload in quiet times; a backlog goes in bigger ones", whole(1, 1000), 30),
    Setting("UPLOAD_INTERVAL_S", "seconds between uploads in quiet times", number(0.1, 3600, "seconds"), 10.0),
    Setting("SPOOL_PATH", "the file that keeps readings until the server has them", _file, Path("/data/spool.db")),
    Setting("HEALTH_PATH", "the file that tells how the daemon is; default: health.json beside the spool", _file, None),
    Setting("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", _choice(*_LEVELS), "INFO"),
    Setting("LOG_FORMAT", "text for people, json for machines", _choice("json", "text"), "text"),
)


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A kind of source and the settings to open one with."""

    type: SourceType
    values: Mapping[str, Any]

    @property
    def device_id(self) -> str:
        """The name of its readings on the server."""
        name: str = self.values.get(self.type.device_id_variable or "") or self.values[self.type.host_variable]
        return name

    @property
    def device_id_variable(self) -> str:
        """The variable that its name comes from."""
        named = self.type.device_id_variable
        return named if named and self.values.get(named) else self.type.host_variable


@dataclass(frozen=True, slots=True)
class Config:
    """All that a run depends on. What follows `sources` is no setting: tests of the whole replace it."""

    ingest_url: str
    device_token: str = field(repr=False)
    ca_file: Path | None
    batch_size: int
    upload_interval_s: float
    spool_path: Path
    health_path: Path
    log_level: str
    log_format: LogFormat
    sources: tuple[ConfiguredSource, ...]
    poll_backoff_s: tuple[float, float] = (5, 60)
    read_timeout_s: float = 60
    upload_backoff_s: tuple[float, float] = (1, 300)
    denied_backoff_s: tuple[float, float] = (120, 300)
    drain_batch_size: int = 1000
    poll_stale_s: float = 60
    upload_stale_s: float = 900
    health_interval_s: float = 10


def health_path(environ: Mapping[str, str]) -> Path:
    """Give where the health file is, without checking any other setting."""
    named = environ.get("HEALTH_PATH", "").strip()
    return Path(named) if named else spool_path(environ).with_name("health.json")


def spool_path(environ: Mapping[str, str]) -> Path:
    """Give where the spool is, without checking any other setting."""
    return Path(environ.get("SPOOL_PATH", "").strip() or "/data/spool.db")


def load(environ: Mapping[str, str]) -> Config:
    """Read and check every setting.

    Raises:
        SettingsError: naming every mistake at once.
    """
    mistakes: list[str] = []
    environ = _with_token_file(environ, mistakes)
    common = _read(SETTINGS, environ, mistakes)
    sources = configured_sources(environ, mistakes)
    mistakes += [] if mistakes else _namesakes(sources)
    if mistakes:
        raise SettingsError(list(dict.fromkeys(mistakes)))
    return Config(
        ingest_url=common["VPS_INGEST_URL"],
        device_token=common[_TOKEN],
        ca_file=common["VPS_CA_FILE"],
        batch_size=common["BATCH_SIZE"],
        upload_interval_s=common["UPLOAD_INTERVAL_S"],
        spool_path=common["SPOOL_PATH"],
        health_path=health_path(environ),
        log_level=common["LOG_LEVEL"],
        log_format=common["LOG_FORMAT"],
        sources=sources,
    )


def configured_sources(environ: Mapping[str, str], mistakes: list[str]) -> tuple[ConfiguredSource, ...]:
    """Read the settings of every source whose host is set; what is wrong is added to `mistakes`."""
    chosen = [kind for kind in source_types() if environ.get(kind.host_variable, "").strip()]
    if not chosen:
        hosts = " or ".join(kind.host_variable for kind in source_types())
        mistakes.append(f"{hosts or 'a source'} is not set: the address of the device to read")
    return tuple(ConfiguredSource(kind, _read(kind.settings, environ, mistakes)) for kind in chosen)


def _namesakes(sources: tuple[ConfiguredSource, ...]) -> list[str]:
    """Name devices that would write under each other's name: their readings could not be told apart."""
    seen: dict[str, ConfiguredSource] = {}
    mistakes = []
    for source in sources:
        first = seen.setdefault(source.device_id, source)
        if first is not source:
            mistakes.append(
                f"{first.device_id_variable} and {source.device_id_variable} must differ, not be {source.device_id!r} "
                "both: each device's readings need a name of their own"
            )
    return mistakes


def _read(settings: tuple[Setting, ...], environ: Mapping[str, str], mistakes: list[str]) -> dict[str, Any]:
    try:
        return read_settings(settings, environ)
    except SettingsError as error:
        mistakes.extend(error.mistakes)
        return {}


def _with_token_file(environ: Mapping[str, str], mistakes: list[str]) -> Mapping[str, str]:
    """Take the token from the file that VPS_DEVICE_TOKEN_FILE names, as Docker and systemd hand out secrets."""
    name = environ.get(f"{_TOKEN}_FILE", "").strip()
    if not name:
        return environ
    try:
        return {**environ, _TOKEN: Path(name).read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError):
        mistakes.append(f"{_TOKEN}_FILE must be a readable file with the token in it, not {name!r}")
        return environ

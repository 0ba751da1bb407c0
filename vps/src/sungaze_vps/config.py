"""Every setting of the server: environment variables, checked at start, all mistakes named at once."""

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from sungaze_vps.clock import find_zone
from sungaze_vps.errors import ConfigError
from sungaze_vps.tariffs import CapacityTariffs, parse_tariffs

MIN_TOKEN_LENGTH = 16
MAX_DEVICE_ID_LENGTH = 128
MIN_KEEP_DAYS = 92
SECRETS_DIR = Path("/run/secrets")
"""Where container engines mount secrets; a file `device_tokens` there serves as the variable DEVICE_TOKENS."""
_DRIVERS = {"postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
_REDIS_URL = re.compile(r"rediss?://([^/?#]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#@:\[\]]+)(:\d{1,5})?(/\d*)?")

type Grants = Mapping[str, frozenset[str]]
"""Token -> the devices it is for."""
type Network = IPv4Network | IPv6Network


def _database_url(text: str, info: ValidationInfo) -> str:
    wanted = "must look like postgresql://user:password@host/name or sqlite:///path/to/file.db"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(wanted) from None
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.drivername not in _DRIVERS.values() or not url.database:
        raise ValueError(wanted)
    password = info.data.get("database_password")
    if password and url.password is not None:
        raise ValueError("has a password, and DATABASE_PASSWORD is set, too; leave one of them out")
    if password and url.get_backend_name() == "postgresql":
        url = url.set(password=password)
    return url.render_as_string(hide_password=False)


def _redis_url(text: str) -> str:
    if text != "memory://" and not _REDIS_URL.fullmatch(text):
        raise ValueError(
            "must look like redis://host:6379/0 or rediss://user:password@host:6379/0, without options, "
            "/ ? # in a password written as %2F %3F %23, or be memory:// for a single process"
        )
    return text


def _keep_days(days: int) -> int:
    if days != 0 and days < MIN_KEEP_DAYS:
        raise ValueError(f"must be 0 (keep all) or at least {MIN_KEEP_DAYS}: an edge may deliver weeks late")
    return days


def _timezone(text: str) -> str:
    return find_zone(text).key


def _grants(text: Any) -> Grants:
    """Parse `token:device_id,...`, in a file also one a line; a mistake names position and device, never the token."""
    granted: dict[str, set[str]] = {}
    mistakes = []
    for position, entry in enumerate(re.split(r"[,\n]", str(text)), start=1):
        if not entry.strip():  # a comma at the end
            continue
        token, colon, device_id = (part.strip() for part in entry.partition(":"))
        if mistake := _grant_mistake(token, device_id) if colon else " must be token:device_id":
            mistakes.append(f"entry {position}{mistake}")
        granted.setdefault(token, set()).add(device_id)
    if not granted:
        mistakes.append("must hold at least one token:device_id")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return {token: frozenset(devices) for token, devices in granted.items()}


def _optional_grants(text: Any) -> Grants:
    return _grants(text) if str(text).strip() else {}  # a file of secrets may be empty


def _grant_mistake(token: str, device_id: str) -> str:
    if not device_id or len(device_id) > MAX_DEVICE_ID_LENGTH or not device_id.isprintable():
        return f" must name a device of 1 to {MAX_DEVICE_ID_LENGTH} printable characters after the colon"
    if len(token) < MIN_TOKEN_LENGTH:
        least = f"the token must have at least {MIN_TOKEN_LENGTH} characters"
        return f" (device {device_id}): {least}; make one with 'sungaze-vps token new'"
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        return f" (device {device_id}): the token must be visible ASCII without spaces"
    return ""


def _page_folder(folder: Path) -> Path:
    index = folder / "index.html"
    try:
        index.read_bytes()
    except OSError as error:
        raise ValueError(
            f"must be the folder of the built page, and {index} cannot be read ({error.strerror}); "
            "'make dashboard' builds it, in dashboard/dist"
        ) from None
    return folder


def _networks(text: Any) -> tuple[Network, ...]:
    mistakes, networks = [], []
    for entry in filter(None, (part.strip() for part in str(text).split(","))):
        try:
            networks.append(ip_network(entry))
        except ValueError:
            mistakes.append(f"must be networks such as 172.28.0.0/24 or single addresses, and {entry!r} is neither")
    if any(network.prefixlen == 0 for network in networks):
        mistakes.append("must not trust every address there is: name the proxy's own")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return tuple(networks)


class Config(BaseSettings):
    """The settings; each field is the environment variable of that name in capitals."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None,
        str_strip_whitespace=True,
        validate_default=False,
    )

    database_password: str = Field(  # stands before database_url, which takes it in
        default="", repr=False, description="the password of the database's user, where DATABASE_URL has none"
    )
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        repr=False, description="the database, postgresql://user:password@host/name or sqlite:///path/to/file.db"
    )
    redis_url: Annotated[str, AfterValidator(_redis_url)] = Field(
        repr=False, description="the cache, redis://host:6379/0, or memory:// for a single process"
    )
    device_tokens: Annotated[Grants, NoDecode, BeforeValidator(_grants)] = Field(
        repr=False, description="who may write what, token:device_id,... ('sungaze-vps token new' makes one)"
    )
    read_tokens: Annotated[Grants, NoDecode, BeforeValidator(_optional_grants)] = Field(
        default={}, repr=False, description="who may only read what, in the same form"
    )
    cache_ttl_s: float = Field(default=5, ge=0, le=300, description="how long the cache keeps an answer; 0 for never")
    timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        default="UTC",
        validate_default=True,  # reads the list of zones now rather than during a request
        description="the zone whose days, months and years a series has unless it asks for another",
    )
    dashboard_dir: Annotated[Path, AfterValidator(_page_folder)] | None = Field(
        default=None, description="the folder of the built page, which is served under /dashboard/"
    )
    max_samples: int = Field(default=1000, ge=1, le=100_000, description="most samples in one ingest")
    max_body_bytes: int = Field(default=1024**2, ge=1024, le=64 * 1024**2, description="most bytes of a body as sent")
    max_inflated_bytes: int = Field(
        default=8 * 1024**2, ge=1024, le=256 * 1024**2, description="most bytes of a compressed body once inflated"
    )
    body_timeout_s: float = Field(default=60, gt=0, le=600, description="longest time a body may take to arrive")
    max_clock_skew_s: float = Field(
        default=86_400, ge=0, le=366 * 86_400, description="how far in the future a sample may lie"
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        default=(), description="networks of the proxies that may tell a client's address in X-Forwarded-For"
    )
    capacity_tariffs: Annotated[CapacityTariffs, NoDecode, BeforeValidator(parse_tariffs)] = Field(
        default={}, description="what a kW of the capacity tariff costs, year:rate:excl or year:rate:incl, ..."
    )
    keep_readings_days: Annotated[int, AfterValidator(_keep_days)] = Field(
        default=0, le=36_500, description="days after which TimescaleDB drops readings, 0 for never; rollups stay"
    )
    db_pool_size: int = Field(default=5, ge=1, le=100, description="most database connections per worker")
    ingest_rate_samples_per_s: float = Field(
        default=20_000, ge=0, le=1e9, description="samples one token may send per second on average; 0 for no limit"
    )
    read_rate_per_s: float = Field(
        default=100, ge=0, le=1e9, description="requests one token may read with per second on average; 0 for no limit"
    )
    unknown_token_rate_per_s: float = Field(
        default=1, ge=0, le=1e9, description="wrong tokens one address may try per second on average; 0 for no limit"
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = Field(
        default="INFO", description="least level logged"
    )
    log_format: Annotated[Literal["text", "json"], BeforeValidator(str.lower)] = Field(
        default="text", description="form of a log line"
    )

    @model_validator(mode="after")
    def _one_role_per_token(self) -> "Config":
        both = [position for position, token in enumerate(self.read_tokens, start=1) if token in self.device_tokens]
        if both:
            raise ValueError(
                f"READ_TOKENS: token {both[0]} is in DEVICE_TOKENS, too; a token either writes or only reads"
            )
        return self

    def summary(self) -> str:
        """Describe the settings in one line, without a secret."""
        url = make_url(self.database_url)
        where = url.database if self.on_sqlite else f"{url.host or 'local socket'}/{url.database}"
        plain = self.model_dump(
            exclude={"database_url", "database_password", "redis_url", "device_tokens", "read_tokens"}
        )
        parts = {
            "database": f"{url.get_backend_name()} {where}",
            "cache": self.redis_url.partition("://")[0],
            "device_tokens": len(self.device_tokens),
            "read_tokens": len(self.read_tokens),
            **plain,
            "dashboard_dir": self.dashboard_dir or "none",
            "trusted_proxies": " ".join(map(str, self.trusted_proxies)) or "none",
            "capacity_tariffs": " ".join(map(str, sorted(self.capacity_tariffs))) or "none",
        }
        return ", ".join(f"{name}={value}" for name, value in parts.items())

    @property
    def on_sqlite(self) -> bool:
        """Whether the embedded engine stores the readings."""
        return self.database_url.startswith("sqlite")


def load_config(**settings: Any) -> Config:
    """Read the environment, and files of the same names in `/run/secrets`; `settings` win over both.

    Raises:
        ConfigError: with one line for every missing and every wrong variable; no value is repeated.
    """
    if garbled := [name.upper() for name in Config.model_fields if not _is_utf8(os.environ.get(name.upper(), ""))]:
        raise ConfigError([f"{name} is not text in UTF-8" for name in garbled])
    try:
        return Config(**settings)
    except SettingsError as error:
        raise ConfigError([_unreadable_secret(error)]) from error
    except ValidationError as error:
        raise ConfigError([line for fault in error.errors() for line in _lines(fault)]) from None


def _is_utf8(text: str) -> bool:
    """Whether the bytes of a variable made sense; Python keeps the others as halves of surrogate pairs."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _unreadable_secret(error: SettingsError) -> str:
    cause = error.__cause__
    if not isinstance(cause, OSError):
        return f"a file in {SECRETS_DIR} is no text: {cause}"
    return (
        f"the file {cause.filename} cannot be read ({cause.strerror}); the server runs as a user of its own: "
        "let everyone read the file (chmod 644) and nobody but you enter its folder (chmod 700)"
    )


def _lines(fault: Mapping[str, Any]) -> list[str]:
    if not fault["loc"]:
        return [str(fault["msg"]).removeprefix("Value error, ")]
    variable = str(fault["loc"][0]).upper()
    if fault["type"] == "missing":
        return [f"{variable} is not set: {Config.model_fields[str(fault['loc'][0])].description}"]
    if fault["type"] == "value_error":
        return [f"{variable} {line}" for line in str(fault["ctx"]["error"]).splitlines()]
    return [f"{variable} is wrong: {fault['msg'][0].lower()}{fault['msg'][1:]}"]

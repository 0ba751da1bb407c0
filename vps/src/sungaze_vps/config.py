"""Every setting of the server: environment variables, checked at start, all mistakes named at once."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from sungaze_vps.errors import ConfigError

MIN_TOKEN_LENGTH = 16
SECRETS_DIR = Path("/run/secrets")
"""Where container engines mount secrets; a file `device_tokens` there serves as the variable DEVICE_TOKENS."""
_DRIVERS = {"postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}

type Grants = Mapping[str, frozenset[str]]
"""Token -> the devices it is for."""


def _database_url(text: str) -> str:
    wanted = "must look like postgresql+asyncpg://user:password@host/name or sqlite+aiosqlite:///path/to/file.db"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(wanted) from None
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.drivername not in _DRIVERS.values() or not url.database:
        raise ValueError(wanted)
    return url.render_as_string(hide_password=False)


def _redis_url(text: str) -> str:
    if text != "memory://" and not re.match(r"rediss?://[^/]", text):
        raise ValueError("must look like redis://host:6379/0 or rediss://..., or be memory:// for a single process")
    return text


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a zone of the IANA database, such as Europe/Brussels") from None
    return text


def _grants(text: Any) -> Grants:
    """Parse `token:device_id,...`; a mistake names the entry's position and device, never its token."""
    granted: dict[str, set[str]] = {}
    mistakes = []
    entries = [entry.strip() for entry in str(text).split(",")]
    for position, entry in enumerate(entries, start=1):
        if not entry:  # a comma at the end
            continue
        token, colon, device_id = (part.strip() for part in entry.partition(":"))
        if not colon:
            mistakes.append(f"entry {position} must be token:device_id")
        elif not device_id or len(device_id) > 128 or not device_id.isprintable():
            mistakes.append(f"entry {position} must name a device of 1 to 128 printable characters after the colon")
        elif len(token) < MIN_TOKEN_LENGTH:
            mistakes.append(
                f"entry {position} (device {device_id}): the token must have at least {MIN_TOKEN_LENGTH} characters; "
                "make one with 'sungaze-vps token new'"
            )
        elif not re.fullmatch(r"[\x21-\x7e]+", token):
            mistakes.append(f"entry {position} (device {device_id}): the token must be visible ASCII without spaces")
        granted.setdefault(token, set()).add(device_id)
    if not any(entries):
        mistakes.append("must hold at least one token:device_id")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return {token: frozenset(devices) for token, devices in granted.items()}


class Config(BaseSettings):
    """The settings; each field is the environment variable of that name in capitals."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None,
        str_strip_whitespace=True,
    )

    database_url: Annotated[str, AfterValidator(_database_url)] = Field(repr=False)
    redis_url: Annotated[str, AfterValidator(_redis_url)] = Field(repr=False)
    device_tokens: Annotated[Grants, NoDecode, BeforeValidator(_grants)] = Field(repr=False)
    read_tokens: Annotated[Grants, NoDecode, BeforeValidator(_grants)] = Field(default={}, repr=False)
    cache_ttl_s: float = Field(default=5, ge=0, le=300)
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    max_samples: int = Field(default=1000, ge=1, le=100_000)
    max_body_bytes: int = Field(default=1024**2, ge=1024, le=64 * 1024**2)
    max_inflated_bytes: int = Field(default=8 * 1024**2, ge=1024, le=256 * 1024**2)
    body_timeout_s: float = Field(default=60, gt=0, le=600)
    max_clock_skew_s: float = Field(default=86_400, ge=0, le=366 * 86_400)
    db_pool_size: int = Field(default=5, ge=1, le=100)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

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
        plain = self.model_dump(exclude={"database_url", "redis_url", "device_tokens", "read_tokens"})
        parts = {
            "database": f"{url.get_backend_name()} {where}",
            "cache": self.redis_url.partition("://")[0],
            "device_tokens": len(self.device_tokens),
            "read_tokens": len(self.read_tokens),
            **plain,
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
    try:
        return Config(**settings)
    except ValidationError as error:
        raise ConfigError([line for fault in error.errors() for line in _lines(fault)]) from None


def _lines(fault: Mapping[str, Any]) -> list[str]:
    if not fault["loc"]:
        return [str(fault["msg"]).removeprefix("Value error, ")]
    variable = str(fault["loc"][0]).upper()
    if fault["type"] == "missing":
        return [f"{variable} is not set, and the server cannot run without it"]
    if fault["type"] == "value_error":
        return [f"{variable} {line}" for line in str(fault["ctx"]["error"]).splitlines()]
    return [f"{variable} is wrong: {fault['msg'][0].lower()}{fault['msg'][1:]}"]

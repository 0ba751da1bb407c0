import errno
import os
from pathlib import Path

import pytest

from sungaze_vps.config import load_config
from sungaze_vps.errors import ConfigError

GOOD = {
    "DATABASE_URL": "sqlite:///readings.db",
    "REDIS_URL": "memory://",
    "DEVICE_TOKENS": "0123456789abcdef:home",
}


@pytest.fixture
def config_of(monkeypatch):
    def load(**environ):
        for name in ("DATABASE_URL", "DATABASE_PASSWORD", "REDIS_URL", "DEVICE_TOKENS", "READ_TOKENS", "TIMEZONE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return load_config()

    return load


def mistakes_of(config_of, **environ):
    with pytest.raises(ConfigError) as raised:
        config_of(**environ)
    return raised.value.mistakes


def test_every_missing_variable_is_named_at_once(config_of):
    mistakes = mistakes_of(config_of)
    assert [line.split()[0] for line in mistakes] == ["DATABASE_URL", "REDIS_URL", "DEVICE_TOKENS"]
    assert all("is not set" in line for line in mistakes)


def test_an_empty_variable_counts_as_not_set(config_of):
    assert mistakes_of(config_of, **GOOD | {"REDIS_URL": ""})[0].startswith("REDIS_URL is not set")
    assert config_of(**GOOD, TIMEZONE="").timezone == "UTC"


def test_missing_and_wrong_variables_are_named_together(config_of):
    mistakes = mistakes_of(config_of, DATABASE_URL="mysql://host/db", TIMEZONE="Europe/Atlantis", MAX_SAMPLES="many")
    assert {line.split()[0] for line in mistakes} == {
        "DATABASE_URL",
        "REDIS_URL",
        "DEVICE_TOKENS",
        "TIMEZONE",
        "MAX_SAMPLES",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://root:hush@host/db"),
        ("DATABASE_URL", "postgresql://root:hush@host"),
        ("DATABASE_URL", "hush"),
        ("DATABASE_URL", "sqlite://"),
        ("REDIS_URL", "http://:hush@host"),
        ("REDIS_URL", "redis:///hush"),
        ("REDIS_URL", "redis://host/hush"),
        ("REDIS_URL", "redis://:hush@host/0?ssl_cert_reqs=none"),
        ("DEVICE_TOKENS", "hush"),
        ("DEVICE_TOKENS", "hush:home"),
        ("DEVICE_TOKENS", "hush-hush-hush-hush:"),
        ("DEVICE_TOKENS", "hush hush hush hush:home"),
        ("DEVICE_TOKENS", "hush-hush-hush-hush:" + "d" * 129),
        ("DEVICE_TOKENS", "hush-hush-hush-hush:ho\tme"),
        ("DEVICE_TOKENS", ","),
        ("READ_TOKENS", "hush:home"),
        ("READ_TOKENS", ","),
        ("TIMEZONE", "../../hush"),
        ("TIMEZONE", "localtime"),
        ("CACHE_TTL_S", "-1"),
        ("CACHE_TTL_S", "nan"),
        ("DB_POOL_SIZE", "0"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("MAX_BODY_BYTES", "1"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line_that_does_not_repeat_a_secret(config_of, name, value):
    (mistake,) = mistakes_of(config_of, **GOOD | {name: value})
    assert mistake.startswith(f"{name} ")
    assert "hush" not in mistake
    assert "\n" not in mistake


def test_a_text_that_is_not_utf_8_is_refused_by_name(config_of):
    mistakes = mistakes_of(config_of, **GOOD | {"DEVICE_TOKENS": "0123456789abcdef:h\udcff", "LOG_LEVEL": "\udcff"})
    assert mistakes == ("DEVICE_TOKENS is not text in UTF-8", "LOG_LEVEL is not text in UTF-8")


def test_level_and_format_of_the_log_may_be_written_in_any_case_as_for_the_edge(config_of):
    config = config_of(**GOOD, LOG_LEVEL="info", LOG_FORMAT="JSON")
    assert (config.log_level, config.log_format) == ("INFO", "json")


def test_each_wrong_token_is_named_by_its_position_and_device(config_of):
    tokens = "0123456789abcdef:home,short:cabin,0123456789abcdef,tiny:barn"
    short, none, tiny = mistakes_of(config_of, **GOOD | {"DEVICE_TOKENS": tokens})
    assert short.startswith("DEVICE_TOKENS entry 2 (device cabin): the token must have at least 16 characters")
    assert none == "DEVICE_TOKENS entry 3 must be token:device_id"
    assert tiny.startswith("DEVICE_TOKENS entry 4 (device barn)")


def test_tokens_are_split_at_the_first_colon_and_may_have_several_devices(config_of):
    tokens = " aaaaaaaaaaaaaaaa:192.168.1.5:502 , aaaaaaaaaaaaaaaa : cabin ,bbbbbbbbbbbbbbbb:barn, "
    config = config_of(**GOOD | {"DEVICE_TOKENS": tokens})
    assert config.device_tokens == {
        "aaaaaaaaaaaaaaaa": {"192.168.1.5:502", "cabin"},
        "bbbbbbbbbbbbbbbb": {"barn"},
    }


def test_a_token_either_writes_or_only_reads(config_of):
    (mistake,) = mistakes_of(config_of, **GOOD, READ_TOKENS="cccccccccccccccc:home,0123456789abcdef:home")
    assert mistake.startswith("READ_TOKENS")
    assert "0123456789abcdef" not in mistake


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p%40ss@host:5432/db", "postgresql+asyncpg://u:p%40ss@host:5432/db"),
        ("postgres://host/db", "postgresql+asyncpg://host/db"),
        ("postgresql+asyncpg://host/db", "postgresql+asyncpg://host/db"),
        ("sqlite:////var/lib/readings.db", "sqlite+aiosqlite:////var/lib/readings.db"),
        ("sqlite+aiosqlite:///readings.db", "sqlite+aiosqlite:///readings.db"),
    ],
)
def test_a_database_url_gets_the_driver_that_the_server_uses(config_of, given, used):
    assert config_of(**GOOD | {"DATABASE_URL": given}).database_url == used


def test_the_summary_and_the_repr_hold_no_secret(config_of):
    config = config_of(
        DATABASE_URL="postgresql://user:hush@host/readings",
        REDIS_URL="redis://:hush@cache",
        DEVICE_TOKENS="hush-hush-hush-hush:home",
        READ_TOKENS="hush-hush-hush-read:home",
    )
    assert "hush" not in config.summary() + repr(config)
    assert "postgresql host/readings" in config.summary()
    assert "device_tokens=1" in config.summary()


def test_files_of_secrets_serve_as_settings(tmp_path, config_of, monkeypatch):
    secrets = {
        "database_password": "p@ss/w:rd\n",
        "device_tokens": "0123456789abcdef:home\nfedcba9876543210:cabin\n",
        "read_tokens": "",
    }
    for name, text in secrets.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("DATABASE_URL", "postgresql://sungaze@postgres/sungaze")
    monkeypatch.setenv("REDIS_URL", "redis://redis")
    monkeypatch.setenv("READ_TOKENS", "")
    config = load_config(_secrets_dir=tmp_path)
    assert config.database_url == "postgresql+asyncpg://sungaze:p%40ss%2Fw%3Ard@postgres/sungaze"
    assert set(config.device_tokens) == {"0123456789abcdef", "fedcba9876543210"}
    assert config.read_tokens == {}
    assert "p@ss" not in config.summary() + repr(config)


def test_a_file_of_secrets_that_cannot_be_read_is_named_with_the_remedy(tmp_path, monkeypatch):
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABASE_PASSWORD", raising=False)

    def refuse(path, **_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    (tmp_path / "database_password").write_text("hush")
    monkeypatch.setattr(Path, "read_text", refuse)  # root, who runs some test machines, may read everything
    with pytest.raises(ConfigError, match=r"database_password cannot be read \(Permission denied\).*chmod 644"):
        load_config(_secrets_dir=tmp_path)


def test_a_password_apart_is_refused_beside_one_in_the_url_and_none_of_sqlites_business(config_of):
    url = "postgresql://sungaze:hush@postgres/sungaze"
    (mistake,) = mistakes_of(config_of, **GOOD | {"DATABASE_URL": url, "DATABASE_PASSWORD": "hush"})
    assert mistake == "DATABASE_URL has a password, and DATABASE_PASSWORD is set, too; leave one of them out"
    assert config_of(**GOOD, DATABASE_PASSWORD="hush").database_url == "sqlite+aiosqlite:///readings.db"

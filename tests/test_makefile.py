"""The targets that concern the page, on machines that cannot build it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DRY = ("--dry-run", "--old-file=.venv/.ready")  # nothing is set up for it


def make(folder, node, *arguments):
    """Run make with a `node` of ours first on PATH; give the exit status and what was said."""
    (folder / "node").write_text(f"#!/bin/sh\n{node}\n")
    (folder / "node").chmod(0o755)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_who_asks_for_the_page_without_nodejs_is_told_what_to_install(tmp_path):
    status, said = make(tmp_path, "exit 127", "dashboard")
    assert status != 0
    assert "The page cannot be built: there is no Node.js 20.19 or newer" in said
    assert "apt install nodejs npm" in said


def test_what_does_without_the_page_says_so_in_one_line_and_goes_on(tmp_path):
    status, said = make(tmp_path, "exit 127", "page")
    assert (status, said.count("\n")) == (0, 1)
    assert said.startswith("Going on without the page")


@pytest.mark.parametrize(
    ("version", "enough"),
    [("18.19.0", False), ("20.9.0", False), ("20.19.0", True), ("22.12.0", True), ("24.1.0", True)],
)
def test_an_old_nodejs_counts_as_none(tmp_path, version, enough):
    """Whether it would do is asked of the program itself; here one that gives its version as it is told."""
    script = (ROOT / "Makefile").read_text(encoding="utf-8").split("HAS_NODE := node -e '")[1].split("'")[0]
    script = script.replace("$(NODE)", "20.19").replace("process.versions.node", f"'{version}'")
    try:
        done = subprocess.run(["node", "-e", script], check=False)
    except FileNotFoundError:
        pytest.skip("no node on PATH")
    assert (done.returncode == 0) is enough


def test_the_tests_of_the_page_come_first_so_that_the_last_line_is_of_all_the_others(tmp_path):
    status, said = make(tmp_path, "exit 127", *DRY, "test")
    assert status == 0
    assert 0 < said.index("npm run --silent test") < said.index("-m pytest")
    assert "npm run --silent test" not in make(tmp_path, "exit 127", *DRY, "test", "ARGS=-k spool")[1]

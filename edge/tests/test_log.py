"""Logs: one line per change of state, in two forms, and never a secret."""

import json
import logging
import subprocess
import sys

import pytest

from sungaze_edge import log
from sungaze_edge.server import Server

TOKEN = "a-token-for-the-tests-0123456789"


@pytest.fixture
def logging_restored():
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def last_line(capsys):
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.usefixtures("logging_restored")
def test_a_line_for_people_and_a_line_for_machines(capsys):
    log.set_up("INFO", "text")
    logging.getLogger("sungaze_edge.poller").warning("It's gone")
    assert last_line(capsys).endswith("Z WARNING poller: It's gone")
    log.set_up("INFO", "json")
    logging.getLogger("sungaze_edge.poller").warning("It's gone")
    line = json.loads(last_line(capsys))
    assert line.pop("ts").endswith("Z")
    assert line == {"level": "warning", "logger": "sungaze_edge.poller", "message": "It's gone"}


@pytest.mark.usefixtures("logging_restored")
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_mistake_of_ours_comes_with_its_traceback(capsys, form):
    log.set_up("INFO", form)
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        logging.getLogger("x").exception("oops")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_trouble_is_told_when_it_begins_changes_and_ends(caplog):
    caplog.set_level("INFO")
    trouble = log.Trouble(logging.getLogger("x"))
    trouble.ends("well")
    for nature in ("a", "a", "b", "b", "b"):
        trouble.begins(nature, f"trouble {nature}")
    trouble.ends("well")
    trouble.ends("well")
    assert caplog.messages == ["trouble a", "trouble b", "well"]


@pytest.mark.usefixtures("logging_restored")
async def test_the_token_never_appears_not_even_at_debug(cloud, ca_file, clock, capsys, reply):
    log.set_up("DEBUG", "text")
    cloud.replies.append(reply(401, {}))
    async with Server(cloud.url, TOKEN, ca_file, clock) as server:
        await server.devices()
        await server.ingest(['{"device_id": "home", "ts": "2026-06-21T12:00:00.000Z"}'])
    assert TOKEN not in capsys.readouterr().err


def test_the_health_check_imports_neither_http_nor_modbus():
    script = """
import sys
from sungaze_edge.cli import main
main(["healthcheck"])
main(["spool", "status"])
print([name for name in ("httpx", "pymodbus", "sungaze_edge.main") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("text", "ended"),
    [("no answer", "no answer."), ("in its web page?", "in its web page?"), ("a response.", "a response.")],
)
def test_a_sentence_ends_once(text, ended):
    assert log.sentence(text) == ended

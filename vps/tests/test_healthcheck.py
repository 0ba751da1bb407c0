import http.server
import json
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from sungaze_vps.cli import main

HEAVY = ["fastapi", "sqlalchemy", "uvicorn", "pydantic", "redis", "alembic"]


@contextmanager
def server_that_answers(status, body):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.path == "/health"
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_server_that_is_well_passes(capsys):
    with server_that_answers(200, b'{"status": "ok"}') as port:
        main(["healthcheck", "--port", str(port)])
    assert capsys.readouterr().out == "well\n"


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (503, json.dumps({"detail": "The database is away."}).encode(), "The database is away."),
        (404, b"<html>", "/health answers 404"),
        (500, b"[]", "/health answers 500"),
    ],
)
def test_a_server_that_is_not_well_fails_with_its_own_reason(capsys, status, body, sentence):
    with server_that_answers(status, body) as port, pytest.raises(SystemExit) as left:
        main(["healthcheck", "--port", str(port)])
    assert left.value.code == 1
    assert capsys.readouterr().err == f"sungaze-vps: {sentence}\n"


def test_no_server_at_all_fails_in_one_line(capsys):
    with server_that_answers(200, b"") as port:
        pass
    with pytest.raises(SystemExit) as left:
        main(["healthcheck", "--port", str(port)])
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith(f"sungaze-vps: no answer on port {port}: ")


def test_it_loads_nothing_of_the_server():
    code = f"""
import sys
from sungaze_vps.cli import main
try:
    main(["healthcheck", "--port", "1"])
except SystemExit:
    print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

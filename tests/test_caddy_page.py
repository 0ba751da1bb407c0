"""The page as a browser gets it: from the real API through the real Caddy."""

import gzip
import json
import os
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sungaze_sim.stack import free_port, script

BUILT = Path(__file__).parent.parent / "dashboard/dist"
SCRIPT = b"console.info('the sun');\n" * 200
FILES = {"index.html": b"<!doctype html><title>toy</title>", "assets/toy-B_9x-2aQ.js": SCRIPT, "icon.png": b"\x89PNG"}
BROWSER = ("Accept: text/html,*/*;q=0.8", "Accept-Encoding: gzip, deflate, br, zstd")
ONCE = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cache-Control")


class Page:
    """An API that has a page, behind a Caddy."""

    def __init__(self, folder, database_folder, start_caddy):
        port = free_port()
        settings = {
            "DATABASE_URL": f"sqlite:///{database_folder / 'readings.db'}",
            "REDIS_URL": "memory://",
            "DEVICE_TOKENS": "write-token-of-the-home:home",
            "DASHBOARD_DIR": str(folder),
        }
        command = [script("sungaze-vps"), "serve", "--port", str(port)]
        with (database_folder / "api.log").open("wb") as log:
            self.api = subprocess.Popen(command, env=os.environ | settings, stderr=log)
        self.caddy = start_caddy(port)
        for _ in range(12):  # Caddy waits five seconds for the API each time
            if self.api.poll() is None and self.ask("/").status == 200:
                return
        raise AssertionError((database_folder / "api.log").read_text())

    def ask(self, target, *headers, method="GET"):
        return self.caddy.ask(target, *headers, method=method)

    def stop(self):
        self.api.terminate()
        self.api.wait(20)


@pytest.fixture
def serve(start_caddy, tmp_path_factory):
    """Give a function that serves a folder as the page."""
    pages = []

    def serve(folder):
        pages.append(Page(folder, tmp_path_factory.mktemp("api"), start_caddy))
        return pages[-1]

    yield serve
    for page in pages:
        page.stop()


@pytest.fixture
def toy(serve, tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return serve(tmp_path)


def test_a_browser_gets_the_page_compressed_once_under_its_own_policy_and_need_not_load_it_twice(toy):
    led = toy.ask("/", *BROWSER)
    assert (led.status, led.headers["Location"], led.headers["Vary"]) == (307, "/dashboard/", "Accept")
    assert json.loads(toy.ask("/").body)["name"] == "sungaze"

    page, asset = toy.ask("/dashboard/", *BROWSER), toy.ask("/dashboard/assets/toy-B_9x-2aQ.js", *BROWSER)
    assert (page.status, page.body) == (200, FILES["index.html"])
    assert asset.headers.get_all("Content-Encoding") == ["gzip"]
    assert gzip.decompress(asset.body) == SCRIPT
    for answer in (page, asset):
        assert {name: len(answer.headers.get_all(name, [])) for name in ONCE} == dict.fromkeys(ONCE, 1)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Strict-Transport-Security"]
        again = toy.ask("/dashboard/", *BROWSER, f"If-None-Match: {page.headers['ETag']}")
        assert (again.status, again.body) == (304, b"")
    assert "immutable" in asset.headers["Cache-Control"]

    head = toy.ask("/dashboard/", method="HEAD")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", page.headers["ETag"])
    missing = toy.ask("/dashboard/assets/toy.js", *BROWSER)
    assert missing.problem["detail"] == "Nothing is served under this path."
    assert "script-src" not in missing.headers["Content-Security-Policy"]


class References(HTMLParser):
    """What a page loads, and what of it the policy would refuse."""

    def __init__(self, html):
        super().__init__()
        self.loads, self.refused = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.loads += [given[name] for name in ("src", "href") if given.get(name)]
        inline = tag == "style" or (tag == "script" and "src" not in given)
        if inline or "style" in given or any(name.startswith("on") for name in given):
            self.refused.append(self.get_starttag_text())


@pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="no page: dashboard/dist is not built (make dashboard)")
def test_all_that_the_built_page_loads_is_there_and_allowed(serve):
    page = serve(BUILT)
    found = References(page.ask("/dashboard/").body.decode())
    assert found.refused == []
    assert any(path.endswith(".js") for path in found.loads)
    scripts = [f"/dashboard/{path.relative_to(BUILT).as_posix()}" for path in BUILT.rglob("*.js")]
    for target in [*found.loads, *scripts]:
        assert target.startswith("/dashboard/"), "only its own"
        assert page.ask(target).status == 200, target
    manifest = json.loads(page.ask("/dashboard/manifest.webmanifest").body)
    for icon in manifest["icons"]:
        assert page.ask(f"/dashboard/{icon['src'].removeprefix('/dashboard/')}").status == 200, icon

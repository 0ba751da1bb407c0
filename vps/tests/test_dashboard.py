"""The page: which files a browser gets, how, and what nobody gets whatever he asks for."""

import gzip
import re

import httpx
import pytest
from prometheus_client import generate_latest

from sungaze_vps.api.dashboard import names
from sungaze_vps.config import load_config
from sungaze_vps.errors import ConfigError, StartupError
from sungaze_vps.main import create_app, wrap

SCRIPT = b"console.info('the sun');\n" * 200
FILES = {
    "index.html": b"<!doctype html><title>Sungaze</title>" + b"<p>the sun</p>" * 50,
    "sw.js": SCRIPT,
    "manifest.webmanifest": b"{}",
    "icon.svg": b"<svg/>",
    "icon-192.png": b"\x89PNG" + bytes(range(256)),
    "assets/index-B_9x-2aQ.js": SCRIPT,
    "assets/index-B_9x-2aQ.css": b"body { margin: 0 }",
    "assets/letters.woff2": b"wOF2",
    "assets/index-B_9x-2aQ.js.map": b"{}",
    ".env": b"SECRET=1",
    "notes": b"for me alone",
}
MEDIA_TYPES = {
    "": "text/html; charset=utf-8",
    "index.html": "text/html; charset=utf-8",
    "sw.js": "text/javascript; charset=utf-8",
    "manifest.webmanifest": "application/manifest+json",
    "icon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "assets/index-B_9x-2aQ.js": "text/javascript; charset=utf-8",
    "assets/index-B_9x-2aQ.css": "text/css; charset=utf-8",
    "assets/letters.woff2": "font/woff2",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def settings(tmp_path):
    """Give the settings of a server whose database nobody asks."""
    database = f"sqlite:///{tmp_path / 'never-opened.db'}"
    return {"database_url": database, "redis_url": "memory://", "device_tokens": "0123456789abcdef:home"}


@pytest.fixture
def folder(tmp_path):
    """Give the folder of a page, with neighbours that are none of it."""
    folder = tmp_path / "dist"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (tmp_path / "secret.js").write_text("secret")
    return folder


@pytest.fixture
def page_settings(settings, folder):
    return settings | {"dashboard_dir": str(folder)}


@pytest.fixture
async def browser(page_settings):
    """Give a client without a token, of a server that has the page."""
    config = load_config(**page_settings)
    app = create_app(config)
    transport = httpx.ASGITransport(wrap(app, config), raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://server") as client,
    ):
        client.headers.pop("accept-encoding")
        yield client


@pytest.mark.parametrize(("path", "media_type"), MEDIA_TYPES.items())
async def test_each_file_comes_as_it_is_with_its_type_and_the_strict_policy(browser, path, media_type):
    answer = await browser.get(f"/dashboard/{path}")
    assert answer.status_code == 200
    assert answer.content == FILES[path or "index.html"]
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["", "index.html", "sw.js", "assets/index-B_9x-2aQ.js"])
async def test_text_is_sent_compressed_to_who_takes_that(browser, path):
    asked = browser.build_request("GET", f"/dashboard/{path}", headers={"Accept-Encoding": "br, gzip;q=0.9"})
    answer = await browser.send(asked, stream=True)
    sent = b"".join([part async for part in answer.aiter_raw()])
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert int(answer.headers["Content-Length"]) == len(sent)
    assert gzip.decompress(sent) == FILES[path or "index.html"]
    plain = await browser.get(f"/dashboard/{path}", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["icon-192.png", "assets/letters.woff2"])
async def test_what_gzip_would_make_larger_is_sent_as_it_is(browser, path):
    answer = await browser.get(f"/dashboard/{path}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.content == FILES[path]


async def test_only_files_named_by_their_content_are_kept_without_asking_again(browser):
    kept = {path: (await browser.get(f"/dashboard/{path}")).headers["Cache-Control"] for path in MEDIA_TYPES}
    assets = {path for path in MEDIA_TYPES if path.startswith("assets/")}
    assert {path for path, how in kept.items() if how == "public, max-age=31536000, immutable"} == assets
    assert {path for path, how in kept.items() if how == "no-cache"} == set(MEDIA_TYPES) - assets


async def test_a_browser_that_has_the_file_is_told_so(browser):
    first = await browser.get("/dashboard/", headers={"Accept-Encoding": "gzip"})
    tag = first.headers["ETag"]
    for known in (tag, tag.removeprefix("W/"), f'"another", {tag}', "*"):
        again = await browser.get("/dashboard/", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag), known
        assert again.headers["Cache-Control"] == "no-cache"
    other = await browser.get("/dashboard/", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200
    assert (await browser.get("/dashboard/sw.js")).headers["ETag"] != tag


@pytest.mark.parametrize(
    "path",
    [
        *("x", "x.js", "assets", "assets/", "index.html/", "INDEX.HTML", "/index.html", "assets//index-B_9x-2aQ.js"),
        *("assets/index-B_9x-2aQ.js.map", ".env", "notes"),
        *("%2e%2e/secret.js", "..%2fsecret.js", "assets/%2e%2e/%2e%2e/secret.js", "%2e/index.html", "index.html%00"),
    ],
)
async def test_nothing_else_is_there_however_it_is_asked_for(browser, path):
    answer = await browser.get(f"/dashboard/{path}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "Nothing is served under this path."


async def test_a_head_says_the_same_and_nothing_can_be_sent(browser):
    head, get = await browser.head("/dashboard/"), await browser.get("/dashboard/")
    assert head.status_code == 200
    assert {**head.headers, "date": "", "x-request-id": ""} == {**get.headers, "date": "", "x-request-id": ""}
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert (await browser.request(method, "/dashboard/")).status_code == 405


async def test_the_name_without_its_slash_leads_to_the_page(browser):
    answer = await browser.get("/dashboard")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/dashboard/")


@pytest.mark.parametrize("accept", [FIREFOX, "text/html", "TEXT/HTML;q=0.5"])
async def test_a_person_who_asks_for_the_server_is_led_to_the_page(browser, accept):
    answer = await browser.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Location"], answer.headers["Vary"]) == (307, "/dashboard/", "Accept")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0", "text/htmlx", ""])
async def test_a_program_that_asks_for_the_server_still_learns_that_it_is_there(browser, accept):
    answer = await browser.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.json()) == (200, {"name": "sungaze", "status": "ok"})
    assert answer.headers["Vary"] == "Accept"


async def test_without_the_setting_there_is_no_page_and_everybody_gets_the_same_answer(client):
    for path in ("/dashboard", "/dashboard/", "/dashboard/index.html"):
        assert (await client.get(path)).status_code == 404
    answer = await client.get("/", headers={"Accept": FIREFOX})
    assert (answer.status_code, "Vary" in answer.headers) == (200, False)


async def test_the_page_is_read_once(browser, folder):
    (folder / "index.html").write_bytes(b"changed while the server runs")
    (folder / "new.js").write_bytes(b"")
    assert (await browser.get("/dashboard/")).content == FILES["index.html"]
    assert (await browser.get("/dashboard/new.js")).status_code == 404


async def test_all_files_are_one_route_to_prometheus_and_none_to_the_description(browser):
    for path in MEDIA_TYPES:
        await browser.get(f"/dashboard/{path}")
    counted = generate_latest().decode()
    assert set(re.findall(r'route="(/dashboard/[^"]*)"', counted)) == {"/dashboard/{path:path}"}
    assert "dashboard" not in str((await browser.get("/openapi.json")).json()["paths"].keys())


@pytest.mark.parametrize("content", ["absent", "empty", "file"])
def test_a_folder_without_a_page_is_refused_at_the_start_in_one_line(settings, tmp_path, content):
    folder = tmp_path / "page"
    if content == "file":
        folder.write_text("")
    elif content == "empty":
        folder.mkdir()
    with pytest.raises(ConfigError) as raised:
        load_config(**settings, dashboard_dir=str(folder))
    (mistake,) = raised.value.mistakes
    assert mistake.startswith(f"DASHBOARD_DIR must be the folder of the built page, and {folder}/index.html cannot")
    assert "make dashboard" in mistake


def test_a_file_of_the_page_that_cannot_be_read_is_named_at_the_start(page_settings, folder):
    (folder / "assets/broken.js").symlink_to("/proc/self/mem")  # can be opened by anybody, read by nobody
    with pytest.raises(StartupError, match=r"the page's file .*/assets/broken\.js cannot be read"):
        create_app(load_config(**page_settings))


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("br,GZIP", True),
        ("gzip ; q=1.0", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0.000", False),
        ("gzip;q=0", False),
        ("x-gzip", False),
        ("*", False),
    ],
)
def test_a_value_counts_as_named_only_where_it_is_wanted(header, named):
    assert names(header, "gzip") is named

"""Every setting is checked before anything starts, and every mistake is named at once."""

import inspect
from pathlib import Path

import pytest

from sungaze_edge import config
from sungaze_edge.errors import SettingsError
from sungaze_edge.health import Health
from sungaze_edge.poller import Poller
from sungaze_edge.uploader import Uploader

TOKEN = "a-token-for-the-tests-0123456789"
pytestmark = pytest.mark.usefixtures("with_toy")
GOOD = {"VPS_INGEST_URL": "https://energy.example.org", "VPS_DEVICE_TOKEN": TOKEN, "TOY_HOST": "toy.local"}


def mistakes(**changes):
    with pytest.raises(SettingsError) as caught:
        config.load({**GOOD, **changes})
    return caught.value.mistakes


def test_three_variables_are_enough():
    loaded = config.load(GOOD)
    assert loaded.ingest_url == "https://energy.example.org/v1/ingest"
    assert loaded.batch_size == 30
    assert loaded.upload_interval_s == 10
    assert loaded.spool_path == Path("/data/spool.db")
    assert loaded.health_path == Path("/data/health.json")
    (source,) = loaded.sources
    assert source.values["TOY_HOST"] == "toy.local"


def test_what_is_no_setting_spares_device_and_server():
    loaded = config.load(GOOD)
    assert (loaded.poll_backoff_s, loaded.read_timeout_s) == ((5, 60), 60)
    assert (loaded.upload_backoff_s, loaded.denied_backoff_s) == ((1, 300), (120, 300))
    assert loaded.drain_batch_size == 1000
    assert (loaded.poll_stale_s, loaded.upload_stale_s, loaded.health_interval_s) == (60, 900, 10)


@pytest.mark.parametrize("parts", [Poller, Uploader, Health])
def test_a_part_has_no_tuning_of_its_own(parts):
    options = [option for option in inspect.signature(parts).parameters.values() if option.kind is option.KEYWORD_ONLY]
    assert options
    assert [option.name for option in options if option.default is not option.empty] == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://e.org/", "https://e.org/v1/ingest"),
        ("https://e.org/v1/ingest", "https://e.org/v1/ingest"),
        ("https://e.org/v1/ingest/", "https://e.org/v1/ingest"),
        ("https://e.org:8443/energy", "https://e.org:8443/energy/v1/ingest"),
        ("  HTTPS://e.org ", "https://e.org/v1/ingest"),
        ("https://[::1]:8443", "https://[::1]:8443/v1/ingest"),
    ],
)
def test_the_address_may_be_the_servers_or_the_endpoints(written, meant):
    assert config.load({**GOOD, "VPS_INGEST_URL": written}).ingest_url == meant


@pytest.mark.parametrize("url", ["http://e.org", "HTTP://e.org/v1/ingest", "e.org", "ftp://e.org", "//e.org"])
def test_hc003_an_address_without_https_is_refused(url):
    (mistake,) = mistakes(VPS_INGEST_URL=url)
    assert "https" in mistake


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:///v1/ingest",
        "https://e.org:notaport",
        "https://e.org:99999",
        "https://me:hunter2@e.org",
        "https://e.org/?token=hunter2",
        "https://e.org/#hunter2",
        "https://e .org",
        "https://[::1",
    ],
)
def test_an_address_that_cannot_be_one_is_refused_without_repeating_what_may_be_a_secret(url):
    (mistake,) = mistakes(VPS_INGEST_URL=url)
    assert mistake.startswith("VPS_INGEST_URL must be")
    assert "hunter2" not in mistake


@pytest.mark.parametrize(
    "token", ["short", "with a space in the middle", "ümläuts-are-no-ascii", "line\nbreak-in-the-token"]
)
def test_a_token_that_cannot_be_one_is_refused_and_not_repeated(token):
    (mistake,) = mistakes(VPS_DEVICE_TOKEN=token)
    assert mistake.startswith("VPS_DEVICE_TOKEN must be at least 16")
    assert token not in mistake


def test_the_token_never_shows_in_the_configuration():
    assert TOKEN not in repr(config.load(GOOD))


def test_the_token_may_come_from_a_file(tmp_path):
    (tmp_path / "token").write_text("another-token-0123456789\n")
    environ = {**GOOD, "VPS_DEVICE_TOKEN": "", "VPS_DEVICE_TOKEN_FILE": str(tmp_path / "token")}
    assert config.load(environ).device_token == "another-token-0123456789"
    assert "VPS_DEVICE_TOKEN_FILE" in mistakes(VPS_DEVICE_TOKEN_FILE=str(tmp_path / "none"))[0]


def test_an_authority_must_be_a_readable_file_of_certificates(tmp_path, ca_file):
    assert config.load({**GOOD, "VPS_CA_FILE": str(ca_file)}).ca_file == ca_file
    (tmp_path / "junk.pem").write_text("junk")
    for name in ("junk.pem", "none.pem", "."):
        assert "VPS_CA_FILE must be a readable file" in mistakes(VPS_CA_FILE=str(tmp_path / name))[0]


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("BATCH_SIZE", "0"),
        ("BATCH_SIZE", "1001"),
        ("BATCH_SIZE", "2.5"),
        ("UPLOAD_INTERVAL_S", "nan"),
        ("UPLOAD_INTERVAL_S", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_value_out_of_bounds_is_named_with_its_bounds(variable, text):
    (mistake,) = mistakes(**{variable: text})
    assert mistake.startswith(f"{variable} must be")
    assert repr(text) in mistake


@pytest.mark.parametrize("variable", ["SPOOL_PATH", "HEALTH_PATH"])
@pytest.mark.parametrize("path", ["/", ".", "..", "/data/..", "/data/"])
def test_a_path_that_names_no_file_is_refused(variable, path):
    named = "/data/" if path == "/data/" else path
    if path == "/data/":
        assert config.load({**GOOD, variable: named})  # `data` might be a file; what it is shows when it is opened
    else:
        assert mistakes(**{variable: path}) == [f"{variable} must be the path of a file, not {path!r}"]


def test_every_mistake_is_named_at_once():
    with pytest.raises(SettingsError) as caught:
        config.load({"VPS_INGEST_URL": "http://x", "BATCH_SIZE": "many"})
    named = [mistake.split()[0] for mistake in caught.value.mistakes]
    assert named == ["VPS_INGEST_URL", "VPS_DEVICE_TOKEN", "BATCH_SIZE", "TOY_HOST"]


def test_mistakes_of_a_source_are_named_with_the_others():
    assert [mistake.split()[0] for mistake in mistakes(TOY_INTERVAL_S="often")] == ["TOY_INTERVAL_S"]


def test_words_are_taken_in_any_case_and_empty_means_not_set():
    loaded = config.load(
        {**GOOD, "LOG_LEVEL": "debug", "LOG_FORMAT": "JSON", "BATCH_SIZE": "", "HEALTH_PATH": "/run/h.json"}
    )
    assert (loaded.log_level, loaded.log_format, loaded.batch_size) == ("DEBUG", "json", 30)
    assert loaded.health_path == Path("/run/h.json")

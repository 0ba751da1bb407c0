"""The commands, as a person types them."""

import io
import json

import pytest

from sungaze_edge.cli import main
from sungaze_edge.places import lock_spool
from sungaze_edge.reading import Reading
from sungaze_edge.store import Store

TOKEN = "a-token-for-the-tests-0123456789"
pytestmark = pytest.mark.usefixtures("with_toy")


@pytest.fixture
def environment(monkeypatch, tmp_path, ca_file):
    """Give the commands these settings and no others."""
    for name in ("VPS_INGEST_URL", "VPS_DEVICE_TOKEN", "SUNGROW_HOST"):
        monkeypatch.delenv(name, raising=False)

    def use(**variables):
        for name, value in {"SPOOL_PATH": str(tmp_path / "spool.db"), **variables}.items():
            monkeypatch.setenv(name, value)

    use()
    return use


def run(capsys, *arguments):
    status = main(arguments)
    output = capsys.readouterr()
    return status, output.out, output.err


def test_decode_prints_one_json_object(capsys, tmp_path):
    (tmp_path / "capture.json").write_text('{"toy": "home"}')
    status, out, err = run(capsys, "decode", str(tmp_path / "capture.json"))
    assert (status, err) == (0, "")
    assert json.loads(out) == {"kind": "toy", "device_id": "home"}


def test_decode_prints_half_a_character_as_json_writes_it(capsys, tmp_path):
    (tmp_path / "capture.json").write_text(r'{"toy": "a \ud800 b"}')
    status, out, err = run(capsys, "decode", str(tmp_path / "capture.json"))
    assert (status, err) == (0, "")
    out.encode()
    assert json.loads(out)["device_id"] == "a \ud800 b"


def test_decode_reads_standard_input(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"toy": "home"}'))
    assert run(capsys, "decode", "-")[0] == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{}", "neither a capture nor an answer of a known device"),
        (b"[1, 2]", "neither a capture"),
        (b"not json", "is not JSON"),
        (b"", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"toy": NaN}', "is not JSON: it has no number NaN"),
        (b'{"toy": 1e400}', "holds a number that JSON has no place for"),
        (b"\xff\xfe\x00", "is not a text file"),
    ],
)
def test_decode_says_what_is_wrong_with_a_file(capsys, tmp_path, content, complaint):
    (tmp_path / "file").write_bytes(content)
    status, out, err = run(capsys, "decode", str(tmp_path / "file"))
    assert (status, out) == (2, "")
    assert complaint in err
    assert len(err.splitlines()) == 1


def test_decode_of_a_file_that_is_not_there(capsys, tmp_path):
    status, _, err = run(capsys, "decode", str(tmp_path / "none"))
    assert status == 2
    assert "cannot be read: No such file" in err


def test_run_names_every_mistake_on_a_line_of_its_own(capsys, environment):
    environment(VPS_INGEST_URL="http://x")
    status, _, err = run(capsys, "run")
    assert status == 2
    assert [line.split()[0] for line in err.splitlines()[1:]] == ["VPS_INGEST_URL", "VPS_DEVICE_TOKEN", "TOY_HOST"]


def test_run_with_a_spool_that_cannot_be_written_says_so(capsys, environment, tmp_path):
    environment(
        VPS_INGEST_URL="https://x.org",
        VPS_DEVICE_TOKEN=TOKEN,
        TOY_HOST="t",
        SPOOL_PATH=str(tmp_path / "no" / "spool.db"),
    )
    status, _, err = run(capsys, "run")
    assert status == 2
    assert "set SPOOL_PATH to another place" in err
    assert "Traceback" not in err


def test_dump_prints_what_decode_understands(capsys, environment):
    environment(TOY_HOST="shed")
    status, out, _ = run(capsys, "dump")
    assert status == 0
    assert json.loads(out) == {"toy": "shed"}


def test_dump_leaves_a_device_alone_that_a_running_daemon_reads(capsys, environment, tmp_path):
    environment(TOY_HOST="shed")
    with lock_spool(tmp_path / "spool.db"):
        status, out, err = run(capsys, "dump")
    assert (status, out) == (2, "")
    assert err == "sungaze-edge run is reading the devices; stop it first.\n"
    assert run(capsys, "dump")[0] == 0


def test_dump_wants_one_device(capsys, environment):
    assert run(capsys, "dump")[0] == 2
    environment(TOY_HOST="shed")
    status, _, err = run(capsys, "dump", "--kind", "unknown")
    assert status == 2
    assert "toy" in err


@pytest.fixture
def spooled(environment, tmp_path, clock):
    store = Store(tmp_path / "spool.db")
    for number in range(3):
        store.enqueue(Reading("home", "toy", {"n": number}, clock.instant()))
    store.quarantine({2: "n: no"}, clock.instant())
    store.close()


@pytest.mark.usefixtures("spooled")
def test_the_spool_can_be_looked_into_and_refused_readings_retried(capsys):
    status, out, _ = run(capsys, "spool")
    assert status == 0
    assert "rows: 2" in out
    assert "quarantined: 1" in out
    assert "corrupt_files: none" in out
    out = run(capsys, "spool", "list")[1]
    assert out.startswith("2\t2026-06-21T12:00:00Z\tn: no\t{")
    assert run(capsys, "spool", "retry", "1", "2", "5") == (
        2,
        "",
        "No refused reading has the number 1, 5; 'sungaze-edge spool list' shows them.\n",
    )
    assert "1 readings" in run(capsys, "spool", "retry", "2")[1]
    assert "rows: 3" in run(capsys, "spool", "status")[1]


@pytest.mark.usefixtures("environment")
def test_a_spool_that_is_not_there_is_not_made_by_looking(capsys, tmp_path):
    status, _, err = run(capsys, "spool", "status")
    assert status == 2
    assert "There is no spool" in err
    assert list(tmp_path.glob("spool.db*")) == []


@pytest.mark.usefixtures("environment")
def test_a_spool_that_is_broken_is_not_touched_by_looking(capsys, tmp_path):
    (tmp_path / "spool.db").write_bytes(b"garbage" * 1000)
    status, _, err = run(capsys, "spool", "status")
    assert status == 2
    assert "cannot be read" in err


@pytest.mark.usefixtures("environment")
def test_the_health_check_fails_with_a_reason(capsys):
    status, out, _ = run(capsys, "healthcheck")
    assert status == 1
    assert "no health file" in out


def test_ctrl_c_ends_quietly(capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sungaze_edge.cli._read_document", interrupted)
    assert run(capsys, "decode", "x") == (130, "", "")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["spool", "--help"], ["decode", "--help"]])
def test_help_and_version(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "sungaze-edge" in capsys.readouterr().out

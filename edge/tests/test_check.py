"""`sungaze-edge check` reaches each device and the server once and says what to do where it cannot."""

import pytest

from sungaze_edge import config
from sungaze_edge.check import check
from sungaze_edge.errors import SpoolError
from sungaze_edge.spool import Spool

TOKEN = "a-token-for-the-tests-0123456789"
pytestmark = pytest.mark.usefixtures("with_toy")


@pytest.fixture
def checked(cloud, ca_file, clock, tmp_path):
    async def run(**changes):
        environ = {
            "VPS_INGEST_URL": cloud.url,
            "VPS_DEVICE_TOKEN": TOKEN,
            "VPS_CA_FILE": str(ca_file),
            "TOY_HOST": "home",
            "SPOOL_PATH": str(tmp_path / "spool.db"),
            **changes,
        }
        said = []
        return await check(config.load(environ), clock, said.append), "\n".join(said)

    return run


@pytest.fixture
def _knows_home(cloud, reply):
    cloud.judge = lambda _: reply(200, {"devices": [{"device_id": "home"}]})


@pytest.mark.usefixtures("_knows_home")
async def test_all_is_well(checked, cloud, tmp_path):
    good, said = await checked()
    assert good
    assert "home: power_w 0" in said
    assert "the token is good" in said
    assert [request.path for request in cloud.requests] == ["/v1/devices"], "nothing is written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_knows_home")
@pytest.mark.parametrize("name", ["missing/spool.db", "folder"])
async def test_a_spool_that_run_could_not_write_is_told_in_the_words_of_run(checked, tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(SpoolError) as caught:
        async with Spool(tmp_path / name):
            pass
    good, said = await checked(SPOOL_PATH=str(tmp_path / name), HEALTH_PATH=str(tmp_path / "health.json"))
    assert not good
    assert str(caught.value) in said.splitlines()
    assert "set SPOOL_PATH to another place" in said


@pytest.mark.usefixtures("_knows_home")
@pytest.mark.parametrize("name", ["missing/health.json", "folder"])
async def test_a_health_file_that_run_could_not_write_is_told(checked, tmp_path, name):
    (tmp_path / "folder").mkdir()
    good, said = await checked(HEALTH_PATH=str(tmp_path / name))
    assert not good
    assert f"The health file {tmp_path / name} cannot be written: " in said


@pytest.mark.usefixtures("_knows_home")
async def test_beside_a_running_daemon_the_device_is_left_alone(checked, tmp_path):
    async with Spool(tmp_path / "spool.db"):
        good, said = await checked()
    assert not good
    assert "devices: sungaze-edge run is reading the devices; stop it first." in said
    assert "power_w" not in said
    assert "the token is good" in said


@pytest.mark.parametrize(
    ("status", "document", "advice"),
    [
        (401, {}, "VPS_DEVICE_TOKEN"),
        (404, {}, "VPS_INGEST_URL"),
        (200, {"hello": 1}, "VPS_INGEST_URL"),
        (200, {"devices": [{"device_id": "shed"}]}, "not for home"),
    ],
)
async def test_a_server_that_is_not_right_comes_with_advice(checked, cloud, reply, status, document, advice):
    cloud.judge = lambda _: reply(status, document)
    good, said = await checked()
    assert not good
    assert advice in said
    assert TOKEN not in said


async def test_a_device_and_a_server_that_do_not_answer(checked):
    good, said = await checked(TOY_HOST="broken", VPS_INGEST_URL="https://localhost:1")
    assert not good
    assert "broken: nobody answers. Check TOY_HOST" in said
    assert "server: the server cannot be reached" in said
    assert "?." not in said
    assert ".." not in said

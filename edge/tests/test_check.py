"""`sungaze-edge check` reaches each device and the server once and says what to do where it cannot."""

import pytest

from sungaze_edge import config
from sungaze_edge.check import check

TOKEN = "a-token-for-the-tests-0123456789"
pytestmark = pytest.mark.usefixtures("with_toy")


@pytest.fixture
def checked(cloud, ca_file, clock):
    async def run(**changes):
        environ = {
            "VPS_INGEST_URL": cloud.url,
            "VPS_DEVICE_TOKEN": TOKEN,
            "VPS_CA_FILE": str(ca_file),
            "TOY_HOST": "home",
            **changes,
        }
        said = []
        return await check(config.load(environ), clock, said.append), "\n".join(said)

    return run


async def test_all_is_well(checked, cloud, reply):
    cloud.judge = lambda _: reply(200, {"devices": [{"device_id": "home"}]})
    good, said = await checked()
    assert good
    assert "home: power_w 0" in said
    assert "the token is good" in said
    assert [request.path for request in cloud.requests] == ["/v1/devices"], "nothing is written"


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

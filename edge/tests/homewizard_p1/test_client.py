"""What the source makes of whoever answers at the meter's address, on real sockets."""

import asyncio
import json
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from sungaze_edge.errors import SourceError, SourceUnavailableError, SourceUnusableError
from sungaze_edge.settings import read_settings
from sungaze_edge.sources.homewizard_p1 import SOURCE_TYPE, client

SERIAL = "5c2fafaabbcc"
GOOD = {"power_w": 500, "energy_import_kwh": 1.5}


@pytest.fixture
def settings(ca_file, tmp_path):
    def make(port, **changes):
        environ = {
            "HW_P1_HOST": "127.0.0.1",
            "HW_P1_PORT": str(port),
            "HW_P1_TOKEN": "F" * 32,
            "HW_P1_TOKEN_FILE": str(tmp_path / "token.json"),
            "HW_P1_CA_FILE": str(ca_file),
            "HW_P1_SERIAL": SERIAL,
        }
        return read_settings(SOURCE_TYPE.settings, environ | changes)

    return make


@asynccontextmanager
async def answering(*bodies, certificate=None, status=200, requests=None, headers=""):
    """Serve bodies by request, the last one for ever; a dict becomes JSON."""
    left = list(bodies)

    async def serve(reader, writer):
        try:
            while head := await reader.read(4096):  # a request of ours fits
                if requests is not None:
                    requests.append(head.decode("latin-1"))
                body = left.pop(0) if len(left) > 1 else left[0]
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                writer.write(
                    f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(content)}\r\n\r\n".encode() + content
                )
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)


@pytest.fixture
def certificate(authority):
    def make(**validity):
        return authority.issue_cert("somewhere", common_name=f"appliance/p1dongle/{SERIAL}", **validity)

    return make


async def read(values):
    source = SOURCE_TYPE.open(values, lambda: None)
    try:
        return await source.read()
    finally:
        await source.close()


async def failure(values):
    with pytest.raises(SourceError) as caught:
        await read(values)
    return caught.value


async def test_a_request_carries_the_version_and_the_token_and_little_else(settings, certificate):
    requests = []
    async with answering(GOOD, certificate=certificate(), requests=requests) as port:
        assert (await read(settings(port)))["power_w"] == 500
    (head,) = requests
    assert head.startswith("GET /api/measurement HTTP/1.1\r\n")
    assert "X-Api-Version: 2\r\n" in head
    assert f"Authorization: Bearer {'F' * 32}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head


@pytest.mark.parametrize(
    ("validity", "sentence"),
    [
        (
            {"not_before": datetime(2000, 1, 1, tzinfo=UTC), "not_after": datetime(2001, 1, 1, tzinfo=UTC)},
            "has expired",
        ),
        (
            {"not_before": datetime(2098, 1, 1, tzinfo=UTC), "not_after": datetime(2099, 1, 1, tzinfo=UTC)},
            "not valid yet: most likely the clock is behind",
        ),
    ],
)
async def test_a_certificate_out_of_its_time_points_at_the_clock(settings, certificate, validity, sentence):
    async with answering(GOOD, certificate=certificate(**validity)) as port:
        error = await failure(settings(port))
    assert sentence in str(error)
    assert "2031-12-16" in str(error) or "not valid yet" in str(error)


async def test_a_server_without_tls_gets_no_token(settings):
    requests = []
    async with answering(GOOD, requests=requests) as port:
        error = await failure(settings(port))
    assert isinstance(error, SourceUnavailableError)
    assert "no TLS with https://127.0.0.1" in str(error)
    assert "Bearer" not in "".join(requests)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"x" * 70_000, "far more than a P1 meter does: check HW_P1_HOST"),
        (b"<html>Welcome to your router</html>", "garbled its answer, or is no P1 meter"),
        ([1, 2], "garbled its answer, or is no P1 meter"),
        (b"[" * 60_000, "garbled its answer, or is no P1 meter"),
        ({}, "neither power nor counters"),
        ({"total_gas_m3": 5}, "neither power nor counters"),
        ({"error": "user:unauthorized"}, "pair again"),
    ],
)
async def test_an_answer_that_is_no_measurement_is_told_with_what_to_check(settings, certificate, body, sentence):
    async with answering(body, certificate=certificate()) as port:
        error = await failure(settings(port))
    assert isinstance(error, SourceUnusableError)
    assert sentence in str(error)


@pytest.mark.parametrize(
    ("status", "body", "family", "sentence"),
    [
        (400, {"error": "request:api-version-not-supported"}, SourceUnusableError, "update the dongle's firmware"),
        (403, b"", SourceUnusableError, "it does not allow this"),
        (403, {"error": "user:something-new"}, SourceUnusableError, "(user:something-new)"),
        (404, b"", SourceUnusableError, "does not have this part of the API"),
        (302, b"", SourceUnavailableError, "check HW_P1_HOST"),
        (429, b"", SourceUnavailableError, "asked too often"),
        (500, b"secret payload", SourceUnavailableError, "trouble of its own"),
        (503, b"telegram:no-telegram-received", SourceUnusableError, "check the cable"),
        (503, b"", SourceUnavailableError, "not ready"),
    ],
)
async def test_a_status_says_whether_to_wait_or_to_act(settings, certificate, status, body, family, sentence):
    async with answering(body, certificate=certificate(), status=status) as port:
        error = await failure(settings(port))
    assert type(error) is family
    assert sentence in str(error)
    assert f"(status {status})" in str(error)
    assert "secret payload" not in str(error)


V1 = {"HW_P1_TOKEN": "", "HW_P1_SERIAL": ""}


async def test_version_1_is_not_read_from_outside_of_the_home(settings, monkeypatch):
    monkeypatch.setattr(client, "is_near", lambda address: address != "127.0.0.1")
    async with answering({"product_type": "HWE-P1"}, GOOD) as port:
        error = await failure(settings(port, **V1))
    assert "is at 127.0.0.1, outside of your own network" in str(error)


async def test_another_product_is_not_taken_for_a_grid_meter(settings):
    async with answering({"product_type": "HWE-SKT", "serial": SERIAL}, {"active_power_w": 5}) as port:
        assert "is no P1 meter but a 'HWE-SKT'" in str(await failure(settings(port, **V1)))


async def test_a_dongle_that_does_not_say_what_it_is_is_read(settings):
    async with answering({}, {"active_power_w": 5}) as port:
        assert (await read(settings(port, **V1)))["power_w"] == 5


@pytest.mark.parametrize("name", ["xn--a", "xn--zzzzzz9999"])
async def test_a_name_that_there_cannot_be_is_told(settings, name):
    error = await failure(settings(443, HW_P1_HOST=name))
    assert isinstance(error, SourceUnusableError)
    assert "check HW_P1_HOST" in str(error)


async def test_who_has_no_token_is_told_of_pairing_when_version_1_does_not_answer(settings, certificate):
    async with answering(GOOD, certificate=certificate()) as port:
        error = await failure(settings(port, **V1))
    assert "There is no token, so version 1 is asked; 'sungaze-edge pair' gets one." in str(error)


async def test_a_dump_holds_texts_as_they_came(settings, certificate):
    async with answering(b"Not found!", certificate=certificate(), status=404) as port:
        dumped = await SOURCE_TYPE.dump(settings(port))
    assert {answer["body"] for answer in dumped["requests"]} == {"Not found!"}


async def test_neither_a_redirection_nor_a_proxy_leads_the_token_elsewhere(settings, certificate, monkeypatch):
    heard = []
    async with answering(GOOD, requests=heard) as elsewhere:
        for scheme in ("HTTP", "HTTPS", "ALL"):
            monkeypatch.setenv(f"{scheme}_PROXY", f"http://127.0.0.1:{elsewhere}")
        async with answering(GOOD, certificate=certificate()) as port:
            await read(settings(port))
        location = f"Location: http://127.0.0.1:{elsewhere}/\r\n"
        async with answering(b"", certificate=certificate(), status=302, headers=location) as port:
            assert "status 302" in str(await failure(settings(port)))
    assert heard == []


async def test_an_answer_that_trickles_without_end_is_given_up(settings, certificate, monkeypatch):
    monkeypatch.setattr(client, "REQUEST_TIMEOUT_S", 0.5)

    async def trickle(_, writer):
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except OSError:
            writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate().configure_cert(context)
    server = await asyncio.start_server(trickle, "127.0.0.1", 0, ssl=context)
    async with asyncio.timeout(20):
        error = await failure(settings(server.sockets[0].getsockname()[1]))
    assert "did not answer within 0.5 s" in str(error)
    server.close()

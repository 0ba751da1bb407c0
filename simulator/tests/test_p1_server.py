import asyncio
import json
import ssl

import pytest

from sungaze_sim.p1 import Certificate, P1Meter


async def test_a_paired_client_reads_measurement_telegram_device_and_system(meter, client):
    measurement = (await client.get("/api/measurement")).json()
    assert measurement["meter_model"] == "LGF5E360"
    telegram = await client.get("/api/telegram")
    assert telegram.headers["Content-Type"] == "text/plain"
    assert telegram.text.startswith("/FLU5")
    device = await client.get("/api")
    assert (device.json()["product_type"], device.json()["serial"]) == ("HWE-P1", meter.serial)
    assert device.headers["X-Api-Version"] == device.json()["api_version"]
    system = (await client.get("/api/system")).json()
    assert system["api_v1_enabled"] is False
    assert (await client.put("/api/system/identify")).status_code == 204
    assert (await client.get("/api/batteries")).status_code == 404


async def test_a_user_is_made_only_within_thirty_seconds_of_the_button(clock, client_of):
    async with P1Meter(clock=clock) as meter, client_of(meter) as client:

        async def ask():
            return await client.post("/api/user", json={"name": "local/sungaze"})

        refused = await ask()
        assert (refused.status_code, refused.json()) == (403, {"error": "user:creation-not-enabled"})
        meter.press_button()
        clock.seconds += 29
        answer = (await ask()).json()
        assert answer["name"] == "local/sungaze"
        assert len(answer["token"]) == 32
        assert set(answer["token"]) <= set("0123456789ABCDEF")
        clock.seconds += 2
        assert (await ask()).status_code == 403


async def test_the_same_name_again_gets_a_new_token_and_the_old_one_is_dead(meter, client, client_of):
    assert (await client.get("/api")).status_code == 200
    fresh = meter.pair("local/test")
    answer = await client.get("/api")
    assert (answer.status_code, answer.json()) == (401, {"error": "user:unauthorized"})
    async with client_of(meter, fresh) as again:
        assert (await again.get("/api")).status_code == 200


async def test_users_are_listed_and_removed(meter, client):
    meter.pair("local/other")
    assert (await client.get("/api/user")).json() == [{"name": "local/test", "current": True}, {"name": "local/other"}]
    gone = await client.request("DELETE", "/api/user", json={"name": "local/other"})
    assert (gone.status_code, gone.content) == (204, b"")
    again = await client.request("DELETE", "/api/user", json={"name": "local/other"})
    assert again.json() == {"error": "user:not-found"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "request:invalid-json"),
        (b"[]", "request:invalid-json"),
        (b"{}", "json:parameter-missing:name"),
        (b'{"name": 1}', "json:parameter-invalid-type:name"),
        (b'{"name": "me"}', "user:invalid-prefix"),
        (b'{"name": "local/"}', "user:name-empty"),
        (b'{"name": "local/\xc3\xa9"}', "user:name-invalid"),
        (json.dumps({"name": "local/" + "x" * 41}).encode(), "user:name-too-long"),
    ],
)
async def test_a_name_that_is_not_allowed_is_refused_with_its_code(meter, stranger, body, code):
    meter.press_button()
    answer = await stranger.post("/api/user", content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": code})


async def test_there_is_room_for_so_many_users_only(meter, stranger):
    meter.press_button()
    answers = [await stranger.post("/api/user", json={"name": f"local/{number}"}) for number in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [400]
    assert answers[-1].json() == {"error": "user:no-storage"}


async def test_tokens_and_versions_that_it_does_not_know_are_refused(meter, client, stranger):
    assert (await stranger.get("/api/measurement")).status_code == 401
    wrong = await stranger.get("/api/measurement", headers={"Authorization": "Bearer 0123"})
    assert wrong.json() == {"error": "user:unauthorized"}
    newer = await client.get("/api", headers={"X-Api-Version": "3"})
    assert (newer.status_code, newer.json()) == (400, {"error": "request:api-version-not-supported"})
    del client.headers["X-Api-Version"]
    assert (await client.get("/api")).status_code == 200


async def test_settings_are_changed_and_checked(meter, client):
    changed = await client.put("/api/system", json={"api_v1_enabled": True, "cloud_enabled": False})
    assert changed.json() == {"cloud_enabled": False, "api_v1_enabled": True}
    assert meter.v1_enabled
    wrong = await client.put("/api/system", json={"status_led_brightness_pct": "bright"})
    assert wrong.json() == {"error": "json:parameter-invalid-type:status_led_brightness_pct"}
    none = await client.put("/api/system", json={"colour": "red"})
    assert none.json() == {"error": "json:no-parameters-recognized"}


async def test_the_old_api_is_off_until_its_owner_allows_it(meter, old_client):
    refused = await old_client.get("/api/v1/data")
    assert (refused.status_code, refused.json()["error"]["id"]) == (403, 202)
    meter.v1_enabled = True
    assert (await old_client.get("/api/v1/data")).json()["meter_model"] == "LGF5E360"
    assert (await old_client.get("/api")).json()["api_version"] == "v1"
    assert (await old_client.get("/api/v1/telegram")).text.startswith("/FLU5")
    assert (await old_client.put("/api/v1/identify")).json() == {"identify": "ok"}
    assert (await old_client.put("/api/v1/system", content=b"{")).json()["error"]["id"] == 2
    assert (await old_client.put("/api/v1/system", json={"cloud_enabled": 1})).json()["error"]["id"] == 7
    assert (await old_client.put("/api/v1/system", json={"cloud_enabled": False})).status_code == 200
    assert (await old_client.get("/api/v1/system")).json() == {"cloud_enabled": False}
    meter.faults.set("v1_disabled")
    assert (await old_client.get("/api/v1/data")).status_code == 403


async def subject_of(meter, context):
    _, writer = await asyncio.open_connection("127.0.0.1", meter.port, ssl=context)
    [[(_, name)]] = writer.get_extra_info("peercert")["subject"]
    san = writer.get_extra_info("peercert").get("subjectAltName", ())
    writer.close()
    await writer.wait_closed()
    return name, san


async def test_the_authority_is_of_version_1_as_the_vendors_is(meter, trusting):
    [authority] = trusting(meter).get_ca_certs()
    assert authority["version"] == 1
    assert (("commonName", "Appliance Access CA"),) in authority["subject"]


async def test_the_certificate_names_the_device_and_can_be_another_ones(meter, trusting):
    assert await subject_of(meter, trusting(meter)) == (
        f"appliance/p1dongle/{meter.serial}",
        (("DNS", f"{meter.serial}.p1dongle.appliance"),),
    )
    papers = Certificate(serial="aabbccddeeff", type_word="energysocket", san=False)
    async with P1Meter(certificate=papers) as other:
        assert await subject_of(other, trusting(other)) == ("appliance/energysocket/aabbccddeeff", ())


async def test_a_look_alike_authority_is_recognised_by_its_key(trusting):
    async with P1Meter(certificate=Certificate(look_alike=True)) as other:
        with pytest.raises(ssl.SSLCertVerificationError, match=r"signature|verify"):
            await subject_of(other, trusting(other))


@pytest.mark.parametrize(
    "nonsense", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"x" * 70_000 + b"\r\n\r\n"]
)
async def test_nonsense_is_refused(meter, nonsense):
    reader, writer = await asyncio.open_connection("127.0.0.1", meter.v1_port)
    writer.write(nonsense)
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 400 ")
    writer.close()

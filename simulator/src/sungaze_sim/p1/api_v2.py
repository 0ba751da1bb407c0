"""The API v2: over TLS, with a token."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from sungaze_sim.p1.answer import Answer, measurement, refusal
from sungaze_sim.p1.bodies import measurement_v2, published
from sungaze_sim.p1.device import Dongle
from sungaze_sim.p1.dsmr import dsmr_text
from sungaze_sim.p1.http import Request, Response, as_json, as_text
from sungaze_sim.p1.users import UserError

VERSION = "2.0.0"
FIRMWARE = "6.00"
_BEARER = "Bearer "
_STATUS_OF_USER_ERRORS = {
    "user:creation-not-enabled": HTTPStatus.FORBIDDEN,
    "user:not-found": HTTPStatus.NOT_FOUND,
}
_SETTINGS: Mapping[str, type] = {"cloud_enabled": bool, "status_led_brightness_pct": int, "api_v1_enabled": bool}


class _RefusedError(Exception):
    """A body is not what the API takes; the text is its error code."""


class ApiV2:
    """Answers requests as documented; a version that it does not speak, and a token that it does not know, too."""

    def __init__(self, dongle: Dongle) -> None:
        """Speak for a dongle."""
        self._dongle = dongle
        self._routes: Mapping[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", "/api"): self._device,
            ("GET", "/api/measurement"): self._measurement,
            ("GET", "/api/telegram"): self._telegram,
            ("GET", "/api/system"): self._system,
            ("PUT", "/api/system"): self._change_system,
            ("PUT", "/api/system/identify"): lambda _: Answer(Response(HTTPStatus.NO_CONTENT)),
            ("GET", "/api/user"): self._users,
            ("DELETE", "/api/user"): self._remove_user,
        }

    def answer(self, request: Request) -> Answer:
        """Answer a request."""
        given = self._answer(request)
        return replace(given, response=replace(given.response, headers={"X-Api-Version": VERSION}))

    def _answer(self, request: Request) -> Answer:
        if request.headers.get("x-api-version", "2").split(".")[0] != "2":
            return refusal("request:api-version-not-supported", HTTPStatus.BAD_REQUEST)
        try:
            if (request.method, request.path) == ("POST", "/api/user"):
                return self._create_user(request)
            self._dongle.revoke_if_due()
            if self._caller(request) is None or self._dongle.faults.take("denied"):
                return refusal("user:unauthorized", HTTPStatus.UNAUTHORIZED)
            route = self._routes.get((request.method, request.path))
            return route(request) if route else Answer(as_text("", HTTPStatus.NOT_FOUND))
        except _RefusedError as error:
            return refusal(str(error), HTTPStatus.BAD_REQUEST)
        except UserError as error:
            return refusal(str(error), _STATUS_OF_USER_ERRORS.get(str(error), HTTPStatus.BAD_REQUEST))

    def _caller(self, request: Request) -> str | None:
        given = request.headers.get("authorization", "")
        return self._dongle.users.name_of(given.removeprefix(_BEARER)) if given.startswith(_BEARER) else None

    def _device(self, _: Request) -> Answer:
        return Answer(
            as_json(
                {
                    "product_name": "P1 Meter",
                    "product_type": "HWE-P1",
                    "serial": self._dongle.serial,
                    "firmware_version": FIRMWARE,
                    "api_version": VERSION,
                }
            )
        )

    def _measurement(self, _: Request) -> Answer:
        telegram = self._dongle.telegram()
        if telegram is None:
            return no_telegram()
        truth = published(telegram, with_meter_time=True)
        return measurement(measurement_v2(telegram), telegram, truth, self._dongle.faults)

    def _telegram(self, _: Request) -> Answer:
        telegram = self._dongle.telegram()
        return no_telegram() if telegram is None else Answer(as_text(dsmr_text(telegram)))

    def _system(self, _: Request) -> Answer:
        measured = {"wifi_ssid": "somebody's network", "wifi_rssi_db": -58, "uptime_s": self._dongle.uptime_s()}
        return Answer(as_json(measured | self._dongle.system | {"api_v1_enabled": self._dongle.v1_enabled}))

    def _change_system(self, request: Request) -> Answer:
        given = _json_object(request.body)
        changes = {name: given[name] for name in _SETTINGS if name in given}
        if not changes:
            raise _RefusedError("json:no-parameters-recognized")
        for name, value in changes.items():
            if type(value) is not _SETTINGS[name]:  # True is an int, too
                raise _RefusedError(f"json:parameter-invalid-type:{name}")
        self._dongle.v1_enabled = changes.get("api_v1_enabled", self._dongle.v1_enabled)
        self._dongle.system |= {name: value for name, value in changes.items() if name != "api_v1_enabled"}
        return Answer(as_json(changes))

    def _create_user(self, request: Request) -> Answer:
        name = _name_in(request.body)
        return Answer(as_json({"name": name, "token": self._dongle.users.create(name)}))

    def _users(self, request: Request) -> Answer:
        caller = self._caller(request)
        users = [{"name": name} | ({"current": True} if name == caller else {}) for name in self._dongle.users.names()]
        return Answer(as_json(users))

    def _remove_user(self, request: Request) -> Answer:
        self._dongle.users.remove(_name_in(request.body))
        return Answer(Response(HTTPStatus.NO_CONTENT))


def no_telegram() -> Answer:
    """Answer that nothing came from the meter."""
    return Answer(as_text("telegram:no-telegram-received", HTTPStatus.SERVICE_UNAVAILABLE))


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise _RefusedError("request:invalid-json") from error
    if not isinstance(document, dict):
        raise _RefusedError("request:invalid-json")
    return document


def _name_in(body: bytes) -> str:
    document = _json_object(body)
    if "name" not in document:
        raise _RefusedError("json:parameter-missing:name")
    if not isinstance(document["name"], str):
        raise _RefusedError("json:parameter-invalid-type:name")
    return document["name"]

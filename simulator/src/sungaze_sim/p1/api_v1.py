"""The API v1: plain HTTP without a token, off until its owner allows it."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus

from sungaze_sim.p1.answer import Answer, measurement
from sungaze_sim.p1.api_v2 import FIRMWARE, no_telegram
from sungaze_sim.p1.bodies import data_v1, published
from sungaze_sim.p1.device import Dongle
from sungaze_sim.p1.dsmr import dsmr_text
from sungaze_sim.p1.http import Request, as_json, as_text

_INVALID_JSON, _INVALID_VALUE, _DISABLED = 2, 7, 202


class ApiV1:
    """Answers requests as documented."""

    def __init__(self, dongle: Dongle) -> None:
        """Speak for a dongle."""
        self._dongle = dongle
        self._routes: Mapping[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", "/api"): self._device,
            ("GET", "/api/v1/data"): self._data,
            ("GET", "/api/v1/telegram"): self._telegram,
            ("GET", "/api/v1/system"): self._system,
            ("PUT", "/api/v1/system"): self._change_system,
            ("PUT", "/api/v1/identify"): lambda _: Answer(as_json({"identify": "ok"})),
        }

    def answer(self, request: Request) -> Answer:
        """Answer a request."""
        if not self._dongle.v1_enabled or self._dongle.faults.take("v1_disabled"):
            return _refusal(_DISABLED, "API not enabled", HTTPStatus.FORBIDDEN)
        route = self._routes.get((request.method, request.path))
        return route(request) if route else Answer(as_text("", HTTPStatus.NOT_FOUND))

    def _device(self, _: Request) -> Answer:
        return Answer(
            as_json(
                {
                    "product_type": "HWE-P1",
                    "product_name": "P1 Meter",
                    "serial": self._dongle.serial,
                    "firmware_version": FIRMWARE,
                    "api_version": "v1",
                }
            )
        )

    def _data(self, _: Request) -> Answer:
        telegram = self._dongle.telegram()
        if telegram is None:
            return no_telegram()
        truth = published(telegram, with_meter_time=False)
        return measurement(data_v1(telegram), telegram, truth, self._dongle.faults)

    def _telegram(self, _: Request) -> Answer:
        telegram = self._dongle.telegram()
        return no_telegram() if telegram is None else Answer(as_text(dsmr_text(telegram)))

    def _system(self, _: Request) -> Answer:
        return Answer(as_json({"cloud_enabled": self._dongle.system["cloud_enabled"]}))

    def _change_system(self, request: Request) -> Answer:
        try:
            wanted = json.loads(request.body)["cloud_enabled"]
        except (ValueError, TypeError, KeyError):
            return _refusal(_INVALID_JSON, "Body contains invalid json", HTTPStatus.BAD_REQUEST)
        if not isinstance(wanted, bool):
            return _refusal(_INVALID_VALUE, "cloud_enabled must be true or false", HTTPStatus.BAD_REQUEST)
        self._dongle.system["cloud_enabled"] = wanted
        return Answer(as_json({"cloud_enabled": wanted}))


def _refusal(number: int, description: str, status: int) -> Answer:
    return Answer(as_json({"error": {"id": number, "description": description}}, status))

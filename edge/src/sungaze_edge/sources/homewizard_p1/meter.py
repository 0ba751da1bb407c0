"""The source: one electricity meter, read through its HomeWizard P1 dongle."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from sungaze_edge.errors import SourceUnusableError
from sungaze_edge.log import Trouble
from sungaze_edge.source import Now, Value
from sungaze_edge.sources.homewizard_p1 import token_file
from sungaze_edge.sources.homewizard_p1.access import Access, open_access
from sungaze_edge.sources.homewizard_p1.normalizer import measure, wire_values
from sungaze_edge.sources.homewizard_p1.token_file import Stored
from sungaze_edge.sources.homewizard_p1.watchdog import MeterWatch

_log = logging.getLogger(__name__)

_PRODUCT = "HWE-P1"


class P1Meter:
    """Reads a P1 meter by version 2 of its API where there is a token, by version 1 otherwise."""

    kind = "p1"

    def __init__(self, values: Mapping[str, Any], now: Now) -> None:
        """Take parsed settings and a way to ask for the time; connects at the first read."""
        self.device_id: str = values["HW_P1_DEVICE_ID"] or values["HW_P1_HOST"]
        self.poll_interval_s: float = values["HW_P1_POLL_INTERVAL_S"]
        self._values = values
        self._now = now
        self._access: Access | None = None
        self._watch = MeterWatch()
        self._serial: str | None = None
        self._way = self._told = ""
        self._file_trouble = Trouble(_log)

    @property
    def about(self) -> str:
        """The API that was used, and the dongle's serial number."""
        return self._told

    async def read(self) -> Mapping[str, Value]:
        """Read one snapshot; every field of the contract is there, null where the meter has no value.

        Raises:
            SourceUnavailableError: no connection, no answer, or the dongle is busy.
            SourceUnusableError: it refuses, is another device, or the meter behind it is silent; the text says what
                to do.
        """
        access = self._access or await self._open()
        body = await access.connection.get(access.measurement)
        measured = measure(body)
        if not measured.is_usable:
            raise SourceUnusableError(
                "the dongle tells neither power nor counters: check the cable between meter and dongle, and HW_P1_HOST"
            )
        self._pin(access)
        host, now_s = self._now(), asyncio.get_running_loop().time()
        self._watch.check_silence(body, measured, now_s)
        measured = self._watch.without_broken_sums(measured)
        moments = self._watch.moments(measured, host, now_s)
        self._watch.note_changes(measured, moments, host)
        return wire_values(measured, moments)

    async def close(self) -> None:
        """Close the connection; the next read opens another, with the token that is in the file by then."""
        access, self._access = self._access, None
        if access is not None:
            await access.connection.close()

    async def _open(self) -> Access:
        path = self._values["HW_P1_TOKEN_FILE"]
        if token_file.is_open_to_others(path):
            self._file_trouble.begins("open", f"Others may read the token file {path}: chmod 600 it.")
        access = self._access = open_access(self._values)
        identity = access.connection.identity
        identity.expected_serial = identity.expected_serial or self._serial
        if access.api == "v1":
            try:
                await self._look_who_answers(access)
            except BaseException:
                await self.close()
                raise
        return access

    async def _look_who_answers(self, access: Access) -> None:
        """Version 1 proves nothing; a mistaken address is found out nevertheless, if the device says what it is."""
        answer = await access.connection.ask("GET", "/api")
        device = answer.document if answer.status == 200 and isinstance(answer.document, dict) else {}
        product, serial = device.get("product_type", _PRODUCT), device.get("serial")
        expected = self._values["HW_P1_SERIAL"]
        if product != _PRODUCT:
            raise SourceUnusableError(f"the device is no P1 meter but a {str(product)[:40]!r}: check HW_P1_HOST")
        if expected and isinstance(serial, str) and serial.lower() != expected:
            raise SourceUnusableError(
                f"the dongle says that it is {serial[:40]!r}, not {expected}: check HW_P1_HOST and HW_P1_SERIAL"
            )
        shown = f", dongle {serial[:40]}" if isinstance(serial, str) and serial.isprintable() else ""
        self._way = f"read by version 1 of the API, without encryption{shown}"

    def _pin(self, access: Access) -> None:
        """From its first good answer on no other dongle will do."""
        serial = access.connection.identity.serial
        if serial is not None:
            self._way = f"read by version 2 of the API, dongle {serial}"
        if self._way != self._told:
            _log.info(f"The meter is {self._way}.")
        self._told = self._way
        if serial is None or access.connection.identity.expected_serial is not None:
            return
        self._serial = access.connection.identity.expected_serial = serial
        _log.info(f"No other dongle will do from now on; HW_P1_SERIAL={serial} makes that a setting.")
        self._remember(serial)

    def _remember(self, serial: str) -> None:
        path = self._values["HW_P1_TOKEN_FILE"]
        try:
            known = token_file.load(path)
            with token_file.rewriting(path) as save:
                save(Stored(serial, known.token, known.name))
        except SourceUnusableError as error:
            self._file_trouble.begins(
                "unwritable", f"Which dongle this is will be forgotten at the next start: {error}"
            )

"""What one answer cannot show: a meter that has fallen silent, was replaced, or whose clock is wrong.

The dongle goes on to answer 200 with the last telegram it got, so only the meter's own time tells whether it lives.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sungaze_edge.errors import SourceUnusableError
from sungaze_edge.log import Trouble
from sungaze_edge.source import Value
from sungaze_edge.sources.homewizard_p1.fields import EXPORT_TARIFFS, EXPORT_TOTAL, IMPORT_TARIFFS, IMPORT_TOTAL
from sungaze_edge.sources.homewizard_p1.meter_time import render, resolve, resolve_past
from sungaze_edge.sources.homewizard_p1.normalizer import Measurement, Moments

_log = logging.getLogger(__name__)

SILENCE_S, OLD_SILENCE_S = 30.0, 60.0
"""A meter of DSMR 5 sends every second, an older one every ten."""
_DSMR_5 = 50
SAME_S = 300.0
"""Version 1 and old meters tell no time: no living house shows the same voltages, powers and counters for so long."""
_SAME_WH = 10.0
"""Nor a meter without voltages the same counters after so much energy; their step is 1 Wh, that of power 10 W."""
_CLOCK_OFF, _CLOCK_GOOD = timedelta(seconds=60), timedelta(seconds=45)


class MeterWatch:
    """Remembers from one reading to the next."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._mark: object = None
        self._moved_s = 0.0
        self._is_live = False  # a telegram that is known to be new: an old one says nothing of the clock
        self._last: tuple[datetime, float] | None = None
        self._peak: tuple[datetime, datetime] | None = None
        self._unique_id: str | None = None
        self._counters: dict[str, Value] = {}
        self._clock_trouble = Trouble(_log)

    def moments(self, measured: Measurement, host: datetime | None, now_s: float) -> Moments:
        """Make the times of a measurement UTC.

        Args:
            measured: the measurement.
            host: the host's time (UTC); None while it is not known to be right.
            now_s: monotonic time (s).
        """
        meter = None
        if measured.meter is not None:
            expected = self._last[0] + timedelta(seconds=now_s - self._last[1]) if self._last else None
            meter = resolve(measured.meter, (host, expected))
        if meter is not None:
            self._last = (meter, now_s)
        latest = meter or host
        gas, water = (local and resolve_past(local, latest) for local in (measured.gas, measured.water))
        return Moments(meter, self._peak_moment(measured.peak, latest), gas, water)

    def check_silence(self, body: Mapping[str, Any], measured: Measurement, now_s: float) -> None:
        """See whether the meter still sends.

        Raises:
            SourceUnusableError: it has sent nothing new for too long.
        """
        mark: object = body.get("timestamp") if measured.meter else measured
        self._is_live = self._mark is not None and mark != self._mark
        if mark != self._mark:
            self._mark, self._moved_s = mark, now_s
        patience_s = _patience_s(body, measured)
        if now_s - self._moved_s < patience_s:
            return
        since = f"since {measured.meter:%Y-%m-%d %H:%M:%S} by its clock" if measured.meter else _minutes(patience_s)
        raise SourceUnusableError(
            f"the electricity meter has sent nothing new {since}: check the cable between meter and dongle, and "
            "that the P1 port is still enabled (Belgium: Mijn Fluvius or your own network operator)"
        )

    def without_broken_sums(self, measured: Measurement) -> Measurement:
        """Take away a sum that lacks a tariff which it had before: it would look like a counter that was reset."""
        if measured.meter_unique_id not in (None, self._unique_id):
            self._counters = {}  # another meter, maybe with fewer tariffs
        numbers = dict(measured.numbers)
        for total, tariffs in ((IMPORT_TOTAL, IMPORT_TARIFFS), (EXPORT_TOTAL, EXPORT_TARIFFS)):
            known = {field.name: value for field in tariffs if (value := numbers[field.name]) is not None}
            is_broken = any(self._counters.get(field.name) and field.name not in known for field in tariffs)
            self._counters |= known
            if is_broken and total.name in measured.sums:
                numbers[total.name] = None
        return replace(measured, numbers=numbers)

    def note_changes(self, measured: Measurement, moments: Moments, host: datetime | None) -> None:
        """Log a replaced meter, and a meter whose clock begins or ceases to be wrong."""
        known, found = self._unique_id, measured.meter_unique_id
        if known is not None and found not in (None, known):
            _log.warning("The electricity meter is another one now; its counters begin anew from here.")
        self._unique_id = found or known
        if moments.meter is None or host is None or not self._is_live:
            return
        off = moments.meter - host
        if abs(off) > _CLOCK_OFF:
            self._clock_trouble.begins(
                "off",
                f"The electricity meter's clock is {off.total_seconds():+.0f} s off ({render(moments.meter)}). Its "
                "quarters of an hour are what the bill rests on: tell the network operator. Reading goes on.",
            )
        elif abs(off) <= _CLOCK_GOOD:
            self._clock_trouble.ends("The electricity meter's clock is right again.")

    def _peak_moment(self, local: datetime | None, latest: datetime | None) -> datetime | None:
        """Keep what was made of a peak's time when it was new: later nobody could tell one doubled hour's halves."""
        if local is None:
            return None
        if self._peak is None or self._peak[0] != local:
            moment = resolve_past(local, latest)
            self._peak = None if moment is None else (local, moment)
        return self._peak[1] if self._peak else None


def _patience_s(body: Mapping[str, Any], measured: Measurement) -> float:
    if measured.meter is None:
        return _same_s(measured.numbers)
    protocol = body.get("protocol_version")
    is_old = isinstance(protocol, int | float) and protocol < _DSMR_5
    return OLD_SILENCE_S if is_old else SILENCE_S


def _same_s(numbers: Mapping[str, Value]) -> float:
    """Say how long a reading without a time may repeat; one of 0 W and no voltages may be an empty house for ever."""
    if any(numbers[f"voltage_l{phase}_v"] for phase in (1, 2, 3)):
        return SAME_S
    power_w = abs(float(numbers["power_w"] or 0))
    return max(SAME_S, _SAME_WH * 3600 / power_w) if power_w else math.inf


def _minutes(seconds: float) -> str:
    return f"for {seconds / 60:.0f} minutes"

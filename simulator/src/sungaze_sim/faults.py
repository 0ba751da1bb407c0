"""When the device misbehaves, and how: a schedule that can be changed at any time.

Written as `NAME[=VALUE][@START][+SECONDS][xTIMES]`: `silence@30+10` is silent from second 30 on for ten seconds,
`drop_mid@5x1` cuts one reply in half, `one_client` holds from the start for ever.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from sungaze_sim.clock import Clock, SystemClock

FAULTS = {
    "busy": "every request is answered with exception 04",
    "drop_after": "the connection is closed right after a whole reply",
    "drop_before": "the connection is reset instead of a reply",
    "drop_mid": "the connection is closed in the middle of a reply",
    "garbage": "random bytes instead of a reply",
    "half_open": "a connection stays open and is never answered again; no FIN, ever",
    "late": "a request is answered with the answer to the one before, old transaction id and all",
    "malformed_exception": "exception frames claim a length of 2 with 3 bytes behind it, as older WiNet-S send",
    "offline": "the Wi-Fi is gone: no new connections, nothing on the old ones",
    "one_client": "a second client is refused while another one is connected",
    "reboot": "every connection is reset and new ones are refused; counters are kept",
    "sentinels": "live values read as not available",
    "silence": "requests are swallowed",
    "slow": "every reply takes VALUE seconds (2)",
    "slow_holding": "holding registers take 60-330 ms, and the first of them on a connection gives exception 04",
    "spikes": "impossible values: 65 kW, SoC above 100 %, counters that jump",
    "stale": "values stop moving",
    "stray": "bytes that nobody asked for follow a reply",
    "truncated": "a reply ends before the length it claims; the connection stays open",
    "unsupported_zeros": "ranges without any supported register read as zeros instead of exception 02",
    "wrong_transaction": "a reply carries another transaction id",
}

_FORM = re.compile(
    r"(?P<name>[a-z_]+)(=(?P<value>[\d.]+))?(@(?P<after>[\d.]+))?(\+(?P<seconds>[\d.]+))?(x(?P<times>\d+))?"
)


class FaultError(ValueError):
    """A fault is written wrongly or does not exist; the text says what is possible."""


@dataclass(slots=True)
class Window:
    """A stretch of time in which one fault holds, in seconds of the clock."""

    name: str
    begins: float
    ends: float
    times: int | None
    value: float | None


class Faults:
    """The faults of one server. Times count from the call that sets them."""

    def __init__(
        self, specs: Iterable[str] = (), *, clock: Clock | None = None, known: Mapping[str, str] = FAULTS
    ) -> None:
        """Schedule faults in their written form, beginning now; `known` names what the device is able to do."""
        self._clock = clock or SystemClock()
        self._known = known
        self._windows: list[Window] = []
        for spec in specs:
            self.schedule(spec)

    def set(
        self,
        name: str,
        *,
        seconds: float | None = None,
        after: float = 0,
        times: int | None = None,
        value: float | None = None,
    ) -> None:
        """Switch a fault on, `after` seconds from now, for `seconds` or until it has struck `times` times.

        Raises:
            FaultError: there is no such fault.
        """
        if name not in self._known:
            raise FaultError(f'There is no fault "{name}". Known: {", ".join(self._known)}.')
        begins = self._clock.monotonic() + after
        self._windows.append(Window(name, begins, inf if seconds is None else begins + seconds, times, value))

    def schedule(self, spec: str) -> None:
        """Switch a fault on in its written form.

        Raises:
            FaultError: it is not written as `NAME[=VALUE][@START][+SECONDS][xTIMES]`, or unknown.
        """
        match = _FORM.fullmatch(spec)
        if match is None:
            raise FaultError(
                f'"{spec}" is no fault: write NAME[=VALUE][@START][+SECONDS][xTIMES], as in silence@30+10.'
            )
        number = {key: float(text) for key, text in match.groupdict().items() if text and key != "name"}
        times = number.pop("times", None)
        self.set(
            match["name"],
            times=None if times is None else int(times),
            after=number.get("after", 0),
            seconds=number.get("seconds"),
            value=number.get("value"),
        )

    def clear(self, name: str | None = None) -> None:
        """Switch one fault off, or all; what was scheduled for later goes, too."""
        self._windows = [window for window in self._windows if name is not None and window.name != name]

    def active(self) -> list[str]:
        """Name the faults that hold now."""
        return sorted({window.name for window in self._now()})

    def on(self, name: str) -> Window | None:
        """Give the window of a fault that holds now, without using it up."""
        return next((window for window in self._now() if window.name == name), None)

    def take(self, name: str) -> Window | None:
        """Give the window of a fault that holds now and let it strike once."""
        window = self.on(name)
        if window and window.times is not None:
            window.times -= 1
        return window

    def _now(self) -> list[Window]:
        now = self._clock.monotonic()
        self._windows = [window for window in self._windows if now < window.ends and window.times != 0]
        return [window for window in self._windows if window.begins <= now]

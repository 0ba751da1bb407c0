"""All targets, by name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fuzz import archive, seeds
from fuzz.configuration import edge_settings, server_settings
from fuzz.decode import decode
from fuzz.delivery import delivery
from fuzz.dongle import dongle_http
from fuzz.ingest import ingest
from fuzz.modbus import modbus
from fuzz.p1 import p1_body, p1_telegram
from fuzz.series import series
from fuzz.spool import spool
from fuzz.sungrow import sungrow


@dataclass(frozen=True, slots=True)
class Target:
    """One way in."""

    run: Callable[[bytes], None]
    seeds: Iterable[bytes]
    examples: int
    """How many inputs the tests try: about two seconds of processor time."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return self.run.__name__

    @property
    def invariant(self) -> str:
        """What holds whatever comes in."""
        return (self.run.__doc__ or "").strip()


_DECISIONS = tuple(seeds.decisions())
_ALL = (
    Target(modbus, _DECISIONS, 150),
    Target(sungrow, _DECISIONS, 100),
    Target(p1_body, (*seeds.recordings("homewizard_p1"), *_DECISIONS), 400),
    Target(p1_telegram, (*seeds.telegrams(), *_DECISIONS), 300),
    Target(dongle_http, _DECISIONS, 150),
    Target(ingest, (*seeds.bodies(), *_DECISIONS), 200),
    Target(delivery, _DECISIONS, 150),
    Target(spool, _DECISIONS, 40),
    Target(archive.backup, (*archive.SEEDS, *_DECISIONS), 300),
    Target(decode, (*seeds.recordings(), *_DECISIONS), 150),
    Target(edge_settings, _DECISIONS, 400),
    Target(server_settings, _DECISIONS, 150),
    Target(series, _DECISIONS, 150),
)
TARGETS = {target.name: target for target in _ALL}

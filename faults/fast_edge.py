"""`sungaze-edge run` at a pace that its settings refuse (HC-004), so that a day of the house passes in a minute.

FAULTS_CLOCK names a file that sets the machine's wall clock (`edge_clock.py`).
"""

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx

from sungaze_edge import config, log, main, server

PACE_S = 0.1
INTERVALS = ("POLL_INTERVAL_S", "HW_P1_POLL_INTERVAL_S")
PATIENCE_S = 3.0
READ_PATIENCE_S = 4.0
"""For a device, in `make faults`: enough for a busy machine, on which a reading is not given up by chance."""


def hurried(settings: config.Config) -> config.Config:
    """Shorten what a day is too short for; everything else stays as a user has it."""
    return replace(
        settings,
        sources=tuple(
            replace(source, values={**source.values, **{name: PACE_S for name in source.values if name in INTERVALS}})
            for source in settings.sources
        ),
        poll_backoff_s=(PACE_S, 0.5),
        read_timeout_s=1.5,
        upload_backoff_s=(0.05, 0.5),
        denied_backoff_s=(0.5, 1),
        upload_interval_s=0.2,
        health_interval_s=1,
    )


def run(change: Callable[[], None] = lambda: None) -> None:
    """Run the daemon until SIGTERM; `change` is what is done to the program first."""
    settings = hurried(config.load(os.environ))
    log.set_up(settings.log_level, settings.log_format)
    server._TIMEOUT = httpx.Timeout(PATIENCE_S)  # noqa: SLF001 - a real one waits 30 s for an answer
    if path := os.environ.get("FAULTS_CLOCK"):
        settings = replace(settings, read_timeout_s=READ_PATIENCE_S)
        from faults.edge_clock import clock_of  # noqa: PLC0415 - the tests run this file by its name

        setattr(main, "Clock", partial(clock_of, Path(path)))  # noqa: B010 - a type checker sees a class there
    change()
    sys.exit(asyncio.run(main.run(settings)))


if __name__ == "__main__":
    run()

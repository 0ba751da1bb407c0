"""`sungaze-edge run` at a pace that its settings refuse (HC-004), so that a day of the house passes in a minute."""

import asyncio
import os
import sys
from dataclasses import replace

from sungaze_edge import config, log, main

PACE_S = 0.1
INTERVALS = ("POLL_INTERVAL_S", "HW_P1_POLL_INTERVAL_S")


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


if __name__ == "__main__":
    settings = hurried(config.load(os.environ))
    log.set_up(settings.log_level, settings.log_format)
    sys.exit(asyncio.run(main.run(settings)))

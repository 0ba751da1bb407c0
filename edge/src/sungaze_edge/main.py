"""The composition root: reads top to bottom as the data path, device to server."""

import asyncio
import logging
import signal

from sungaze_edge.clock import Clock
from sungaze_edge.config import Config, ConfiguredSource
from sungaze_edge.health import Health
from sungaze_edge.poller import Poller
from sungaze_edge.server import Server
from sungaze_edge.spool import Spool
from sungaze_edge.supervisor import supervise
from sungaze_edge.uploader import Uploader

log = logging.getLogger(__name__)


async def run(config: Config, stop: asyncio.Event | None = None) -> None:
    """Run the daemon until SIGTERM or SIGINT, or until `stop` where the caller brings it.

    Raises:
        SpoolError: the spool cannot be used at the start.
    """
    stop = stop or _stop_signal()
    clock = Clock()
    async with (
        Spool(config.spool_path) as spool,
        Server(config.ingest_url, config.device_token, config.ca_file, clock) as server,
    ):
        pollers = [_poller(source, spool, clock, config) for source in config.sources]
        devices = ", ".join(f"{poller.source.device_id} ({poller.source.kind})" for poller in pollers)
        log.info(f"Reading {devices}; delivering to {config.ingest_url}; the spool is {config.spool_path}.")
        uploader = _uploader(spool, server, clock, config)
        health = _health(clock, spool, pollers, uploader, config)
        async with asyncio.TaskGroup() as group:
            for loop in (*(poller.run for poller in pollers), uploader.run, health.run):
                group.create_task(supervise(loop, stop))


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _poller(source: ConfiguredSource, spool: Spool, clock: Clock, config: Config) -> Poller:
    return Poller(
        source.type.open(source.values, clock.known),
        spool.enqueue,
        clock,
        backoff_s=config.poll_backoff_s,
        read_timeout_s=config.read_timeout_s,
    )


def _uploader(spool: Spool, server: Server, clock: Clock, config: Config) -> Uploader:
    return Uploader(
        spool,
        server,
        clock,
        batch_size=config.batch_size,
        interval_s=config.upload_interval_s,
        drain_batch_size=config.drain_batch_size,
        backoff_s=config.upload_backoff_s,
        denied_backoff_s=config.denied_backoff_s,
    )


def _health(clock: Clock, spool: Spool, pollers: list[Poller], uploader: Uploader, config: Config) -> Health:
    return Health(
        config.health_path,
        clock,
        spool,
        pollers,
        uploader,
        poll_stale_s=config.poll_stale_s,
        upload_stale_s=config.upload_stale_s,
        interval_s=config.health_interval_s,
    )

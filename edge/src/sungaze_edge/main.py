"""The composition root: reads top to bottom as the data path, device to server."""

import asyncio
import signal

from sungaze_edge.clock import Clock
from sungaze_edge.config import Config
from sungaze_edge.health import Health
from sungaze_edge.poller import Poller
from sungaze_edge.server import Server
from sungaze_edge.spool import Spool
from sungaze_edge.supervisor import supervise
from sungaze_edge.uploader import Uploader


async def run(config: Config, stop: asyncio.Event | None = None) -> None:
    """Run the daemon until SIGTERM or SIGINT, or until `stop` where the caller brings it.

    Raises:
        SpoolError: the spool cannot be used at the start.
    """
    if stop is None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = Clock()
    async with (
        Spool(config.spool_path) as spool,
        Server(config.ingest_url, config.device_token, config.ca_file, clock) as server,
    ):
        pollers = [
            Poller(
                source.type.open(source.values),
                spool.enqueue,
                clock,
                backoff_s=config.poll_backoff_s,
                read_timeout_s=config.read_timeout_s,
            )
            for source in config.sources
        ]
        uploader = Uploader(
            spool,
            server,
            clock,
            batch_size=config.batch_size,
            interval_s=config.upload_interval_s,
            drain_batch_size=config.drain_batch_size,
            backoff_s=config.upload_backoff_s,
            denied_backoff_s=config.denied_backoff_s,
        )
        health = Health(
            config.health_path,
            clock,
            spool,
            pollers,
            uploader,
            poll_stale_s=config.poll_stale_s,
            upload_stale_s=config.upload_stale_s,
            interval_s=config.health_interval_s,
        )
        async with asyncio.TaskGroup() as group:
            for poller in pollers:
                group.create_task(supervise(poller.run, stop))
            group.create_task(supervise(uploader.run, stop))
            group.create_task(supervise(health.run, stop))

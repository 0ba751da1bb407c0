"""Puts the server together: settings in, application out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp

from sungaze_vps import clock
from sungaze_vps.api import dashboard, devices, gaps, health, ingest, metrics, realtime, series, stream
from sungaze_vps.api.body import BodyLimits
from sungaze_vps.api.capacity import routes as capacity
from sungaze_vps.api.date import DateHeader
from sungaze_vps.api.description import describe
from sungaze_vps.api.observe import Observed
from sungaze_vps.api.problems import install_problem_handlers
from sungaze_vps.api.proxy import ClientAddress
from sungaze_vps.auth.bearer import Tokens
from sungaze_vps.auth.limits import Limit
from sungaze_vps.auth.strangers import Strangers
from sungaze_vps.cache.cache import open_cache
from sungaze_vps.config import Config, load_config
from sungaze_vps.db.session import make_engine
from sungaze_vps.db.turns import Turns
from sungaze_vps.live.channel import open_channel
from sungaze_vps.live.live import Live
from sungaze_vps.live.stop import told_of_a_stop
from sungaze_vps.log import Outage, configure_logging
from sungaze_vps.measurements import measurements
from sungaze_vps.metrics import count_connections
from sungaze_vps.services.edge_reports import EdgeReports
from sungaze_vps.services.latest import latest
from sungaze_vps.services.validation import SampleParser

_LOGGER = logging.getLogger(__name__)
_DATABASE_PATIENCE_S = 30  # more than the longest statement may take
_FAREWELL_S = 3  # three of them, and what requests are given to finish, take less than a container is left to stop


def create_app(config: Config, now: clock.Clock = clock.now) -> FastAPI:
    """Make the application; it opens its connections when they are first used and closes them at shutdown."""
    app = FastAPI(
        title="Sungaze",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nobody is told but who asks /metrics
    )
    app.state.config = config
    app.state.clock = now
    app.state.measurements = measurements()
    app.state.tokens = Tokens(config.device_tokens, config.read_tokens)
    app.state.strangers = Strangers(Limit("unknown_token", config.unknown_token_rate_per_s))
    app.state.read_limit = Limit("read", config.read_rate_per_s)
    app.state.ingest_limit = Limit("ingest", config.ingest_rate_samples_per_s)
    app.state.parser = SampleParser(
        measurements().values(), config.max_samples, timedelta(seconds=config.max_clock_skew_s)
    )
    app.state.body_limits = BodyLimits(config.max_body_bytes, config.max_inflated_bytes, config.body_timeout_s)
    app.state.page = dashboard.read_page(config.dashboard_dir)
    app.state.engine = make_engine(config.database_url, pool_size=config.db_pool_size, patience_s=_DATABASE_PATIENCE_S)
    app.state.write_turns = Turns(app.state.engine, config.db_pool_size)
    app.state.edge_reports = EdgeReports(app.state.engine, app.state.write_turns)
    count_connections(app.state.engine, config.db_pool_size)
    app.state.cache = open_cache(config.redis_url, config.cache_ttl_s)
    app.state.database_outage = Outage(_LOGGER, "the database")
    app.state.live = Live(
        partial(latest, app.state.engine, app.state.measurements),
        open_channel(config.redis_url, app.state.cache),
        app.state.database_outage,
    )
    install_problem_handlers(app, app.state.database_outage)
    for part in (realtime, ingest, stream, series, capacity, devices, gaps, health, metrics, dashboard):
        app.router.routes.extend(part.router.routes)  # an included router is searched anew for each request
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    live: Live = app.state.live
    async with live.running():
        with told_of_a_stop(live.hub.close):
            _LOGGER.info("started: %s", app.state.config.summary())
            yield
    for end in (app.state.edge_reports.close, app.state.cache.close, app.state.engine.dispose):
        with suppress(TimeoutError):  # a database that hangs keeps nobody from stopping
            async with asyncio.timeout(_FAREWELL_S):
                await end()
    _LOGGER.info("stopped")


def app_from_environment() -> ASGIApp:
    """Make the application of a worker process."""
    config = load_config()
    configure_logging(config.log_level, config.log_format)
    return wrap(create_app(config), config)


def wrap(app: FastAPI, config: Config) -> ASGIApp:
    """Put around the application what every answer passes, those to errors included."""
    return Observed(ClientAddress(DateHeader(app, app.state.clock), config.trusted_proxies))
